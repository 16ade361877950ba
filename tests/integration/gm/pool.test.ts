/** The pool with real threads and the real module, against Node's OpenSSL and the face that works in one thread. */
import { type Source, createGmPool } from "@certbridge/gm/pool";
import { fromNodeWorker, openGmPool } from "@certbridge/gm/pool/node";
import { loadGm } from "@certbridge/gm/node";
import { Worker } from "node:worker_threads";
import { afterAll, describe, expect, test } from "vitest";
import { makeRun } from "../../support/gcm-run.ts";
import { filler } from "../../support/oracles/filler.ts";
import { builds, moduleBytes } from "../../support/oracles/probe.ts";
import * as node from "../../support/oracles/symmetric.ts";

const gm = await loadGm();
const program = new URL(import.meta.resolve("@certbridge/gm/pool/node-worker"));
const pool = await openGmPool({ workers: 2 });
afterAll(() => pool.close());

const MiB = 1 << 20;
const key = filler(16, 1);
const counter = Buffer.from("00112233445566778899aabbfffffff0", "hex");
const nonce = filler(12, 2);
const aad = filler(100, 3);

/** The bytes in chunks of a length that divides nothing. */
async function* inChunks(data: Uint8Array, len = 77_777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += len) yield data.subarray(at, at + len);
}

const asStream = (data: Uint8Array): ReadableStream<Uint8Array> => new Blob([new Uint8Array(data)]).stream();

/** One that cannot be iterated, as Chromium had them before 124. */
const asOldStream = (data: Uint8Array): ReadableStream<Uint8Array> =>
  Object.defineProperty(asStream(data), Symbol.asyncIterator, { value: undefined });

async function* endless(): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(100_000);
  for (;;) yield chunk;
}

/** All chunks, copied: each is lent until the next. */
async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const chunk of chunks) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

/** Two buffers, without an assertion that would print them. */
const same = (got: Uint8Array | null, want: Uint8Array): boolean => got !== null && Buffer.compare(got, want) === 0;

describe.each(builds)("the %s build", (build) => {
  const pool = createGmPool({
    workers: 2,
    module: new WebAssembly.Module(moduleBytes(build)),
    spawn: () => fromNodeWorker(new Worker(program)),
  });
  afterAll(() => pool.close());

  describe.each([0, 1, MiB - 1, MiB, MiB + 1, 5 * MiB + 7])("%i bytes", (len) => {
    const data = filler(len, 4);

    test.each([
      ["chunks", inChunks] as const,
      ["a stream", asStream] as const,
      ["an old stream", asOldStream] as const,
    ])("SM4-CTR from %s", async (_, open) => {
      const got = await gather(pool.ctr(key, counter, open(data)));
      expect(same(got, node.sm4Encrypt("sm4-ctr", key, counter, data))).toBe(true);
    });

    test("SM4-GCM, with nonces of 12 bytes and others", async () => {
      for (const [start, beside] of [
        [nonce, aad],
        [filler(60, 5), new Uint8Array(0)],
      ] as const) {
        const sealed = await gather(pool.gcmEncrypt(key, start, inChunks(data), { aad: beside }));
        expect(same(sealed, gm.sm4GcmEncrypt(key, start, data, beside))).toBe(true);
        expect(same(await pool.gcmDecrypt(key, start, sealed, { aad: beside }), data)).toBe(true);
        const wrong = Buffer.from(sealed);
        wrong[len >> 1] = (wrong[len >> 1] ?? 0) ^ 1;
        expect(await pool.gcmDecrypt(key, start, wrong, { aad: beside })).toBeNull();
      }
    });

    test("SM3", async () => {
      expect(same(await pool.sm3(inChunks(data)), node.sm3(data))).toBe(true);
    });
  });

  test("jobs at once, read in any order, give each what is its own", async () => {
    const data = filler(12 * MiB + 5, 6);
    const first = pool.ctr(key, counter, inChunks(data));
    const second = pool.gcmEncrypt(key, nonce, inChunks(data), { aad });
    // Both have begun, and only the second is read to its end before the first goes on.
    const head = Buffer.from((await first.next()).value ?? []);
    const sealed = await gather(second);
    const [rest, digest] = await Promise.all([gather(first), pool.sm3(inChunks(data))]);
    expect(same(Buffer.concat([head, rest]), node.sm4Encrypt("sm4-ctr", key, counter, data))).toBe(true);
    expect(same(sealed, gm.sm4GcmEncrypt(key, nonce, data, aad))).toBe(true);
    expect(same(digest, node.sm3(data))).toBe(true);
  });
});

