import { afterAll, beforeAll, expect, test, vi } from "vitest";
import "../background/stage.ts";

const { createWorkshop } = await import("../../../extension/workshop/workshop.ts");

/** A worker with a content that never comes to its end, until it is told to read another one. */
const workers: EndlessWorker[] = [];
class EndlessWorker extends EventTarget {
  terminated = false;
  readonly jobs: object[] = [];
  constructor() {
    super();
    workers.push(this);
  }
  postMessage(job: object): void {
    this.jobs.push(job);
  }
  terminate(): void {
    this.terminated = true;
  }
}

beforeAll(() => vi.stubGlobal("Worker", EndlessWorker));
afterAll(() => vi.unstubAllGlobals());

const id = "AAAAAAAAAAAAAAAAAAAAAA";
const message = (verb: string, params: object) => ({ v: 1, kind: "workshop", place: "own", verb, params });

test("a reading that is let go of ends, however much is left, and nothing more of it is read", async () => {
  const workshop = createWorkshop({ place: "own", report: () => undefined });
  const items = ["a", "b"].map((name) => ({ name, content: new Blob([name]) }));
  const reading = workshop.work(message("read", { id, items, attach: false }));
  await expect.poll(() => workers.length).toBe(1);
  expect(await workshop.work(message("release", { id }))).toMatchObject({ ok: true });
  expect(await reading).toMatchObject({ ok: false, error: { code: "CANCELLED" } });
  expect(workers.map(({ terminated, jobs }) => [terminated, jobs.length])).toEqual([[true, 1]]);

  // What is asked anew is read anew.
  void workshop.work(message("read", { id, items, attach: false }));
  await expect.poll(() => workers.length).toBe(2);
});

test("files that nobody takes are said to be there for as long as they could be taken, and no longer", async () => {
  vi.useFakeTimers();
  const posted: object[] = [];
  let isClosed = false;
  class Channel extends EventTarget {
    postMessage(said: object): void {
      posted.push(said);
    }
    close(): void {
      isClosed = true;
    }
  }
  vi.stubGlobal("BroadcastChannel", Channel);
  try {
    const contentsOf = () => [new Blob(["a"])];
    const workshop = createWorkshop({ place: "frame", report: () => undefined, contentsOf });
    await workshop.work({ ...message("handOver", { id }), place: "frame" });
    await vi.advanceTimersByTimeAsync(29_000);
    expect(isClosed).toBe(false);
    await vi.advanceTimersByTimeAsync(1000);
    const count = posted.length;
    expect(isClosed).toBe(true);
    expect(count).toBeGreaterThan(50);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(posted).toHaveLength(count);
  } finally {
    vi.useRealTimers();
  }
});
