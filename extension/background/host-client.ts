import type { Gm } from "@certbridge/gm";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { Carrier } from "@certbridge/protocol/carrier";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { type HostParams, type HostResult, type HostVerb, hostVerbs } from "@certbridge/protocol/host";
import { fingerprintOf } from "@certbridge/protocol/host/identity";
import { encodeRequestStatement } from "@certbridge/protocol/host/proof";
import type { HostState } from "@certbridge/protocol/surface";
import * as v from "valibot";
import type { ClientKey } from "../platform/client-key.ts";
import type { Table } from "../platform/storage.ts";
import { type Connection, newId, startHost } from "./host-connection.ts";
import { greet, type Greeting } from "./host-greeting.ts";
import { type Judgement, openHostTrust } from "./host-trust.ts";

/** Every verb but the one by which the program is met. */
export type ProvedVerb = Exclude<HostVerb, "status">;

/** How the program is, and what it can; nothing unless it is ready. */
export interface HostLook {
  readonly state: HostState;
  readonly operations: readonly string[];
  readonly carriers: readonly Carrier[];
}

/** The companion program, started when it is needed and ended when it is not. */
export interface HostClient {
  /** Asks the trusted program, with a proof that it is this extension that asks. @throws OperationError the program's; HOST_…, NOT_PAIRED */
  call<N extends ProvedVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** What stands in the way is a state, no error. */
  look(): Promise<HostLook>;
  /** The person trusts the identity that they were shown. @throws OperationError HOST_CHANGED where it is another by now */
  trust(publicKey: string): Promise<void>;
}

/** What it stands on; each is opened when it is first needed, and stays. */
export interface HostMeans {
  readonly core: () => Promise<Gm>;
  readonly clientKey: () => Promise<ClientKey>;
  /** On disk: which program is trusted. */
  readonly trusted: Table;
  readonly now: () => number;
}

/** The hazard that leaves the program without keys rather than unsafe. */
const SANDBOX = "sandbox";

/** Calls that use no key, and the second time change nothing: one that met a dying program is made again, once. */
const REPEATABLE: readonly HostVerb[] = [
  "keys",
  "awaitKeys",
  "diagnose",
  "readCredential",
  "readNotice",
  "prepareBid",
  "bids",
  "bidEvidence",
  "readOrder",
  "releaseBackup",
  "confirmBid",
  "readOwnBid",
];

/** Kept running for so long after the last call: the next verb, and the browser's worker, stay warm. */
const IDLE_MS = 20_000;

/** A run of the program, and what it said of itself. */
interface Run {
  readonly connection: Connection;
  readonly greeting: Promise<Greeting>;
  /** Whether it is the trusted one; read once, and again after the person said so. */
  judged: Promise<Judgement> | null;
}

/** After these a run is given up. */
const STALE: readonly ErrorCode[] = ["NOT_PAIRED", "HOST_CHANGED", "HOST_OUTDATED", "EXTENSION_OUTDATED"];

const NOTHING = { operations: [], carriers: [] } as const;

/** The state that stands behind an error of greeting. */
function behind(error: unknown): HostState {
  if (OperationError.is(error, "HOST_MISSING")) return { state: "missing" };
  if (OperationError.is(error, "HOST_FORBIDDEN")) return { state: "forbidden" };
  if (OperationError.is(error, "HOST_OUTDATED") && error.details) return { state: "outdated", ...error.details };
  if (OperationError.is(error, "EXTENSION_OUTDATED") && error.details) {
    return { state: "extension-outdated", ...error.details };
  }
  return { state: "failed" };
}

