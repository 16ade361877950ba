/**
 * From a library's crash to the next answered call. A key is open when the soft token ends its process with SIGSEGV under `SKF_ECCSignData`; as soon as the
 * program has word of that, the list of keys is asked for again. Before it gives one, the next worker takes back the login that was left behind. While a key
 * is open a process waits to be that next worker; `.no-key-open` is the same with none, for a list that crashed.
 *
 * The clock starts before the call that crashes, since nobody sees the crash itself: what the call takes on its way counts.
 */
import { join } from "node:path";
import { TokenFailure } from "../../apps/host/src/stores/usb-key/supervisor.ts";
import { withFolder } from "../bid/files.ts";
import { alone, median, type Part } from "../figure.ts";
import { freshDigest, makeKey, openSession, supervise } from "./key.ts";
import { timeBareStart } from "./runtime.ts";

/** In each process the first signature is its end; the list signs nothing. */
const CRASH = { fault: "ECCSignData:1:crash" };

/** In each process the second list is its end: for one, the library is asked for its devices twice. */
const CRASH_IN_LIST = { fault: "EnumDev:3:crash" };

interface Recovery {
  /** Until the program knows. */
  readonly knownMs: number;
  /** Until the list is there. */
  readonly ms: number;
}

/** How long the person takes until the key is used, or looks at the list, in ms. */
const READS_MS = 300;

const pause = (ms: number) => new Promise<void>((wait) => setTimeout(wait, ms));

/** @param open whether a key is open when it happens */
async function recoverOnce(folder: string, open: boolean): Promise<Recovery> {
  // A supervisor for each: one whose library crashed three times leaves it alone for ten minutes.
  const supervisor = supervise(makeKey(folder, open ? CRASH : CRASH_IN_LIST).opening);
  try {
    const session = open ? await openSession(supervisor) : null;
    if (!open) await supervisor.call("list", {});
    await pause(READS_MS);
    const input = freshDigest();
    const startedAt = performance.now();
    const crashing = session === null ? supervisor.call("list", {}) : supervisor.call("sign", { session, input });
    const failure = await crashing.catch((error: unknown) => error);
    const knownMs = performance.now() - startedAt;
    if (!(failure instanceof TokenFailure && failure.failure.kind === "died"))
      throw new Error("the library did not crash");
    const devices = await supervisor.call("list", {});
    const ms = performance.now() - startedAt;
    if (devices.length !== 1) throw new Error("the key is not there after the crash");
    return { knownMs, ms };
  } finally {
    await supervisor.close();
  }
}

export const recovery: Part = {
  metrics: ["host.recovery"],
  measure: ({ rounds }) =>
    withFolder(async (folder) => {
      const [took, rested, bare]: [Recovery[], Recovery[], number[]] = [[], [], []];
      // The first one meets cold files.
      for (let round = 0; round <= rounds * 3; round++) {
        took.push(await recoverOnce(join(folder, `open ${round}`), true));
        rested.push(await recoverOnce(join(folder, `closed ${round}`), false));
        bare.push(await timeBareStart());
      }
      const warm = took.slice(1);
      return [
        alone("host.recovery", "node", median(warm.map(({ ms }) => ms)), "ms", { floor: 100, aim: 40 }),
        alone("host.recovery.no-key-open", "node", median(rested.slice(1).map(({ ms }) => ms)), "ms"),
        alone("host.recovery.known", "node", median(warm.map(({ knownMs }) => knownMs)), "ms"),
        alone("host.recovery.runtime", "node", median(bare.slice(1)), "ms"),
      ];
    }),
};