test("what is no ciphertext, and shapes that are wrong", async () => {
  expect(await pool.gcmDecrypt(key, nonce, new Uint8Array(15))).toBeNull();
  expect(() => pool.ctr(key.subarray(1), counter, endless())).toThrow('"key" expected 16 bytes, got 15');
  expect(() => pool.gcmEncrypt(key, new Uint8Array(0), endless())).toThrow('"nonce" expected at least 1 byte, got 0');
  const words = (async function* () {
    yield "abc" as never;
  })();
  await expect(pool.sm3(words)).rejects.toThrow('"chunk" expected Uint8Array, got string');
});

test("cancelled midway: the reason comes back, and the pool goes on", async () => {
  const controller = new AbortController();
  const reason = new Error("the person thought better of it");
  const chunks = pool.ctr(key, counter, endless(), { signal: controller.signal });
  await chunks.next();
  await chunks.next();
  controller.abort(reason);
  await expect(chunks.next()).rejects.toBe(reason);
  expect((await chunks.next()).done).toBe(true);
  await expect(pool.sm3(endless(), { signal: AbortSignal.timeout(50) })).rejects.toThrow("timeout");
  await expect(gather(pool.gcmEncrypt(key, nonce, endless(), { signal: AbortSignal.abort(reason) }))).rejects.toBe(
    reason,
  );
  expect(same(await pool.sm3(inChunks(aad)), node.sm3(aad))).toBe(true);
});

test("cancelled while the source gives nothing", async () => {
  const silent: Source = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
  await expect(pool.sm3(silent, { signal: AbortSignal.timeout(20) })).rejects.toThrow("timeout");
});

test("left midway: the source is told", async () => {
  let told = false;
  const source = (async function* () {
    try {
      yield* endless();
    } finally {
      told = true;
    }
  })();
  for await (const chunk of pool.ctr(key, counter, source)) {
    expect(chunk.length).toBe(MiB);
    break;
  }
  expect(told).toBe(true);
});

test("a source that fails fails the job with its own error", async () => {
  const source = (async function* () {
    yield filler(3 * MiB, 7);
    throw new Error("the disk is gone");
  })();
  await expect(gather(pool.ctr(key, counter, source))).rejects.toThrow("the disk is gone");
});

test("an old stream is cancelled where its job is left", async () => {
  const cancelled = Promise.withResolvers<void>();
  const source = new ReadableStream<Uint8Array>({
    pull: (control) => control.enqueue(new Uint8Array(100_000)),
    cancel: () => cancelled.resolve(),
  });
  Object.defineProperty(source, Symbol.asyncIterator, { value: undefined });
  for await (const chunk of pool.ctr(key, counter, source)) {
    expect(chunk.length).toBe(MiB);
    break;
  }
  await cancelled.promise;
});

test("a reader that gives a lent chunk's memory away takes one buffer with it, and no job suffers", async () => {
  const data = filler(12 * MiB, 3);
  for (let round = 0; round < 3; round++) {
    let first = true;
    for await (const chunk of pool.ctr(key, counter, inChunks(data))) {
      if (first) structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
      first = false;
    }
    expect(same(await gather(pool.ctr(key, counter, inChunks(data))), gm.sm4Ctr(key, counter, data))).toBe(true);
  }
  expect(same(await pool.sm3(inChunks(data)), node.sm3(data))).toBe(true);
});

