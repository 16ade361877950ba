/** Several GCM messages of one key, sealed or opened in the memory that they came in, and hashed on the way: one errand to another core instead of many. */
import { checkBytes, checkCount, checkGcm } from "./check.ts";
import type { Core } from "./core/index.ts";
import { digestMany } from "./many.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const TAG_LEN = 16;
const NO_BYTES = new Uint8Array(0);

/** Messages of one length, one behind the other. */
export interface GcmRun {
  /** One for each message, of any length from 1 byte on. */
  readonly nonces: readonly Uint8Array[];
  /** ciphertext ‖ tag of each. Overwritten, with zeros where one of them is not what was encrypted. */
  readonly sealed: Bytes;
  /** Whether the SM3 of each sealed message is asked for. */
  readonly hashSealed: boolean;
  /** Parts of the plaintexts as they stand one behind the other, whose SM3 is asked for: offset and length in bytes. */
  readonly parts: readonly (readonly [at: number, len: number])[];
}

/** What became of it. Hashes are 32 bytes each, in the order in which they were asked for. */
export interface OpenedGcmRun {
  /** The plaintexts one behind the other: the beginning of the memory of `sealed`, or of a copy. */
  readonly plain: Bytes;
  readonly sealedSm3: readonly Bytes[];
  readonly partsSm3: readonly Bytes[];
}

/** Messages of one length with their tags. RangeError or TypeError for a wrong shape. */
export function checkMessages(name: string, key: Uint8Array, nonces: readonly Uint8Array[], messages: Bytes): void {
  checkBytes(name, messages);
  for (const nonce of nonces) checkGcm(key, nonce, NO_BYTES);
  checkCount("nonces", nonces.length, 1, Math.max(1, Math.floor(messages.length / TAG_LEN)));
  if (messages.length % nonces.length !== 0 || messages.length < TAG_LEN * nonces.length) {
    throw new RangeError(`"${name}" expected ${nonces.length} messages of one length with their tags`);
  }
}

const messagesOf = (nonces: readonly Uint8Array[], bytes: Bytes) =>
  nonces.map((_, place) =>
    bytes.subarray((place * bytes.length) / nonces.length, ((place + 1) * bytes.length) / nonces.length),
  );

/** Seals them where they are; the SM3 of each. */
export function encryptRun(
  core: Core,
  key: Uint8Array,
  nonces: readonly Uint8Array[],
  messages: Bytes,
): readonly Bytes[] {
  const all = messagesOf(nonces, messages);
  for (const [place, message] of all.entries())
    core.gcmEncryptInPlace(key, nonces[place] ?? NO_BYTES, message, NO_BYTES);
  return digestMany(core, all);
}

/** RangeError or TypeError for a wrong shape. */
export function checkRun(key: Uint8Array, { nonces, sealed, parts }: GcmRun): void {
  checkMessages("sealed", key, nonces, sealed);
  const plainLen = sealed.length - TAG_LEN * nonces.length;
  for (const [at, len] of parts) {
    checkCount("parts", at, 0, plainLen);
    checkCount("parts", len, 0, plainLen - at);
  }
}

/** Null where a tag is not that of its message; nothing of the plaintexts is left then. */
export function decryptRun(
  core: Core,
  key: Uint8Array,
  { nonces, sealed, hashSealed, parts }: GcmRun,
): OpenedGcmRun | null {
  const sealedLen = sealed.length / nonces.length;
  const plainLen = sealedLen - TAG_LEN;
  const messages = messagesOf(nonces, sealed);
  const sealedSm3 = hashSealed ? digestMany(core, messages) : [];
  const plain = sealed.subarray(0, nonces.length * plainLen);
  let isWhole = false;
  try {
    isWhole = nonces.every((nonce, place) => {
      // Each moves forward by the tags before it, over bytes that were read.
      const out = plain.subarray(place * plainLen, (place + 1) * plainLen);
      return core.gcmDecryptInto(out, key, nonce, messages[place] ?? NO_BYTES, NO_BYTES);
    });
  } finally {
    if (!isWhole) sealed.fill(0);
  }
  if (!isWhole) return null;
  const partsSm3 = digestMany(
    core,
    parts.map(([at, len]) => plain.subarray(at, at + len)),
  );
  return { plain, sealedSm3, partsSm3 };
}
