/**
 * Reminders of openings (开标提醒): 72, 24 and 1 hours before a bid is opened, by a notification, or by a mark on the toolbar's button where the
 * browser shows none. What is kept for it are package ids and times; the notification names no project.
 */
import { instant } from "@certbridge/protocol/instant";
import { isAwaited, type OpenBid } from "@certbridge/protocol/host";
import * as v from "valibot";
import type { Table } from "../platform/storage.ts";
import { createTurns } from "./in-turn.ts";

const HOUR_MS = 3600_000;

/** Hours before the opening, the farthest first. */
export const STAGES = [72, 24, 1] as const;

export type Stage = (typeof STAGES)[number];

/** While an opening is far, notices of its being moved may come by another browser: the program is asked again so often. */
const LOOK_AGAIN_MS = 12 * HOUR_MS;
/** An alarm that is due, but for the program's not answering, rings again after so long. */
const RETRY_MS = 10 * 60_000;

/** What is kept of a bid. */
export const watchedBid = v.strictObject({
  packageId: v.string(),
  openingTime: instant,
  /** When each reminder was last given; milliseconds since 1970. */
  told: v.array(v.strictObject({ stage: v.picklist(STAGES), at: v.number() })),
});

export type WatchedBid = v.InferOutput<typeof watchedBid>;

const stageStart = (openingAt: number, stage: Stage): number => openingAt - stage * HOUR_MS;

/** The nearest stage that has begun: those before it that were missed are said by it. Null before the first, and from the opening on. */
export function stageOf(openingAt: number, now: number): Stage | null {
  if (now >= openingAt) return null;
  return STAGES.findLast((stage) => stageStart(openingAt, stage) <= now) ?? null;
}

/**
 * The reminder that is to be given now; null where there is none.
 *
 * One that was given counts for this opening also where that was moved a little since: by less than half of the stage. So a platform that moves it to
 * and fro has nobody reminded again and again, and one that postpones it (延期) moves the reminders.
 */
export function dueStage({ openingTime, told }: WatchedBid, now: number): Stage | null {
  const openingAt = Date.parse(openingTime);
  const stage = stageOf(openingAt, now);
  if (stage === null) return null;
  const isTold = told.some((one) => one.stage <= stage && one.at >= openingAt - 1.5 * one.stage * HOUR_MS);
  return isTold ? null : stage;
}

/** When something is to be said next, or looked at again; null where nothing is waited for. */
export function nextAt(bids: readonly WatchedBid[], now: number): number | null {
  const open = bids.map(({ openingTime }) => Date.parse(openingTime)).filter((openingAt) => openingAt > now);
  if (open.length === 0) return null;
  const starts = open.flatMap((openingAt) => STAGES.map((stage) => stageStart(openingAt, stage)));
  return Math.min(now + LOOK_AGAIN_MS, ...starts.filter((at) => at > now), ...open);
}

/** What the reminders stand on. */
export interface ReminderMeans {
  /** On disk, by package id. */
  readonly table: Table;
  /** The bids whose opening is not over. Rejects where the program does not answer. */
  readonly ask: () => Promise<readonly OpenBid[]>;
  /** Tells the person; false where the browser shows no notifications. */
  readonly tell: (packageId: string, stage: Stage, openingTime: string) => Promise<boolean>;
  /** The mark on the toolbar's button. */
  readonly mark: (isOn: boolean) => Promise<void>;
  /** Rings {@link Reminders.ring}; null: not at all. */
  readonly alarm: (at: number | null) => Promise<void>;
  readonly now: () => number;
}

export interface Reminders {
  /** The alarm rang, the browser was started, or something about bids changed: asks the program, where anything is waited for. */
  ring(): Promise<void>;
  /** The program named its bids, for whatever reason: those are watched from now on. */
  note(bids: readonly OpenBid[]): Promise<void>;
  /** The person looks at the bids. */
  seen(): Promise<void>;
}

export function createReminders({ table, ask, tell, mark, alarm, now }: ReminderMeans): Reminders {
  async function watched(): Promise<readonly WatchedBid[]> {
    return (await table.all()).flatMap((kept) => {
      const parsed = v.safeParse(watchedBid, kept);
      return parsed.success ? [parsed.output] : [];
    });
  }

  async function remind(bids: readonly WatchedBid[]): Promise<void> {
    const at = now();
    for (const bid of bids) {
      const stage = dueStage(bid, at);
      if (stage === null) continue;
      // Written down before it is said: a worker that is ended in between leaves one out rather than saying it twice.
      const told = [...bid.told.filter((one) => one.stage !== stage), { stage, at }];
      await table.set(bid.packageId, { ...bid, told } satisfies WatchedBid);
      if (!(await tell(bid.packageId, stage, bid.openingTime))) await mark(true);
    }
  }

  /** What is kept becomes what the program says. */
  async function take(bids: readonly OpenBid[]): Promise<readonly WatchedBid[]> {
    const known = new Map((await watched()).map((bid) => [bid.packageId, bid]));
    const taken = bids.filter(isAwaited).map(({ packageId, lot }): WatchedBid => {
      return { packageId, openingTime: lot.openingTime, told: known.get(packageId)?.told ?? [] };
    });
    const kept = new Set(taken.map(({ packageId }) => packageId));
    for (const packageId of await table.keys()) if (!kept.has(packageId)) await table.remove(packageId);
    for (const bid of taken) {
      const { openingTime } = known.get(bid.packageId) ?? { openingTime: null };
      if (openingTime !== bid.openingTime) await table.set(bid.packageId, bid);
    }
    return taken;
  }

  /** Two that read the same state would both remind. */
  const inTurn = createTurns();

  const settle = async (bids: readonly WatchedBid[]) => {
    await remind(bids);
    await alarm(nextAt(bids, now()));
  };

  /** A bid that the renewing of a certificate has cost, or may: said by every look that nobody is there for. */
  const isRenewed = ({ results }: OpenBid): boolean =>
    results.some(({ rule, outcome }) => rule === "renewed-certificate" && (outcome === "bad" || outcome === "warning"));

  return {
    ring: () =>
      inTurn(async () => {
        const before = await watched();
        // Nobody's program is started for nothing.
        if (before.length === 0) return alarm(null);
        try {
          const bids = await ask();
          if (bids.some((bid) => isAwaited(bid) && isRenewed(bid))) await mark(true);
          return await settle(await take(bids));
        } catch {
          // What was known before is as good as it gets.
          await remind(before);
          const next = nextAt(before, now());
          return alarm(next === null ? null : Math.min(next, now() + RETRY_MS));
        }
      }),
    note: (bids) => inTurn(async () => settle(await take(bids))),
    seen: () => mark(false),
  };
}
