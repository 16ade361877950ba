/**
 * Encrypting a file of gigabytes in a real browser, by the workers of the extension's workshop: beside copies of the same file by a worker
 * to the same storage, read as pages read and as the workshop reads, beside OpenSSL's command line, and beside what pages do: sm-crypto-v2 on the whole file in memory.
 */
import { join } from "node:path";
import { serveWorkshop } from "../../tests/support/workshop-page/serve.ts";
import { alone, type Engine, type Figure, median, type Part, round } from "../figure.ts";
import { encryptOnce, openBidPage } from "./page.ts";
import { makeFile, MIB, timeOpenssl, withFolder } from "./files.ts";

const SIZE_MIB = 2048;
const QUICK_MIB = 256;
/** Of gigabytes a round takes half a minute. */
const ROUNDS = { most: 3, quick: 2 } as const;

const BOUNDS = {
  "plain-copy": { floor: 0.75, aim: 0.95 },
  "stream-copy": { floor: null, aim: null },
  "openssl-enc": { floor: 1.2, aim: 1.5 },
  "sm-crypto-v2": { floor: null, aim: 10 },
} as const;

/** Where sm-crypto-v2 begins, and how long one file may take it. */
const PEER_MIB = 32;
const PEER_MS = 10 * 60_000;

/** MB a second of so many MiB. */
const speedOf = (mib: number, ms: number) => (mib * MIB) / ms / 1000;

function figureOf(engine: Engine, against: keyof typeof BOUNDS, ours: number, theirs: number): Figure {
  return {
    metric: "bid.encrypt",
    engine,
    against,
    ours: round(ours),
    peer: round(theirs),
    unit: "MB/s",
    ratio: round(ours / theirs),
    ...BOUNDS[against],
  };
}

interface WholeFile {
  readonly mib: number;
  readonly speed: number;
}

/** The largest file that sm-crypto-v2 takes, and how fast: each is twice the one before, until one is too much for it or all is done. */
async function largestOfPeer(address: string, path: string, mib: number): Promise<WholeFile | null> {
  let largest: WholeFile | null = null;
  for (let size = PEER_MIB; size <= mib; size *= 2) {
    // A page of its own for each: one that fell over says nothing any more.
    const page = await openBidPage("chromium", address, path);
    try {
      await page.call("import('/peer.ts').then(() => true)");
      const tooLong = new Promise<null>((resolve) => setTimeout(resolve, PEER_MS, null).unref());
      const done = await Promise.race([
        page.call<{ ms: number }>(`encryptWhole(${size * MIB})`).catch(() => null),
        tooLong,
      ]);
      if (done === null) break;
      largest = { mib: size, speed: speedOf(size, done.ms) };
    } finally {
      await page.close();
    }
  }
  return largest;
}

async function measureIn(engine: Exclude<Engine, "node">, mib: number, rounds: number): Promise<readonly Figure[]> {
  return withFolder(async (folder) => {
    const path = await makeFile(join(folder, "bid.bin"), mib);
    const served = await serveWorkshop(folder, { "/peer.ts": "bench/bid/peer-page.ts" });
    const page = await openBidPage(engine, served.address, path);
    const ours: number[] = [];
    const trials: number[] = [];
    const copies: number[] = [];
    const streams: number[] = [];
    const openssl: number[] = [];
    let whole: WholeFile | null = null;
    try {
      // Whoever comes first meets a cold disk: once unmeasured.
      for (let turn = 0; turn <= rounds; turn++) {
        const { writeMs, trialMs } = await encryptOnce(page);
        const { ms: copied } = await page.call<{ ms: number }>('copy("slices")');
        const { ms: streamed } = await page.call<{ ms: number }>('copy("stream")');
        const enciphered = await timeOpenssl(path, join(folder, "openssl.bin"));
        if (turn === 0) continue;
        ours.push(writeMs);
        trials.push(trialMs);
        copies.push(copied);
        streams.push(streamed);
        if (enciphered !== null) openssl.push(enciphered);
      }
    } finally {
      await page.close();
    }
    try {
      if (engine === "chromium") whole = await largestOfPeer(served.address, path, mib);
    } finally {
      served.close();
    }
    const speed = speedOf(mib, median(ours));
    const figures = [
      figureOf(engine, "plain-copy", speed, speedOf(mib, median(copies))),
      figureOf(engine, "stream-copy", speed, speedOf(mib, median(streams))),
    ];
    if (openssl.length > 0) figures.push(figureOf(engine, "openssl-enc", speed, speedOf(mib, median(openssl))));
    figures.push(alone("bid.encrypt.trial", engine, speedOf(mib, median(trials)), "MB/s"));
    if (whole !== null) {
      process.stderr.write(`bid.encrypt: sm-crypto-v2 in the page took ${whole.mib} MiB of ${mib}\n`);
      figures.push(figureOf(engine, "sm-crypto-v2", speed, whole.speed));
    }
    return figures;
  });
}

export const encrypt: Part = {
  metrics: ["bid.encrypt"],
  async measure({ rounds, quick }) {
    const mib = quick ? QUICK_MIB : SIZE_MIB;
    const turns = Math.min(rounds, quick ? ROUNDS.quick : ROUNDS.most);
    const figures: Figure[] = [];
    for (const engine of ["chromium", "firefox"] as const) figures.push(...(await measureIn(engine, mib, turns)));
    return figures;
  },
};
