import { afterEach, expect, test, vi } from "vitest";
import { openHands } from "../../../extension/workshop/package/hands.ts";

/** Workers that answer a moment later, and count what they do at once. */
function stubWorkers() {
  const seen = { now: 0, most: 0 };
  class LaterWorker {
    #listener: (event: { data: unknown }) => void = () => undefined;
    addEventListener(type: string, listener: (event: { data: unknown }) => void): void {
      if (type === "message") this.#listener = listener;
    }
    postMessage({ call, verb, params }: { call: number; verb: string; params: { index?: number } }): void {
      if (verb !== "prepare") seen.most = Math.max(seen.most, ++seen.now);
      setTimeout(() => {
        if (verb !== "prepare") seen.now--;
        this.#listener({ data: { call, result: params.index } });
      }, 2);
    }
    terminate(): void {}
  }
  vi.stubGlobal("Worker", LaterWorker);
  return seen;
}

afterEach(() => vi.unstubAllGlobals());

test("many tasks that are begun at once are all done, and no more of them at a time than the hands keep up with", async () => {
  const seen = stubWorkers();
  vi.stubGlobal("navigator", { hardwareConcurrency: 2 });
  const hands = openHands({ key: new Uint8Array(16), prefix: new Uint8Array(7) });
  const done = await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      // Some at once, some later.
      await new Promise((resolve) => setTimeout(resolve, index % 7));
      const task = { index, isLast: false, sealed: new Uint8Array(1), hashSealed: false, parts: [] };
      return (await hands.begin("open", task, [])).result;
    }),
  );
  expect(done).toEqual(Array.from({ length: 40 }, (_, index) => index));
  expect(seen.most).toBe(4);
});
