/**
 * Uploads in parts (分段上传): each part comes with its SM3 and is written at its place, in any order and as often as needed; what is
 * there can be asked for, so that an upload that was interrupted goes on where it was. Kept in memory beside the files on disk.
 */
import type { ByteSource } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import { hexOf } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRefusal } from "@certbridge/verify";
import { PlatformError } from "./refusals.ts";
import { writeAll } from "./write-all.ts";

/** Bytes of every part but the last. */
export const PART_LEN = 8 * 1024 * 1024;

/** Of a package, for this demonstration's disk. */
export const MAX_UPLOAD_LEN = 8 * 1024 ** 3;

/** Uploads that one bidder may have open; the oldest gives way. */
const OPEN_UPLOADS = 4;

/** An upload, until it was refused; also where it was taken in, so that a page whose line broke finds it. */
export interface Upload {
  readonly id: string;
  readonly uscc: string;
  readonly lotId: string;
  readonly size: number;
  /** SM3 of each part that is there, hexadecimal; null for the others. */
  readonly parts: readonly (string | null)[];
  /** When it was first to be judged as a whole, milliseconds since 1970; its parts stay as they are from then on. Null before. */
  readonly receivedAt: number | null;
}

export interface Uploads {
  /** @throws PlatformError FILE_TOO_LARGE */
  begin(of: Pick<Upload, "uscc" | "lotId" | "size">): Promise<Upload>;
  /** The bidder's own. @throws PlatformError UPLOAD_UNKNOWN */
  find(id: string, uscc: string): Upload;
  /** @throws PlatformError PART_DAMAGED where it is not as long as its place, or has another SM3 */
  putPart(upload: Upload, index: number, sm3: string, bytes: Uint8Array): Promise<void>;
  /**
   * Gives the whole file to `use`, and where that went well moves it to this path. Where it was refused it is gone; where the server failed it is
   * there, and can be completed again: what it was received at stays what it was.
   *
   * @param now milliseconds since 1970
   * @throws PlatformError UPLOAD_INCOMPLETE · what `use` throws
   */
  complete<T>(
    upload: Upload,
    now: number,
    use: (source: ByteSource, receivedAt: number) => Promise<T>,
    to: string,
  ): Promise<T>;
}

/** A file as a source. Reads what is there; a shorter answer is the reader's to notice. */
export function sourceOf(handle: FileHandle, size: number): ByteSource {
  return {
    size,
    async read(at, len) {
      const bytes = new Uint8Array(len);
      const { bytesRead } = await handle.read(bytes, 0, len, at);
      return bytes.subarray(0, bytesRead);
    },
  };
}

/** Opens a file as a source for as long as `use` takes. */
export async function withSource<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await open(path, "r");
  try {
    return await use(sourceOf(handle, (await handle.stat()).size));
  } finally {
    await handle.close();
  }
}

interface Kept extends Upload {
  readonly parts: (string | null)[];
  readonly path: string;
  receivedAt: number | null;
  /** Parts that are being written. */
  writing: number;
  /** What is being verified, or was, is written into no more. */
  state: "open" | "completing" | "taken";
}

/** Refused, whoever asks again: that a list of revoked certificates cannot be had is over in a while. */
export const isFinal = (error: unknown): boolean =>
  error instanceof PlatformError || (isRefusal(error) && error.code !== "REVOCATION_UNAVAILABLE");

export function createUploads(gm: Pick<Gm, "sm3">, folder: string): Uploads {
  const uploads = new Map<string, Kept>();

  function kept(upload: Upload): Kept {
    const found = uploads.get(upload.id);
    if (found === undefined || found.state !== "open") throw new PlatformError("UPLOAD_UNKNOWN");
    return found;
  }

  async function drop({ id, path }: Kept): Promise<void> {
    uploads.delete(id);
    await rm(path, { force: true });
  }

  return {
    async begin({ uscc, lotId, size }) {
      if (!Number.isSafeInteger(size) || size < 1 || size > MAX_UPLOAD_LEN) throw new PlatformError("FILE_TOO_LARGE");
      const own = [...uploads.values()].filter((upload) => upload.uscc === uscc && upload.state === "open");
      // What was handed in, and waits for the server to be mended, gives way last.
      own.sort((a, b) => Number(a.receivedAt !== null) - Number(b.receivedAt !== null));
      for (const oldest of own.slice(0, Math.max(0, own.length - OPEN_UPLOADS + 1))) await drop(oldest);
      const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
      const path = join(folder, `${id}.part`);
      const parts = Array.from({ length: Math.ceil(size / PART_LEN) }, () => null);
      await mkdir(folder, { recursive: true });
      await (await open(path, "w")).close();
      const upload: Kept = { id, uscc, lotId, size, parts, path, receivedAt: null, writing: 0, state: "open" };
      uploads.set(id, upload);
      return upload;
    },
    find(id, uscc) {
      const found = uploads.get(id);
      if (found === undefined || found.uscc !== uscc) throw new PlatformError("UPLOAD_UNKNOWN");
      return found;
    },
    async putPart(upload, index, sm3, bytes) {
      const found = kept(upload);
      if (found.receivedAt !== null) throw new PlatformError("UPLOAD_UNKNOWN");
      const { parts, path, size } = found;
      const len = Math.min(PART_LEN, size - index * PART_LEN);
      const isWhole = Number.isInteger(index) && index >= 0 && index < parts.length && bytes.length === len;
      if (!isWhole || hexOf(gm.sm3(bytes)) !== sm3) throw new PlatformError("PART_DAMAGED");
      // Not there while it is written, also where it is written twice at once: what is verified must be what stays.
      parts[index] = null;
      found.writing++;
      try {
        const handle = await open(path, "r+");
        try {
          await writeAll(handle, bytes, index * PART_LEN);
        } finally {
          await handle.close();
        }
      } finally {
        found.writing--;
      }
      parts[index] = sm3;
    },
    async complete(upload, now, use, to) {
      const found = kept(upload);
      if (found.writing > 0 || found.parts.includes(null)) throw new PlatformError("UPLOAD_INCOMPLETE");
      // From here on nothing is written into it: what is verified is what is kept.
      found.state = "completing";
      const receivedAt = (found.receivedAt ??= now);
      try {
        const done = await withSource(found.path, (source) => use(source, receivedAt));
        await mkdir(dirname(to), { recursive: true });
        await rename(found.path, to);
        found.state = "taken";
        return done;
      } catch (error) {
        if (isFinal(error)) await drop(found);
        else found.state = "open";
        throw error;
      }
    },
  };
}
