/**
 * What worker and host add to one call of SKF: `SKF_ECCSignData` of the soft token, called by koffi in this very process, and the same by supervisor and
 * worker. They take turns, call by call, each with a library and a key of its own; the figure is the median of the differences.
 */
import { join } from "node:path";
import { openLibrary } from "../../apps/host/src/stores/usb-key/library.ts";
import { structuresOf } from "../../apps/host/src/stores/usb-key/structures.ts";
import { openToken, type Session } from "../../apps/host/src/stores/usb-key/token.ts";
import { withFolder } from "../bid/files.ts";
import { alone, type Figure, median, type Part } from "../figure.ts";
import {
  ASKED,
  type BenchKey,
  freshDigest,
  KEY_ID,
  makeKey,
  openSession,
  openStore,
  pinBytes,
  supervise,
} from "./key.ts";

/** Calls that are not measured, until the compilers have had their turn; and those of a round. */
const WARM = 300;
const CALLS = 100;

const DEFAULT_ID = "1234567812345678";

/** The same code as the worker's, without the worker. */
function openHere({ opening: { library, layout } }: BenchKey): Session {
  const opened = openToken(openLibrary(library.path, layout), structuresOf(layout)).open(ASKED, pinBytes());
  if ("session" in opened) return opened.session;
  throw new Error(`the soft token did not take its PIN: ${opened.pin}`);
}

/** One call in one way; the milliseconds that it took. */
type Way = () => Promise<number>;

async function timed(call: () => unknown): Promise<number> {
  const startedAt = performance.now();
  await call();
  return performance.now() - startedAt;
}

/** Each way's times, call by call; who begins changes from call to call. */
async function inTurns(ways: readonly Way[], calls: number): Promise<readonly (readonly number[])[]> {
  const took: number[][] = ways.map(() => []);
  for (let call = 0; call < WARM + calls; call++) {
    for (let turn = 0; turn < ways.length; turn++) {
      const which = (call + turn) % ways.length;
      const ms = await ways[which]?.();
      if (call >= WARM && ms !== undefined) took[which]?.push(ms);
    }
  }
  return took;
}

async function measureIn(folder: string, calls: number): Promise<readonly Figure[]> {
  const [here, there, stored] = ["here", "worker", "store"].map((name) => makeKey(join(folder, name))) as [
    BenchKey,
    BenchKey,
    BenchKey,
  ];
  const session = openHere(here);
  const supervisor = supervise(there.opening);
  const store = openStore(stored.library, join(folder, "devices"));
  try {
    const number = await openSession(supervisor);
    const found = await store.find(KEY_ID);
    if (found === null) throw new Error("the store does not see its key");
    const key = await found.open({ pin: pinBytes(), calls: WARM + calls });
    const [direct, byWorker, byStore] = (await inTurns(
      [
        () => {
          const input = freshDigest();
          // Nothing is waited for but the library.
          const startedAt = performance.now();
          session.sign(input);
          return Promise.resolve(performance.now() - startedAt);
        },
        () => {
          const input = freshDigest();
          return timed(() => supervisor.call("sign", { session: number, input }));
        },
        () => {
          const message = freshDigest();
          return timed(() => key.sign(message, DEFAULT_ID));
        },
      ],
      calls,
    )) as [readonly number[], readonly number[], readonly number[]];
    const above = (way: readonly number[]) => median(way.map((ms, call) => ms - (direct[call] ?? Number.NaN)));
    return [
      alone("host.call-overhead", "node", above(byWorker), "ms", { floor: 1, aim: 0.3 }),
      // With e = SM3(Z ‖ M) before the call and the verification of what came of it, by which no signature leaves unchecked.
      alone("host.call-overhead.store", "node", above(byStore), "ms"),
      alone("host.call-overhead.library", "node", median(direct), "ms"),
    ];
  } finally {
    session.close();
    await Promise.all([supervisor.close(), store.close()]);
  }
}

export const callOverhead: Part = {
  metrics: ["host.call-overhead"],
  measure: ({ rounds }) => withFolder((folder) => measureIn(folder, rounds * CALLS)),
};
