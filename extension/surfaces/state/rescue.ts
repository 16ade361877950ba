/**
 * First aid before an opening (开标急救): every open bid looked at within ten seconds, without a PIN. What did not answer in that time is said, and
 * keeps nothing else waiting.
 */
import { signal, type ReadonlySignal } from "@preact/signals";
import { isAwaited, type OpenBid, type PreflightResult, type PreflightRule } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { BidsView, Reached, ShownKey } from "@certbridge/protocol/surface";
import { askBackground } from "../../platform/surface-messages.ts";

/** For all of it. Milliseconds. */
export const RESCUE_MS = 10_000;

/** An answer and when it came (milliseconds since 1970); null where there was none in time. */
export type Answered<T> = { readonly value: T; readonly at: number } | null;

export interface Checked {
  /** Null where the program did not answer. */
  readonly view: BidsView | null;
  readonly sites: ReadonlyMap<string, Answered<Reached>>;
}

export interface Rescue {
  readonly running: ReadonlySignal<boolean>;
  /** What the last run found; null before the first, and while one runs. */
  readonly checked: ReadonlySignal<Checked | null>;
  run(): Promise<void>;
}

/** Null where it takes longer, or fails. */
async function within<T>(asked: Promise<T>, ms: number): Promise<Answered<T>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  const answered = asked.then(
    (value) => ({ value, at: Date.now() }),
    () => null,
  );
  const first = await Promise.race([answered, late]);
  clearTimeout(timer);
  return first;
}

const originOf = ({ lot }: OpenBid): string | undefined => lot.origins[0];

/** @param known the bids as the page has them: their platforms need not wait for the program */
export function createRescue(known: () => readonly OpenBid[]): Rescue {
  const running = signal(false);
  const checked = signal<Checked | null>(null);

  async function check(): Promise<Checked> {
    const until = Date.now() + RESCUE_MS;
    const asked = new Map<string, Promise<Answered<Reached>>>();
    const reach = (bids: readonly OpenBid[]) => {
      for (const bid of bids.filter(isAwaited)) {
        const origin = originOf(bid);
        if (origin === undefined || asked.has(origin)) continue;
        asked.set(origin, within(askBackground("reach", { origin }), Math.max(0, until - Date.now())));
      }
    };
    reach(known());
    const answer = await within(askBackground("bids", { ask: true }), RESCUE_MS);
    reach(answer?.value.bids ?? []);
    const sites = await Promise.all([...asked].map(async ([origin, answering]) => [origin, await answering] as const));
    return { view: answer?.value ?? null, sites: new Map(sites) };
  }

  return {
    running,
    checked,
    async run() {
      if (running.value) return;
      running.value = true;
      checked.value = null;
      checked.value = await check();
      running.value = false;
    },
  };
}

/** What is looked at, in the order in which it is told. */
export const rescueSteps = ["key", "certificate", "revocation", "trial", "pin", "spare", "clock", "platform"] as const;

export type RescueStep = (typeof rescueSteps)[number];

export interface RescueFinding {
  readonly step: RescueStep;
  readonly outcome: PreflightResult["outcome"] | "late";
  /** The rule that says more, where it is not good. */
  readonly rule: PreflightResult | null;
}

/** Which rules of the program's check each step is made of. */
const RULES: Readonly<Record<Exclude<RescueStep, "platform">, readonly PreflightRule[]>> = {
  key: ["key-present", "renewed-certificate", "device-key"],
  certificate: ["signing-certificate", "encryption-certificate", "same-subject"],
  revocation: ["revocation"],
  trial: ["trial-opening"],
  pin: ["pin-tries"],
  spare: ["second-recipient"],
  clock: ["clock"],
};

const WEIGHT = { good: 0, unknown: 1, unreachable: 2, warning: 3, bad: 4 } as const;

/** The worst of them that was found out, or asked without an answer. */
function worstOf(results: readonly PreflightResult[], rules: readonly PreflightRule[]): PreflightResult | null {
  const found = results.filter(({ rule, outcome }) => rules.includes(rule) && outcome !== "unknown");
  return found.toSorted((a, b) => WEIGHT[b.outcome] - WEIGHT[a.outcome])[0] ?? null;
}

/** By how much the local clock differs from the site's, in milliseconds; null where the site did not say. */
export function clockErrorOf(site: Answered<Reached> | undefined): number | null {
  const said = site?.value.at ?? null;
  return site === undefined || site === null || said === null ? null : site.at - Date.parse(said);
}

function clockFinding(bid: OpenBid, site: Answered<Reached> | undefined): RescueFinding {
  const own = worstOf(bid.results, RULES.clock);
  // A stamp is signed, and what a site says is not.
  if (own !== null && own.outcome !== "unreachable") return { step: "clock", outcome: own.outcome, rule: own };
  const errorMs = clockErrorOf(site);
  const isOff = errorMs !== null && Math.abs(errorMs) > limits.clockSkewMs;
  if (own !== null && !isOff) return { step: "clock", outcome: "unreachable", rule: own };
  if (errorMs === null) return { step: "clock", outcome: "unknown", rule: null };
  return { step: "clock", outcome: isOff ? "warning" : "good", rule: null };
}

function platformOutcome(site: Answered<Reached> | undefined): RescueFinding["outcome"] {
  if (site === undefined) return "unknown";
  if (site === null) return "late";
  return ({ answers: "good", silent: "warning", unknown: "unknown" } as const)[site.value.site];
}

/** Each step of one bid. */
export function findingsOfBid(bid: OpenBid, sites: Checked["sites"]): readonly RescueFinding[] {
  const site = sites.get(originOf(bid) ?? "");
  return rescueSteps.map((step): RescueFinding => {
    if (step === "platform") return { step, outcome: platformOutcome(site), rule: null };
    if (step === "clock") return clockFinding(bid, site);
    const worst = worstOf(bid.results, RULES[step]);
    // It opened while it was encrypted; since then nobody tried.
    const isStale = step === "trial" && worst?.outcome === "good" && bid.rehearsedAt === null;
    if (isStale) return { step, outcome: "unknown", rule: null };
    return { step, outcome: worst?.outcome ?? "unknown", rule: worst };
  });
}

/** Whether something has to be done: what only could not be found out asks for nothing. */
export function needsCare(findings: readonly RescueFinding[]): boolean {
  return findings.some(({ outcome }) => outcome !== "good" && outcome !== "unknown");
}

/** The key that opens it, where it is here. */
export function keyOf(bid: OpenBid, keys: readonly ShownKey[]): ShownKey | null {
  return keys.find(({ keyId }) => keyId === bid.keyId) ?? null;
}
