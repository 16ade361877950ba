/**
 * An encrypting that this page began and did not see the end of: the page was reloaded, its tab closed, the browser ended. The extension is asked for it
 * only where this browser began one for the lot, and only when the person wants it: it asks them first.
 */
import type { Job } from "@certbridge/sdk";
import { extension } from "./act.ts";
import { bidVerb } from "./bid-verbs.ts";
import { Refusal, type ShownLot } from "./server.ts";

/** So long the extension keeps what it finished. */
const KEPT_MS = 24 * 3600_000;
const LOOK_MS = 1000;

const keyOf = ({ id, projectCode }: ShownLot): string => `encrypting:${projectCode}:${id}`;

export function noteEncrypting(lot: ShownLot): void {
  localStorage.setItem(keyOf(lot), String(Date.now()));
}

export function forgetEncrypting(lot: ShownLot): void {
  localStorage.removeItem(keyOf(lot));
}

/** Whether there may be one to be found again. */
export function mayRecover(lot: ShownLot): boolean {
  return Date.now() - Number(localStorage.getItem(keyOf(lot)) ?? 0) < KEPT_MS;
}

/** The last encrypting for the lot, waited for where it goes on; null where there is none. `told` hears of its progress, 0 to 1. */
export async function recoverEncrypting(lot: ShownLot, told: (share: number) => void): Promise<Job | null> {
  const list = await bidVerb("jobs");
  if (list === null) throw new Refusal("UNSUPPORTED_OPERATION");
  const api = await extension();
  const isOfLot = (job: Job) => job.lot.projectCode === lot.projectCode && job.lot.lot === lot.lot;
  for (let jobs = await list.call(api, { older: true }); ; jobs = await list.call(api, {})) {
    const last = jobs.findLast(isOfLot) ?? null;
    if (last?.state !== "working") return last;
    const { done, total } = last.progress ?? { done: 0, total: 1 };
    told(done / total);
    await new Promise((wake) => setTimeout(wake, LOOK_MS));
  }
}
