/**
 * Five hundred bidders who release their keys in one hall at once: a demonstration platform in this process, asked over its real HTTPS. Everything
 * until the keys are posted is made beforehand, by software keys under one CA.
 */
import { type Demo, startDemo } from "@certbridge/demo";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { join } from "node:path";
import { type Bidder, codeOf, enter, sealFor, submit } from "../../tests/integration/demo/tender.ts";
import { visit } from "../../tests/integration/demo/visitor.ts";
import { releaseKey } from "../../tests/support/sealed-bid.ts";
import { alone, median, type Part } from "../figure.ts";
import { withFolder } from "./files.ts";

const BIDDERS = 500;
const QUICK_BIDDERS = 50;
/** Lots that are opened one after the other, after a small one that is not measured: compiling is no part of a hall's work. */
const LOTS = { most: 3, quick: 1 } as const;
const WARM_BIDDERS = 20;
const BOUND = { floor: 10, aim: 5 };
const NO_BOUND = { floor: null, aim: null };

/** Small, because a released key is judged without a look at the payload: a package of one segment, 1 MiB. Large ones are `bid.server-open`'s. */
const FILES = [{ name: "报价.xlsx", bytes: new Uint8Array(20_000).fill(7) }];

/** How many prepare at once. */
const AT_ONCE = 25;

const HOUR_MS = 3600_000;

interface Taken {
  /** Seconds until the last key was verified and its bidder told so. */
  readonly released: number;
  /** Seconds until the last package lay open. */
  readonly opened: number;
}

/**
 * The same bidder on a connection that is yet to be made: a server ends those that rested for some seconds. Making it belongs to what is measured,
 * with the bidder's own half of it; pages that ask the hall every second have theirs already.
 */
function comeAnew(demo: Demo, { keys, visitor }: Bidder): Bidder {
  const anew = visit(demo, demo.platforms.a);
  anew.setCookie(visitor.cookie());
  return { keys, visitor: anew };
}

export async function inGroups<T, U>(of: readonly T[], use: (one: T) => Promise<U>): Promise<readonly U[]> {
  const done: U[] = [];
  for (let at = 0; at < of.length; at += AT_ONCE)
    done.push(...(await Promise.all(of.slice(at, at + AT_ONCE).map(use))));
  return done;
}

/** When a lot is opened, and how its opening is come to. */
export interface Opens {
  readonly openingAt: number;
  readonly come: () => Promise<void> | void;
}

/** The bidders' packages are handed in for a lot of its own, the order is given, and the keys for it are made. */
export async function prepare(demo: Demo, bidders: readonly Bidder[], lotId: string, { openingAt, come }: Opens) {
  const { lots, bids, hall } = demo.platforms.a.admin.bidding;
  lots.announce({ id: lotId, projectCode: lotId, projectName: "开标大厅", lot: "一标段", openingAt });
  await inGroups(bidders, async (bidder) => {
    const { bytes } = await sealFor(demo, bidder, lotId, FILES);
    const code = codeOf(await submit(demo, comeAnew(demo, bidder), lotId, bytes));
    if (code !== "ok") throw new Error(`a package was refused: ${code}`);
  });
  await come();
  await hall.begin(lots.find(lotId));
  const order = hall.order(lotId)?.der ?? new Uint8Array(0);
  return bidders.map((bidder) => {
    const { keys, visitor } = comeAnew(demo, bidder);
    const keyBlock = bids.find(lotId, keys.applicant.uscc)?.verified.keyBlock ?? new Uint8Array(0);
    const key = releaseKey(demo.gm, keys, keyBlock, order);
    const post = () => visitor.post(`/api/lots/${lotId}/key`, { releasedKey: encodeBase64Url(key) });
    return { uscc: keys.applicant.uscc, key, post };
  });
}

async function openLot(demo: Demo, bidders: readonly Bidder[], lotId: string, opens: Opens): Promise<Taken> {
  const { hall } = demo.platforms.a.admin.bidding;
  const made = await prepare(demo, bidders, lotId, opens);
  const began = performance.now();
  const codes = await Promise.all(made.map(async ({ post }) => codeOf(await post())));
  const released = (performance.now() - began) / 1000;
  await hall.idle();
  const opened = (performance.now() - began) / 1000;
  // A refusal is quick: a figure with one in it would be none.
  const refused = codes.filter((code) => code !== "ok");
  if (refused.length > 0) throw new Error(`${refused.length} keys were refused, the first by ${refused[0]}`);
  const closed = hall.seats(lotId).filter(({ status }) => status !== "opened");
  if (closed.length > 0) throw new Error(`${closed.length} packages did not open`);
  return { released, opened };
}

export const hall: Part = {
  metrics: ["bid.hall-500"],
  measure: ({ quick, rounds }) =>
    withFolder(async (folder) => {
      let offsetMs = 0;
      const inAnHour = (): Opens => {
        offsetMs = 0;
        const openingAt = Date.now() + HOUR_MS;
        return { openingAt, come: () => void (offsetMs = openingAt + 1000 - Date.now()) };
      };
      const demo = await startDemo({ folder: join(folder, "demo"), clock: () => Date.now() + offsetMs });
      try {
        const count = quick ? QUICK_BIDDERS : BIDDERS;
        const bidders = await inGroups(Array.from({ length: count }), () => enter(demo));
        await openLot(demo, bidders.slice(0, WARM_BIDDERS), "warm", inAnHour());
        const taken: Taken[] = [];
        for (let turn = 0; turn < Math.min(rounds, quick ? LOTS.quick : LOTS.most); turn++) {
          taken.push(await openLot(demo, bidders, `hall-${turn}`, inAnHour()));
        }
        const of = (what: keyof Taken) => median(taken.map((lot) => lot[what]));
        process.stderr.write(
          `bid.hall-500: ${count} keys verified in ${of("released").toFixed(2)} s, all opened after ${of("opened").toFixed(2)} s\n`,
        );
        return [alone("bid.hall-500", "node", of("released"), "s", quick ? NO_BOUND : BOUND)];
      } finally {
        await demo.close();
      }
    }),
};
