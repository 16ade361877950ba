/** How the pool hands out work, with workers that answer when the test says so. */
import { createGmPool } from "@certbridge/gm/pool";
import { expect, test } from "vitest";
import { createBuffers } from "../../../packages/gm/src/pool/buffers.ts";
import { SEGMENT_LEN } from "../../../packages/gm/src/core/segments.ts";
import { type FromWorker, type PoolWorker, type ToWorker } from "../../../packages/gm/src/pool/messages.ts";
import { counterAfter } from "../../../packages/gm/src/core/segments.ts";

type Ask = Extract<ToWorker, { kind: "ask" }>;

const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const [key, counter] = [new Uint8Array(16).fill(7), new Uint8Array(16).fill(8)];

/** Lets everything run that waits for nothing but promises. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Marks each segment it is asked for with the segment's number, and answers when it is told to. */
class FakeWorker implements PoolWorker {
  readonly posted: ToWorker[] = [];
  readonly asked: Ask[] = [];
  most = 0;
  terminated = 0;
  hear: (message: FromWorker) => void = () => undefined;
  mourn: (reason: unknown) => void = () => undefined;

  post(message: ToWorker, transfer: ArrayBuffer[]): void {
    // As a real one: what is transferred is gone on this side, and the rest is a copy, but for what a test looks into.
    this.posted.push(message);
    if (message.kind !== "ask") return;
    const { request } = message;
    const [buffer] = transfer;
    this.asked.push(
      request.kind === "segment" && buffer !== undefined
        ? { ...message, request: { ...request, buffer: structuredClone(buffer, { transfer: [buffer] }) } }
        : message,
    );
    this.most = Math.max(this.most, this.asked.length);
  }
  listen(hear: (message: FromWorker) => void, mourn: (reason: unknown) => void): void {
    [this.hear, this.mourn] = [hear, mourn];
  }
  terminate(): void {
    this.terminated++;
  }

  ready(): void {
    this.hear({ kind: "ready" });
  }
  /** Answers the oldest request. */
  answer(): boolean {
    const ask = this.asked.shift();
    if (ask === undefined) return false;
    const { task, request } = ask;
    const buffer = request.kind === "segment" ? request.buffer : null;
    if (request.kind === "segment") new Uint8Array(request.buffer)[0] = request.index;
    this.hear({ kind: "answer", task, answer: { buffer, bytes: new Uint8Array(16) } });
    return true;
  }
  kinds(): string[] {
    return this.posted.map(({ kind }) => kind);
  }
}

function setUp(workers: number) {
  const fakes: FakeWorker[] = [];
  const spawn = (): FakeWorker => {
    const fake = new FakeWorker();
    fakes.push(fake);
    return fake;
  };
  return { pool: createGmPool({ workers, module, spawn }), fakes };
}

/** Whole segments; counts how many were asked for, and whether it was left. */
function countedSource(segments: number) {
  const seen = { read: 0, left: false };
  async function* open() {
    const chunk = new Uint8Array(SEGMENT_LEN);
    try {
      for (; seen.read < segments;) {
        seen.read++;
        yield chunk;
      }
    } finally {
      seen.left = true;
    }
  }
  return { seen, source: open() };
}

test("in order, whoever answers first; no worker has more than two requests", async () => {
  const { pool, fakes } = setUp(2);
  fakes.forEach((fake) => fake.ready());
  const got: number[] = [];
  const reading = (async () => {
    for await (const chunk of pool.ctr(key, counter, countedSource(20).source)) got.push(chunk[0] ?? -1);
  })();
  for (let turn = 0; got.length < 20 && turn < 200; turn++) {
    await settle();
    // the second worker is three times as fast
    if (turn % 3 === 0) fakes[0]?.answer();
    fakes[1]?.answer();
  }
  await reading;
  expect(got).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(fakes.map(({ most }) => most)).toEqual([2, 2]);
});

