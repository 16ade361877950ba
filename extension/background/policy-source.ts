import { OperationError } from "@certbridge/protocol/errors";
import { type GoodValues, noPolicy, type Policy, readGoodValues, readPolicy } from "@certbridge/protocol/policy";
import * as v from "valibot";
import type { ManagedRead, ManagedStorage } from "../platform/managed.ts";
import { openTable } from "../platform/storage.ts";

/**
 * The policy that binds, from the first answer on and after each change.
 *
 * Chromium answers with an empty policy for some seconds after each start, and only then with the true one. Until then the last
 * policy binds, kept on disk; who never had one waits once; an extension that an administrator installed waits each time, since
 * it must not be without policy even for seconds.
 */
export interface PolicySource {
  /** Waits where the browser's own reading has to be waited for. */
  current(): Promise<PolicyInForce>;
  /** Another policy binds than before. */
  onChange(listener: () => void): void;
  isInstalledByAdministrator(): Promise<boolean>;
}

export interface PolicyInForce {
  readonly policy: Policy;
  /** As the browser has it; the last one, while the browser has not read its own; none. */
  readonly state: "read" | "kept" | "none";
}

/** The longest gap seen on the machines at hand is 6.1 s; others tell of 8 s. This long waits who has reason to expect a policy … */
const EXPECTED_GAP_MS = 15_000;
/** … and this long who has none. */
const GAP_MS = 10_000;

const KEPT = "kept";
const LOOKED_AT = "looked-at";

const document = v.record(v.string(), v.unknown());
const keptPolicy = v.object({ document: v.nullable(document), good: v.unknown() });

/** The last policy: as it was written (null: there was none), and each key's last good value. */
interface Kept {
  readonly document: Readonly<Record<string, unknown>> | null;
  readonly good: GoodValues;
}

const NONE: PolicyInForce = { policy: noPolicy, state: "none" };

const isEmpty = (values: object) => Object.keys(values).length === 0;

export function openPolicySource(managed: ManagedStorage, now: () => number): PolicySource {
  const disk = openTable("local", "policy");
  const memory = openTable("session", "policy");
  const listeners: (() => void)[] = [];
  let inForce: Promise<PolicyInForce> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  /** Ends the waiting for the browser's first reading. */
  let endWaiting: () => void = () => undefined;

  async function readKept(): Promise<Kept | null> {
    const parsed = v.safeParse(keptPolicy, await disk.get(KEPT));
    return parsed.success ? { document: parsed.output.document, good: readGoodValues(parsed.output.good) } : null;
  }

  /** When this run of the browser first asked: its gap is counted from then. */
  async function lookedAt(): Promise<number> {
    const known = await memory.get(LOOKED_AT);
    if (typeof known === "number") return known;
    await memory.set(LOOKED_AT, now());
    return now();
  }

  const asKept = (kept: Kept | null): PolicyInForce =>
    kept === null || kept.document === null
      ? NONE
      : { policy: readPolicy(kept.document, kept.good).policy, state: "kept" };

  /** Null where the browser cannot say: that is no absence of a policy. */
  const ask = (): Promise<ManagedRead | null> => managed.read().catch(() => null);

  /** What the browser says now is the policy. It is kept before it binds, so that it binds again at the next start. */
  function take(): Promise<PolicyInForce> {
    const taken = turn.then(async (): Promise<PolicyInForce> => {
      const kept = await readKept();
      const answer = await ask();
      if (answer === null) {
        // An administrator's installation without a copy goes without policy not even then: the next one who asks looks again.
        if ((kept?.document ?? null) === null && (await managed.isInstalledByAdministrator())) {
          throw new OperationError("BLOCKED_BY_POLICY", { policy: "schemaVersion" });
        }
        return asKept(kept);
      }
      const written = isEmpty(answer.values) ? null : answer.values;
      const read = written === null ? null : readPolicy(written, kept?.good ?? {});
      const isNew = kept === null || JSON.stringify(kept.document) !== JSON.stringify(written);
      if (isNew) await disk.set(KEPT, { document: written, good: read?.good ?? {} });
      const next: PolicyInForce = read === null ? NONE : { policy: read.policy, state: "read" };
      inForce = Promise.resolve(next);
      if (isNew) for (const listener of listeners) listener();
      return next;
    });
    turn = taken.catch(() => undefined);
    return taken;
  }

  async function open(): Promise<PolicyInForce> {
    if ((await ask())?.settled === true) return take();
    const [kept, since, isAdministrators] = await Promise.all([
      readKept(),
      lookedAt(),
      managed.isInstalledByAdministrator(),
    ]);
    const isExpected = isAdministrators || (kept !== null && kept.document !== null);
    const gapMs = isExpected ? EXPECTED_GAP_MS : GAP_MS;
    // A clock that is set back makes nobody wait longer.
    const leftMs = Math.min(since + gapMs - now(), gapMs);
    if (leftMs <= 0) return take();
    const waited = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, leftMs);
      endWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(take);
    if (kept === null || (kept.document === null && isAdministrators)) return waited;
    // Nobody waits for it: what goes wrong with it is told to whoever asks next.
    waited.catch(() => {
      inForce = null;
    });
    return asKept(kept);
  }

  /** What fails is tried again by the next one who asks, and is never taken for no policy. */
  function hold(reading: Promise<PolicyInForce>): Promise<PolicyInForce> {
    inForce = reading;
    reading.catch(() => {
      if (inForce === reading) inForce = null;
    });
    return reading;
  }

  managed.onChanged(() => {
    endWaiting();
    void hold(take()).catch(() => undefined);
  });

  return {
    current: () => inForce ?? hold(open()),
    onChange: (listener) => listeners.push(listener),
    isInstalledByAdministrator: () => managed.isInstalledByAdministrator(),
  };
}
