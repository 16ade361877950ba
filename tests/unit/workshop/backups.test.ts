import { afterEach, beforeEach, expect, test, vi } from "vitest";
import "../background/stage.ts";

const { createBackups } = await import("../../../extension/workshop/package/backups.ts");
type Held = import("../../../extension/workshop/package/backups.ts").Held;

/** How long a package's worker keeps the file key for a backup key file, and who ends that. */

/** Who waits until the window of a request is gone. */
const waiting = new Map<string, () => void>();

beforeEach(() => {
  vi.useFakeTimers();
  waiting.clear();
  const request = (name: string, gone: () => void) => {
    waiting.set(name, gone);
    return Promise.resolve();
  };
  vi.stubGlobal("navigator", { locks: { request } });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A package's worker, and what it was told. */
function openWorker() {
  const told: string[] = [];
  const held = {
    call(verb: string) {
      told.push(verb);
      return Promise.resolve({ file: Uint8Array.of(1, 2, 3), passphrase: "0123-4567-89AB-CDEF-GHJK" });
    },
    close: () => void told.push("close"),
  };
  return { held: held as unknown as Held, told };
}

const gone = { code: "CONSENT_EXPIRED" };

test("a backup key file can be had while the window is there, and again; then the key is overwritten and the worker ends", async () => {
  const backups = createBackups();
  const { held, told } = openWorker();
  backups.hold("a", held);
  const made = { file: "AQID", passphrase: "0123-4567-89AB-CDEF-GHJK" };
  expect(await backups.make("a")).toEqual(made);
  expect(await backups.make("a")).toEqual(made);
  waiting.get("approval:a")?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(told).toEqual(["backup", "backup", "wipe", "close"]);
  await expect(backups.make("a")).rejects.toMatchObject(gone);
  // The clock that would have ended it ends nothing more.
  await vi.advanceTimersByTimeAsync(20 * 60_000);
  expect(told).toHaveLength(4);
});

test("an open window keeps no key for longer than ten minutes", async () => {
  const backups = createBackups();
  const { held, told } = openWorker();
  backups.hold("a", held);
  await vi.advanceTimersByTimeAsync(10 * 60_000 - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["wipe", "close"]);
  await expect(backups.make("a")).rejects.toMatchObject(gone);
});

test("nothing is there for a request that made no package, nor for another's", async () => {
  const backups = createBackups();
  await expect(backups.make("a")).rejects.toMatchObject(gone);
  backups.hold("a", openWorker().held);
  await expect(backups.make("b")).rejects.toMatchObject(gone);
});

test("a worker that is told to overwrite and died before is ended all the same", async () => {
  const backups = createBackups();
  const close = vi.fn<() => void>();
  const call = () => Promise.reject(new Error("it died"));
  backups.hold("a", { call, close });
  waiting.get("approval:a")?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(close).toHaveBeenCalledOnce();
});