test("a source is read no further than the buffers reach, while nothing comes back or nobody reads", async () => {
  const { pool, fakes } = setUp(2);
  const { seen, source } = countedSource(100);
  const chunks = pool.ctr(key, counter, source);
  await settle();
  expect(seen.read).toBe(0);
  const first = chunks.next();
  await settle();
  expect(seen.read).toBe(8);
  fakes.forEach((fake) => fake.ready());
  for (let turn = 0; turn < 30; turn++) {
    await settle();
    for (const fake of fakes) fake.answer();
  }
  await first;
  expect(seen.read).toBe(8);
  await chunks.next();
  expect(seen.read).toBeLessThanOrEqual(10);
  await chunks.return();
  expect(seen.left).toBe(true);
});

test("a job that finds all buffers taken goes on with one of its own", async () => {
  const { pool, fakes } = setUp(1);
  fakes[0]?.ready();
  const [first, second] = [0, 1].map(() => pool.ctr(key, counter, countedSource(9).source));
  const head = first?.next();
  await settle();
  const got: number[] = [];
  const reading = (async () => {
    for await (const chunk of second ?? []) got.push(chunk[0] ?? -1);
  })();
  for (let turn = 0; got.length < 9 && turn < 200; turn++) {
    await settle();
    fakes[0]?.answer();
  }
  await reading;
  expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect((await head)?.done).toBe(false);
  await first?.return();
});

test("at the end every worker that had a job forgets it, and the key is wiped; the caller's own is not", async () => {
  const { pool, fakes } = setUp(3);
  fakes.forEach((fake) => fake.ready());
  const reading = (async () => {
    for await (const chunk of pool.ctr(key, counter, countedSource(2).source)) expect(chunk.length).toBe(SEGMENT_LEN);
  })();
  for (let turn = 0; turn < 10; turn++) {
    await settle();
    for (const fake of fakes) fake.answer();
  }
  await reading;
  expect(fakes.map((fake) => fake.kinds())).toEqual([
    ["start", "begin", "ask", "end"],
    ["start", "begin", "ask", "end"],
    ["start"],
  ]);
  const begun = fakes[0]?.posted.find((message) => message.kind === "begin");
  expect(begun?.kind === "begin" && begun.work.mode === "ctr" && [...begun.work.key, ...begun.work.counter]).toEqual(
    Array.from({ length: 32 }, () => 0),
  );
  expect(key[0]).toBe(7);
});

test("cancelled: what no worker was asked for is dropped, and the rest is waited for", async () => {
  const { pool, fakes } = setUp(1);
  fakes[0]?.ready();
  const controller = new AbortController();
  const { seen, source } = countedSource(100);
  const next = pool.ctr(key, counter, source, { signal: controller.signal }).next();
  let settled = false;
  next.catch(() => (settled = true));
  await settle();
  expect(fakes[0]?.asked.length).toBe(2);
  controller.abort(new Error("enough"));
  await settle();
  expect([settled, seen.left]).toEqual([false, true]);
  fakes[0]?.answer();
  fakes[0]?.answer();
  await expect(next).rejects.toThrow("enough");
  expect(fakes[0]?.kinds()).toEqual(["start", "begin", "ask", "ask", "end"]);
});

test("SM3: all of a message goes to one worker, another message to another", async () => {
  const { pool, fakes } = setUp(2);
  fakes.forEach((fake) => fake.ready());
  const digests = [0, 1].map(() => pool.sm3(countedSource(6).source));
  for (let turn = 0; turn < 30; turn++) {
    await settle();
    for (const fake of fakes) fake.answer();
  }
  await Promise.all(digests);
  for (const fake of fakes) {
    const jobs = fake.posted.flatMap((message) => (message.kind === "ask" ? [message.job] : []));
    expect([jobs.length, new Set(jobs).size]).toEqual([7, 1]);
  }
});

test("a worker that ends fails what is there and nothing else; one is made in its place", async () => {
  const { pool, fakes } = setUp(2);
  fakes.forEach((fake) => fake.ready());
  const digests = [0, 1].map(() => pool.sm3(countedSource(3).source));
  for (const digest of digests) digest.catch(() => undefined);
  await settle();
  fakes[0]?.mourn(new Error("out of memory"));
  expect([fakes.length, fakes[0]?.terminated]).toEqual([3, 1]);
  await expect(digests[0]).rejects.toMatchObject({
    message: "a worker of the pool ended in the middle of its work",
    cause: { message: "out of memory" },
  });
  for (let turn = 0; turn < 10; turn++) {
    await settle();
    fakes[1]?.answer();
  }
  expect((await digests[1])?.length).toBe(16);
});

