/** Bytes to a file, all of them: one write may take fewer, as the last one before a disk is full. */
import type { FileHandle } from "node:fs/promises";

/** @throws what the file does, ENOSPC where the disk is full */
export async function writeAll(file: Pick<FileHandle, "write">, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    if (bytesWritten === 0) throw new Error("nothing was written");
    done += bytesWritten;
  }
}
