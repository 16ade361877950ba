/**
 * Opens a key block in the worker: a session key that is encrypted for the container's encryption key, and what is encrypted under the session key. By the
 * standard (GM/T 0016-2012 clause 7.6, ImportSessionKey) the session key never leaves the device; by a vendor's decryption it comes out, and is wiped here.
 */
import { createDecipheriv } from "node:crypto";
import { SAR, SkfError, SM4 } from "./codes.ts";
import { type FunctionName, type Handle, type Library, outHandle, outNumber } from "./library.ts";
import type { Way } from "./quirks.ts";
import type { CipherParts, Structures } from "./structures.ts";

const BLOCK_LEN = 16;

/**
 * The vendors' decryptions. What the number means is another thing with each of the two: ECCDecrypt asks whether the signing key is meant (0: no),
 * PrvKeyDecrypt which key (1 the encryption key, 2 the signing key).
 */
const DECRYPTIONS = {
  A: { name: "SKF_ECCDecrypt", number: null },
  B: { name: "SKF_ECCDecrypt/numbered", number: 0 },
  C: { name: "SKF_PrvKeyDecrypt", number: null },
  D: { name: "SKF_PrvKeyDecrypt/numbered", number: 1 },
} as const satisfies Record<string, { readonly name: FunctionName; readonly number: number | null }>;

/** SM4-CBC without padding. */
export interface SealedBlock {
  readonly key: CipherParts;
  readonly iv: Uint8Array;
  readonly content: Uint8Array;
}

/** After these, no other way is worth a try. */
const FINAL: readonly number[] = [SAR.DEVICE_REMOVED, SAR.NOT_LOGGED_IN];

const rawOf = ({ x, y, hash, cipher }: CipherParts): Buffer => Buffer.concat([Uint8Array.of(4), x, y, hash, cipher]);

export function openKeyBlock(
  { call }: Library,
  structures: Structures,
  container: Handle,
  ways: readonly Way[],
  block: SealedBlock,
): Uint8Array {
  function byHandle(form: "blob" | "raw"): Uint8Array {
    const raw = rawOf(block.key);
    const { bytes, len } = form === "blob" ? structures.cipher(block.key) : { bytes: raw, len: raw.length };
    const imported = outHandle();
    call("SKF_ImportSessionKey", container, SM4.cbc, bytes, len, imported.room);
    try {
      call("SKF_DecryptInit", imported.value(), structures.cipherParameters(block.iv));
      const out = Buffer.alloc(block.content.length + BLOCK_LEN);
      const outLen = outNumber(out.length);
      call("SKF_Decrypt", imported.value(), Buffer.from(block.content), block.content.length, out, outLen.room);
      return out.subarray(0, Math.min(outLen.value(), out.length));
    } finally {
      try {
        call("SKF_CloseHandle", imported.value());
      } catch {
        // The key may be pulled by now, and with it goes what it held open.
      }
    }
  }

  function byKey(way: keyof typeof DECRYPTIONS): Uint8Array {
    const { name, number } = DECRYPTIONS[way];
    const { bytes } = structures.cipher(block.key);
    // A library that misunderstands the call writes into spare room at worst.
    const out = Buffer.alloc(bytes.length);
    const len = outNumber(block.key.cipher.length);
    try {
      call(name, container, ...(number === null ? [] : [number]), bytes, out, len.room);
      if (len.value() !== BLOCK_LEN || block.content.length % BLOCK_LEN !== 0) throw new SkfError(name, SAR.INPUT_DATA);
      const decipher = createDecipheriv("sm4-cbc", out.subarray(0, BLOCK_LEN), block.iv).setAutoPadding(false);
      return Buffer.concat([decipher.update(block.content), decipher.final()]);
    } finally {
      out.fill(0);
    }
  }

  let last = new SkfError("SKF_ImportSessionKey", SAR.NOT_SUPPORTED);
  for (const way of ways) {
    try {
      return way === "blob" || way === "raw" ? byHandle(way) : byKey(way);
    } catch (error) {
      if (!(error instanceof SkfError) || FINAL.includes(error.code)) throw error;
      last = error;
    }
  }
  throw last;
}