test("a worker that never got ready is not replaced; without any, jobs fail with the reason", async () => {
  const { pool, fakes } = setUp(2);
  const waiting = pool.sm3(countedSource(1).source);
  waiting.catch(() => undefined);
  await settle();
  fakes[0]?.mourn("no such file");
  fakes[1]?.mourn("no such file");
  expect(fakes.length).toBe(2);
  for (const promise of [pool.ready, waiting, pool.sm3(countedSource(1).source)]) {
    await expect(promise).rejects.toMatchObject({
      message: "no worker of the pool could be started",
      cause: "no such file",
    });
  }
});

test("a worker that cannot be replaced leaves the others at work; the last one leaves the reason", async () => {
  const fakes: FakeWorker[] = [];
  const spawn = (): FakeWorker => {
    if (fakes.length === 2) throw new Error("no more threads");
    fakes.push(new FakeWorker());
    return fakes.at(-1) ?? new FakeWorker();
  };
  const pool = createGmPool({ workers: 2, module, spawn });
  fakes.forEach((fake) => fake.ready());
  fakes[0]?.mourn("gone");
  const next = pool.sm3(countedSource(0).source);
  await settle();
  fakes[1]?.answer();
  expect((await next).length).toBe(16);
  fakes[1]?.mourn("gone");
  await expect(pool.sm3(countedSource(0).source)).rejects.toMatchObject({ cause: { message: "no more threads" } });
});

test("an exception in a worker fails the job; the worker goes on", async () => {
  const { pool, fakes } = setUp(1);
  const [fake] = fakes;
  fake?.ready();
  const failing = pool.sm3(countedSource(1).source);
  failing.catch(() => undefined);
  await settle();
  const ask = fake?.asked.shift();
  const buffer = ask?.request.kind === "segment" ? ask.request.buffer : null;
  fake?.hear({ kind: "failure", task: ask?.task ?? 0, buffer, message: "unreachable" });
  await expect(failing).rejects.toThrow("a worker of the pool failed: unreachable");
  const next = pool.sm3(countedSource(0).source);
  await settle();
  fake?.answer();
  expect((await next).length).toBe(16);
});

test("buffers: no more than the limit, kept for the next, wiped where nobody holds them", () => {
  const buffers = createBuffers(2);
  const [a, b, c, d] = [buffers.take(true), buffers.take(false), buffers.take(false), buffers.take(true)];
  expect([a !== null, b !== null, c, d !== null, buffers.live()]).toEqual([true, true, null, true, 3]);
  for (const loan of [a, b, d]) {
    if (loan === null) continue;
    new Uint8Array(loan.buffer).fill(1, 0, 100);
    loan.used = 100;
    buffers.give(loan);
  }
  expect(buffers.live()).toBe(2);
  const holds = [a, b, d].map((loan) => new Uint8Array(loan?.buffer ?? new ArrayBuffer(1))[99]);
  expect(holds).toEqual([0, 1, 1]);
  buffers.clean();
  expect(
    [a, b, d].map((loan) => new Uint8Array(loan?.buffer ?? new ArrayBuffer(1)).some((byte) => byte !== 0)),
  ).toEqual([false, false, false]);
});

test("counters of a segment: 128 bits carry, and the last 32 of GCM do not", () => {
  const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  for (const start of [0n, 0xffffffffn, 0xffff0000n, (1n << 64n) - 5n, (1n << 128n) - 1n, 0x123456789abcdef0n << 60n]) {
    const bytes = Buffer.from(start.toString(16).padStart(32, "0"), "hex");
    for (const blocks of [0, 1, 65_536, 2 ** 32, 2 ** 40 + 65_536]) {
      expect(toNumber(counterAfter(bytes, blocks, true))).toBe((start + BigInt(blocks)) % (1n << 128n));
      const low = (start + BigInt(blocks)) % (1n << 32n);
      expect(toNumber(counterAfter(bytes, blocks, false))).toBe(((start >> 32n) << 32n) | low);
    }
  }
});
