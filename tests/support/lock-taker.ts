/**
 * A program that shares a folder's lock with others. `count FOLDER ROUNDS` adds one to FOLDER/count each time it is inside, and
 * fails where somebody else is; `keep FOLDER` stays inside. Each says when it has begun.
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../apps/host/src/lock.ts";

const [, , what, folder = "", rounds = "1"] = process.argv;
const [count, inside] = [join(folder, "count"), join(folder, "inside")];

async function addOne(): Promise<void> {
  await writeFile(inside, "", { flag: "wx" });
  const before = Number(await readFile(count, "utf8"));
  await sleep(1);
  await writeFile(count, String(before + 1));
  await rm(inside);
}

if (what === "keep") {
  await withLock(folder, async () => {
    process.stdout.write("inside\n");
    await sleep(600_000);
  });
} else {
  process.stdout.write("waiting\n");
  // Calls within one program keep each other out like programs do.
  await Promise.all(Array.from({ length: Number(rounds) }, () => withLock(folder, addOne)));
}