export function createHostClient({ core, clientKey, trusted, now }: HostMeans): HostClient {
  const trust = openHostTrust(
    trusted,
    async (publicKey) => fingerprintOf((await core()).sm3(decodeBase64Url(publicKey))),
    now,
  );
  let run: Run | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;
  /** Bids in the making, by their consent: their key is, or was, open in this run and in no other. */
  const begun = new Set<string>();

  function drop(): void {
    run?.connection.close();
    run = null;
  }

  /** What stands in the way of this run may be mended by now, and only another one would know. */
  function giveUp(met: Run): void {
    if (run === met) drop();
  }

  function rest(): void {
    clearTimeout(idle);
    const isNeeded = () => begun.size > 0 || run?.connection.isBusy() === true;
    idle = setTimeout(() => (isNeeded() ? rest() : drop()), IDLE_MS);
  }

  function noteBid(verb: ProvedVerb, params: object): void {
    if (!("consentId" in params) || typeof params.consentId !== "string") return;
    if (verb === "beginBid") begun.add(params.consentId);
    if (verb === "abandonBid") begun.delete(params.consentId);
  }

  function reach(): Run {
    if (run !== null) return run;
    const connection = startHost(() => {
      if (run?.connection !== connection) return;
      run = null;
      begun.clear();
    });
    // The program starts while the core and the key are got ready.
    const gm = core();
    gm.catch(() => undefined);
    const greeting = clientKey().then(({ publicKey }) => greet(connection, gm, publicKey));
    const fresh: Run = { connection, greeting, judged: null };
    greeting.catch(() => giveUp(fresh));
    run = fresh;
    return fresh;
  }

  function judge(met: Run, { publicKey }: Greeting): Promise<Judgement> {
    met.judged ??= trust.judge(publicKey);
    return met.judged;
  }

  /** How a run that greeted stands to this profile. Only one that it is paired with can be trusted. */
  async function stateOf(met: Run, greeting: Greeting): Promise<HostState> {
    const { version, paired, hazards } = greeting;
    if (hazards.includes(SANDBOX)) return { state: "sandboxed", version };
    if (!paired) return { state: "unpaired", version };
    const { trusted: known, found } = await judge(met, greeting);
    if (found !== null) return { state: "changed", version, trusted: known, found };
    return { state: "ready", version, identity: known, hazards: [...hazards] };
  }

  async function lookOnce(): Promise<HostLook> {
    const met = reach();
    let state: HostState;
    try {
      const greeting = await met.greeting;
      state = await stateOf(met, greeting);
      const { operations, carriers } = greeting;
      if (state.state === "ready") return { state, operations, carriers };
    } catch (error) {
      state = behind(error);
    }
    giveUp(met);
    return { state, ...NOTHING };
  }

  async function callOnce<N extends ProvedVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>> {
    clearTimeout(idle);
    // Its key was open in a run that is over: another one could only say that it never heard of it.
    if (verb === "finishBid" && "consentId" in params && !begun.has(params.consentId)) {
      throw new OperationError("HOST_FAILED", undefined, { message: "the run that began it is over" });
    }
    const met = reach();
    try {
      const greeting = await met.greeting;
      const { publicKey, session, paired, hazards } = greeting;
      if (hazards.includes(SANDBOX)) throw new OperationError("HOST_FAILED", undefined, { message: "in a sandbox" });
      if (!paired) throw new OperationError("NOT_PAIRED");
      if ((await judge(met, greeting)).found !== null) throw new OperationError("HOST_CHANGED");
      const key = await clientKey();
      const id = newId();
      const statement = encodeRequestStatement({ host: publicKey, session, id, operation: verb, params });
      const proof = { client: key.publicKey, signature: await key.sign(statement) };
      const result = await met.connection.ask({ id, operation: verb, params, proof });
      const parsed = v.safeParse(hostVerbs[verb].result, result);
      if (!parsed.success)
        throw new OperationError("HOST_FAILED", undefined, { message: "an answer of another shape" });
      noteBid(verb, params);
      return parsed.output;
    } catch (error) {
      if (error instanceof OperationError && STALE.includes(error.code)) giveUp(met);
      throw error;
    } finally {
      // Confirmed or not: it can be said to any later run as well, and this one need not be kept for it.
      if (verb === "confirmBid" && "consentId" in params) begun.delete(params.consentId);
      rest();
    }
  }

  return {
    async call(verb, params) {
      try {
        return await callOnce(verb, params);
      } catch (error) {
        if (!REPEATABLE.includes(verb) || !OperationError.is(error, "HOST_FAILED")) throw error;
        return callOnce(verb, params);
      }
    },
    async look() {
      clearTimeout(idle);
      const look = await lookOnce();
      rest();
      return look;
    },
    async trust(publicKey) {
      const met = reach();
      if ((await met.greeting).publicKey !== publicKey) throw new OperationError("HOST_CHANGED");
      await trust.trust(publicKey);
      met.judged = null;
    },
  };
}
