/** How the pool hands out work, with workers that answer when the test says so. */
import { expect, test } from "vitest";
import { SEGMENT_LEN } from "../../../packages/gm/src/core/segments.ts";
import { countedSource, setUp, settle } from "../../support/fake-workers.ts";

const [key, counter] = [new Uint8Array(16).fill(7), new Uint8Array(16).fill(8)];

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
