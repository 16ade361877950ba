/**
 * Sends a package in parts, each with its SM3. What the server has already is compared, not sent again: so an upload that was paused,
 * or that a broken line or a closed tab interrupted, goes on where it was.
 */
import type { Gm } from "@certbridge/gm";
import { ask, Refusal, type ShownBid, type ShownUpload } from "./server.ts";

export interface UploadJob {
  readonly gm: Pick<Gm, "sm3">;
  readonly lotId: string;
  readonly file: Blob;
  readonly signal: AbortSignal;
  /** Of the bidder's own record, where this page encrypted the package itself. */
  readonly ledgerHead: string | null;
  /** Parts that are there, and all. */
  readonly told: (done: number, total: number) => void;
}

/** The line may break for a moment. */
const TRIES = 3;
const PAUSE_MS = 800;

/** Parts on their way at once: while one travels the next is read and hashed. */
const AT_ONCE = 3;

const keyOf = ({ lotId, file }: UploadJob): string => `upload:${lotId}:${file.size}`;

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The upload that this tab began before, where the server still has it, taken in or not; else a new one. */
async function findUpload(job: UploadJob): Promise<ShownUpload> {
  const known = sessionStorage.getItem(keyOf(job));
  if (known !== null) {
    const found = await ask<{ upload: ShownUpload }>(`/api/uploads/${known}`).catch(() => null);
    if (found !== null) return found.upload;
  }
  const { upload } = await ask<{ upload: ShownUpload }>(`/api/lots/${job.lotId}/uploads`, { size: job.file.size });
  sessionStorage.setItem(keyOf(job), upload.id);
  return upload;
}

/** What the server took in already is not written into: another package is another upload. */
const isTakenIn = (error: unknown): boolean => error instanceof Refusal && error.code === "UPLOAD_UNKNOWN";

async function putPart(path: string, sm3: string, body: Blob, signal: AbortSignal): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      await ask(path, undefined, { method: "PUT", headers: { "Content-SM3": sm3 }, body, signal });
      return;
    } catch (error) {
      // A TypeError is fetch's word for a line that broke; what the server refused it would refuse again.
      if (left === 1 || !(error instanceof TypeError)) throw error;
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  }
}

/**
 * @returns the bid with its receipt, as the server keeps it
 * @throws Refusal by the server · the signal's reason · TypeError where the line stays broken
 */
export async function uploadPackage(job: UploadJob): Promise<ShownBid> {
  const { gm, file, signal, ledgerHead, told } = job;
  const { id, partLen, parts } = await findUpload(job);
  // Taken from by every carrier, so that each part is carried by one of them.
  const waiting = parts.entries();
  let done = 0;
  let failed = false;
  async function carry(): Promise<void> {
    for (const [index, there] of waiting) {
      signal.throwIfAborted();
      if (failed) return;
      // Sent by reference: the browser reads it once more by itself, rather than carrying these bytes through its processes.
      const body = file.slice(index * partLen, (index + 1) * partLen);
      const sm3 = hexOf(gm.sm3(new Uint8Array(await body.arrayBuffer())));
      if (sm3 !== there) await putPart(`/api/uploads/${id}/parts/${index}`, sm3, body, signal);
      told(++done, parts.length);
    }
  }
  told(done, parts.length);
  const carriers = Array.from({ length: AT_ONCE }, async () => {
    try {
      await carry();
    } catch (error) {
      failed = true;
      if (isTakenIn(error)) sessionStorage.removeItem(keyOf(job));
      throw error;
    }
  });
  // All have come to rest before anything is said: what goes on afterwards begins from what the server has.
  await Promise.allSettled(carriers);
  await Promise.all(carriers);
  const head = ledgerHead === null ? {} : { ledgerHead };
  const { bid } = await ask<{ bid: ShownBid }>(`/api/uploads/${id}/complete`, head);
  // Not before: where the line breaks here, the server has the whole, and is only asked once more.
  sessionStorage.removeItem(keyOf(job));
  return bid;
}
