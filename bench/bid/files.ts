/** Files to encrypt, and what `openssl enc` makes of them. */
import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BLOCK_LEN = 64 * 1024 * 1024;

export const MIB = 1024 * 1024;

/** A folder on the disk that is gone afterwards. */
export async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bench-bid-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A file of so many MiB that no filesystem shortens. */
export async function makeFile(path: string, mib: number): Promise<string> {
  const block = randomFillSync(new Uint8Array(Math.min(BLOCK_LEN, mib * MIB)));
  const file = await open(path, "w");
  try {
    for (let done = 0; done < mib * MIB; done += block.length) await file.write(block);
    await file.sync();
  } finally {
    await file.close();
  }
  return path;
}

/** Milliseconds that `openssl enc -sm4-ctr` takes from file to file; null where there is no openssl. */
export async function timeOpenssl(from: string, to: string): Promise<number | null> {
  const words = ["enc", "-sm4-ctr", "-K", "00".repeat(16), "-iv", "00".repeat(16), "-in", from, "-out", to];
  const began = performance.now();
  const code = await new Promise<number | null>((resolve) => {
    spawn("openssl", words, { stdio: "ignore" })
      .on("error", () => resolve(null))
      .on("exit", resolve);
  });
  const ms = performance.now() - began;
  await rm(to, { force: true });
  return code === 0 ? ms : null;
}
