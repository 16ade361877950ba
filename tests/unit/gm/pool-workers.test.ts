/** Workers of a pool that fail, end, or never start. */
import { createGmPool } from "@certbridge/gm/pool";
import { expect, test } from "vitest";
import { countedSource, FakeWorker, module, setUp, settle } from "../../support/fake-workers.ts";

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