test("a thread that is killed at its work fails the job, is replaced, and the next job works", async () => {
  let [threads, asked] = [0, 0];
  const own = createGmPool({
    workers: 2,
    module: new WebAssembly.Module(moduleBytes("simd")),
    spawn: () => {
      const thread = new Worker(program);
      threads++;
      const worker = fromNodeWorker(thread);
      return {
        ...worker,
        post(message, transfer) {
          worker.post(message, transfer);
          if (message.kind === "ask" && ++asked === 6) void thread.terminate();
        },
      };
    },
  });
  try {
    const chunks = own.ctr(key, counter, endless());
    await expect(gather(chunks)).rejects.toThrow("a worker of the pool ended in the middle of its work");
    const data = filler(9 * MiB, 8);
    expect(same(await gather(own.ctr(key, counter, inChunks(data))), gm.sm4Ctr(key, counter, data))).toBe(true);
    expect(threads).toBe(3);
    asked = 5;
    await expect(own.sm3(inChunks(data))).rejects.toThrow("a worker of the pool ended in the middle of its work");
    expect(same(await own.sm3(inChunks(data)), node.sm3(data))).toBe(true);
  } finally {
    await own.close();
  }
});

test("a program that is no worker of a pool: every job fails, and so does `ready`", async () => {
  const own = await openGmPool({ workers: 2, program: new URL("data:text/javascript,throw new Error('not me')") });
  await expect(own.ready).rejects.toThrow("no worker of the pool could be started");
  await expect(own.sm3(inChunks(aad))).rejects.toThrow("no worker of the pool could be started");
  await own.close();
});

test("closed: what was under way and what comes after fails", async () => {
  const own = await openGmPool({ workers: 1 });
  const chunks = own.ctr(key, counter, endless());
  await chunks.next();
  await own.close();
  await expect(gather(chunks)).rejects.toThrow("the pool is closed");
  await expect(own.sm3(inChunks(aad))).rejects.toThrow("the pool is closed");
});

describe("a run of messages", () => {
  const { key, plain, nonces, parts, sealed, sealedSm3, partsSm3 } = makeRun(gm, { count: 3, len: 100_000 });
  const run = { nonces, hashSealed: true, parts };

  test("is opened in its own memory, which goes to the worker, and hashed", async () => {
    const memory = sealed();
    const opened = await pool.gcmDecryptRun(key, { ...run, sealed: memory });
    expect(memory.length).toBe(0);
    expect(same(opened?.plain ?? null, plain)).toBe(true);
    expect(opened?.sealedSm3).toEqual(sealedSm3);
    expect(opened?.partsSm3).toEqual(partsSm3);
  });

  test("that is a part of a larger memory is copied", async () => {
    const larger = new Uint8Array(Buffer.concat([sealed(), filler(1, 5)]));
    const opened = await pool.gcmDecryptRun(key, { ...run, sealed: larger.subarray(0, -1) });
    expect(same(opened?.plain ?? null, plain)).toBe(true);
    expect(same(larger.subarray(0, -1), sealed())).toBe(true);
  });

  test("is null where one of them is another; several go on at once", async () => {
    const wrong = sealed();
    wrong[0] = (wrong[0] ?? 0) ^ 1;
    const opened = await Promise.all(
      [sealed(), wrong, sealed(), sealed()].map((memory) => pool.gcmDecryptRun(key, { ...run, sealed: memory })),
    );
    expect(opened.map((each) => same(each?.plain ?? null, plain))).toEqual([true, false, true, true]);
    expect(opened[1]).toBeNull();
  });

  test("of a wrong shape is refused before anything is sent", async () => {
    const memory = sealed();
    await expect(pool.gcmDecryptRun(key.subarray(1), { ...run, sealed: memory })).rejects.toThrow(RangeError);
    expect(memory.length).toBeGreaterThan(0);
  });
});
