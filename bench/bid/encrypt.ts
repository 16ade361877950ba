/**
 * Encrypting a file of gigabytes in a real browser, by the workers of the extension's workshop: beside a copy of the same file by a worker
 * to the same storage, and beside OpenSSL's command line.
 */
import { join } from "node:path";
import { serveWorkshop } from "../../tests/support/workshop-page/serve.ts";
import { type Engine, type Figure, median, type Part, round } from "../figure.ts";
import { encryptOnce, openBidPage } from "./page.ts";
import { makeFile, MIB, timeOpenssl, withFolder } from "./files.ts";

const SIZE_MIB = 2048;
const QUICK_MIB = 256;
/** Of gigabytes a round takes half a minute. */
const ROUNDS = { most: 3, quick: 2 } as const;

const BOUNDS = { "plain-copy": { floor: 0.75, aim: 0.95 }, "openssl-enc": { floor: 1.2, aim: 1.5 } } as const;

function figureOf(engine: Engine, against: keyof typeof BOUNDS, mib: number, ours: number, theirs: number): Figure {
  const speed = (ms: number) => round((mib * MIB) / ms / 1000);
  return {
    metric: "bid.encrypt",
    engine,
    against,
    ours: speed(ours),
    peer: speed(theirs),
    unit: "MB/s",
    ratio: round(theirs / ours),
    ...BOUNDS[against],
  };
}

async function measureIn(engine: Exclude<Engine, "node">, mib: number, rounds: number): Promise<readonly Figure[]> {
  return withFolder(async (folder) => {
    const path = await makeFile(join(folder, "bid.bin"), mib);
    const served = await serveWorkshop(folder);
    const page = await openBidPage(engine, served.address, path);
    const [ours, copies, openssl]: [number[], number[], number[]] = [[], [], []];
    try {
      // Whoever comes first meets a cold disk: once unmeasured.
      for (let turn = 0; turn <= rounds; turn++) {
        const encrypted = await encryptOnce(page);
        const { ms: copied } = await page.call<{ ms: number }>("copy()");
        const enciphered = await timeOpenssl(path, join(folder, "openssl.bin"));
        if (turn === 0) continue;
        ours.push(encrypted);
        copies.push(copied);
        if (enciphered !== null) openssl.push(enciphered);
      }
    } finally {
      await page.close();
      served.close();
    }
    const figures = [figureOf(engine, "plain-copy", mib, median(ours), median(copies))];
    if (openssl.length > 0) figures.push(figureOf(engine, "openssl-enc", mib, median(ours), median(openssl)));
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
