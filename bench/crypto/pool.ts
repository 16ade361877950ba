/** Two workers beside one: a message of 64 MiB, from bytes to bytes, in Node. */
import type { Gm } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import type { GmPool } from "@certbridge/gm/pool";
import { openGmPool } from "@certbridge/gm/pool/node";
import type { Figure, Part } from "../figure.ts";
import { isSame, type Candidate, type Task } from "./candidate.ts";
import { measure } from "./side-by-side.ts";
import { randomBytes } from "./tasks/bulk.ts";

const CHUNK_LEN = 1024 * 1024;

const LEN = 64 * CHUNK_LEN;
const LEN_QUICK = 16 * CHUNK_LEN;

/** The message as it would come from a file. */
async function* chunksOf(data: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += CHUNK_LEN) yield data.subarray(at, at + CHUNK_LEN);
}

/** What a job of a pool makes of the message, in chunks. */
type Job = (pool: GmPool, source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

interface Pools {
  readonly one: GmPool;
  readonly two: GmPool;
}

/** The jobs over two pools that are open; `gm` says what is right. */
function poolTasks(gm: Gm, { one, two }: Pools, len: number): readonly Task[] {
  const [key, counter, data] = [randomBytes(16), randomBytes(16), randomBytes(len)];
  const nonce = counter.subarray(0, 12);

  function task(metric: string, job: Job, expected: Uint8Array): Task {
    /** `take`: what becomes of a chunk. Timed, nothing: whoever writes it to a file does so elsewhere. */
    async function run(pool: GmPool, take: (chunk: Uint8Array, at: number) => void): Promise<void> {
      let at = 0;
      for await (const chunk of job(pool, chunksOf(data))) {
        take(chunk, at);
        at += chunk.length;
      }
      if (at !== expected.length) throw new Error(`${metric}: ${at} bytes came out`);
    }
    const candidate = (name: string, pool: GmPool): Candidate => ({
      name,
      async prove() {
        const out = new Uint8Array(expected.length);
        await run(pool, (chunk, at) => out.set(chunk, at));
        if (!isSame(out, expected)) throw new Error(`${name} gives a wrong output`);
      },
      async sample() {
        const startedAt = performance.now();
        await run(pool, () => undefined);
        return len / 1e3 / (performance.now() - startedAt);
      },
    });
    return { metric, unit: "MB/s", ours: candidate("ours", two), peers: [candidate("one-worker", one)] };
  }

  return [
    task("crypto.pool-ctr", (pool, source) => pool.ctr(key, counter, source), gm.sm4Ctr(key, counter, data)),
    task("crypto.pool-gcm", (pool, source) => pool.gcmEncrypt(key, nonce, source), gm.sm4GcmEncrypt(key, nonce, data)),
  ];
}

export const pool: Part = {
  metrics: ["crypto.pool-"],
  async measure({ rounds, quick, only }) {
    const pools = { one: await openGmPool({ workers: 1 }), two: await openGmPool({ workers: 2 }) };
    try {
      const tasks = poolTasks(await loadGm(), pools, quick ? LEN_QUICK : LEN);
      const figures: Figure[] = [];
      for (const task of tasks.filter(({ metric }) => metric.startsWith(only))) {
        figures.push(...(await measure(task, "node", rounds)));
      }
      return figures;
    } finally {
      await Promise.all([pools.one.close(), pools.two.close()]);
    }
  },
};
