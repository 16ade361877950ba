/** Keys that come and go, by the library's own event, and where it has none. */
import { expect, it } from "vitest";
import { DEVICE, enrol, makeKey, storeOf } from "./world.ts";

it.each([
  ["waits for an event", {}],
  ["has a wait that does not wait", { wait: "immediate" }],
  ["says that it cannot wait", { wait: "missing" }],
])(
  "a library that %s tells of a key that is pulled and one that is plugged in, within about a second",
  async (_, conf) => {
    const token = makeKey({ conf });
    const { library } = await enrol(token.library);
    const store = storeOf([library]);
    await store.changed(null, 0);
    // Until the library has told for the first time.
    let mark = await store.changed(await store.changed(null, 0), 1000);
    for (const change of ["remove", "insert"] as const) {
      // After its time the mark is the old one.
      const changed = store.changed(mark, 1500);
      token[change](DEVICE);
      const now = await changed;
      expect(now).not.toBe(mark);
      expect(await store.list()).toHaveLength(change === "insert" ? 1 : 0);
      mark = now;
    }
  },
);

it("whoever waits for a change is let go when the program ends", async () => {
  const token = makeKey();
  const { library } = await enrol(token.library);
  const store = storeOf([library]);
  const mark = await store.changed(await store.changed(null, 0), 1000);
  const waiting = store.changed(mark, 60_000);
  store.wake();
  expect(await waiting).toBe(mark);
});
