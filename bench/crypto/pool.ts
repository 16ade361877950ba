/** Two workers beside one: a message of 64 MiB, from bytes to bytes, in Node. The pool's face is asked for here and nowhere else. */
import type { Gm } from "@certbridge/gm";
import * as gmForNode from "@certbridge/gm/node";
import type { Figure, Part } from "../figure.ts";
import { isSame, type Candidate, type Task } from "./candidate.ts";
import { measure } from "./side-by-side.ts";
import { randomBytes } from "./tasks/bulk.ts";

/** What the bench asks of a pool. */
export interface Pool {
  sm4Ctr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  sm4GcmEncrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  close(): unknown;
}

/** Not there yet: the figures appear once it is. */
interface Coming {
  createGmPool?(options: { readonly workers: number }): Pool | Promise<Pool>;
}

const LEN = 64 * 1024 * 1024;
const LEN_QUICK = 16 * 1024 * 1024;

/** The tasks over two pools that are open; `gm` says what is right. */
export function poolTasks(gm: Gm, pools: { readonly one: Pool; readonly two: Pool }, len: number): readonly Task[] {
  const [key, counter, data] = [randomBytes(16), randomBytes(16), randomBytes(len)];
  const nonce = counter.subarray(0, 12);
  const candidate = (name: string, run: () => Promise<Uint8Array>, expected: Uint8Array): Candidate => ({
    name,
    async prove() {
      if (!isSame(await run(), expected)) throw new Error(`${name} gives a wrong output`);
    },
    async sample() {
      const startedAt = performance.now();
      await run();
      return len / 1e3 / (performance.now() - startedAt);
    },
  });
  const task = (metric: string, run: (pool: Pool) => Promise<Uint8Array>, expected: Uint8Array): Task => ({
    metric,
    unit: "MB/s",
    ours: candidate("ours", () => run(pools.two), expected),
    peers: [candidate("one-worker", () => run(pools.one), expected)],
  });
  return [
    task("crypto.pool-ctr", (pool) => pool.sm4Ctr(key, counter, data), gm.sm4Ctr(key, counter, data)),
    task("crypto.pool-gcm", (pool) => pool.sm4GcmEncrypt(key, nonce, data), gm.sm4GcmEncrypt(key, nonce, data)),
  ];
}

export const pool: Part = {
  metrics: ["crypto.pool-"],
  async measure({ rounds, quick, only }) {
    const { createGmPool } = gmForNode as Coming;
    if (createGmPool === undefined) return [];
    const pools = { one: await createGmPool({ workers: 1 }), two: await createGmPool({ workers: 2 }) };
    try {
      const tasks = poolTasks(await gmForNode.loadGm(), pools, quick ? LEN_QUICK : LEN);
      const figures: Figure[] = [];
      for (const task of tasks.filter(({ metric }) => metric.startsWith(only))) {
        figures.push(...(await measure(task, "node", rounds)));
      }
      return figures;
    } finally {
      await pools.one.close();
      await pools.two.close();
    }
  },
};
