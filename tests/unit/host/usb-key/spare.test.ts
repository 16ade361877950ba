import { readdirSync, readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";
import { openKey } from "./world.ts";

/** The processes that this one started and that are there. */
function children(): readonly number[] {
  const threads = readdirSync("/proc/self/task");
  return threads.flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

const SOON = { timeout: 10_000, interval: 20 };
const message = new TextEncoder().encode("投标文件");
const DEFAULT_ID = "1234567812345678";

test("while a key is open, the process that would follow a crash is there; with the key it goes", async () => {
  const before = children();
  const { open, store } = await openKey();
  const fresh = () => children().filter((pid) => !before.includes(pid));
  const [worker, ...others] = fresh();
  expect(worker).toBeDefined();
  expect(others).toEqual([]);
  const key = await open();
  expect(fresh()).toHaveLength(2);
  await key.sign(message, DEFAULT_ID);
  await vi.waitFor(() => expect(fresh()).toEqual([worker]), SOON);
  await store.close();
  await vi.waitFor(() => expect(fresh()).toEqual([]), SOON);
});

test("after a crash it has the library, and the key is logged out before anything else", async () => {
  const before = children();
  const { open, store, token } = await openKey({ conf: { fault: "ECCSignData:1:crash" } });
  const fresh = () => children().filter((pid) => !before.includes(pid));
  const key = await open();
  const [worker, spare] = fresh();
  token.forgetCalls();
  await expect(key.sign(message, DEFAULT_ID)).rejects.toMatchObject({
    code: "DRIVER_FAILED",
    details: { fault: "ended" },
  });
  expect(await store.list()).toHaveLength(1);
  expect(worker).not.toBe(spare);
  expect(fresh()).toEqual([spare]);
  const names = token.calls().map(({ name }) => name.replace("SKF_", ""));
  expect(names.indexOf("ClearSecureState")).toBeGreaterThan(names.indexOf("ECCSignData"));
  expect(names.indexOf("ClearSecureState")).toBeLessThan(names.indexOf("EnumDev"));
  await store.close();
  await vi.waitFor(() => expect(fresh()).toEqual([]), SOON);
});
