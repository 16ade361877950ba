import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { OperationError } from "@certbridge/protocol/errors";
import { afterAll, afterEach, expect, test } from "vitest";
import { withLock } from "../../../apps/host/src/lock.ts";
import { temporaryFolder } from "../../support/host.ts";

/** The lock of the home's folders, among real programs: one inside at a time, and whoever dies inside is out. */
const parent = temporaryFolder();
afterAll(parent.remove);

const taker = resolve(import.meta.dirname, "../../support/lock-taker.ts");
const started: ChildProcess[] = [];
let folders = 0;

function openFolder(): string {
  const folder = join(parent.path, `keys-${++folders}`);
  mkdirSync(folder);
  return folder;
}

/** A program that is at the lock: inside, where it is to keep it. */
async function start(...args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--no-warnings", taker, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  await once(child.stdout, "data");
  return child;
}

async function statusOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

afterEach(async () => {
  for (const child of started) child.kill("SIGKILL");
  await Promise.all(started.map(statusOf));
});

test("of several programs one is inside at a time, also when one dies inside while they wait", async () => {
  const folder = openFolder();
  await writeFile(join(folder, "count"), "0");
  const dying = await start("keep", folder);
  const programs = await Promise.all(Array.from({ length: 4 }, () => start("count", folder, "10")));
  dying.kill("SIGKILL");
  expect(await Promise.all(programs.map(statusOf))).toEqual([0, 0, 0, 0]);
  expect(await readFile(join(folder, "count"), "utf8")).toBe("40");
  expect((await stat(`${folder}.lock`)).size).toBe(0);
});

test("who waited in vain is told so by a code that asks to try again, and did nothing", async () => {
  const folder = openFolder();
  const keeper = await start("keep", folder);
  let entered = false;
  const enter = async () => {
    entered = true;
  };
  const failed: unknown = await withLock(folder, enter, 50).catch((error: unknown) => error);
  expect(OperationError.is(failed, "STORE_BUSY") && failed.retriable).toBe(true);
  expect(entered).toBe(false);
  keeper.kill("SIGKILL");
  await statusOf(keeper);
  await withLock(folder, enter, 50);
  expect(entered).toBe(true);
});

test("work that fails leaves the lock", async () => {
  const folder = openFolder();
  const failing = withLock(folder, () => Promise.reject(new RangeError("inside")));
  await expect(failing).rejects.toThrow("inside");
  expect(await withLock(folder, () => Promise.resolve("in"), 0)).toBe("in");
});
