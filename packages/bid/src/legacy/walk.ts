/**
 * A package in the legacy profile (旧格式), gone through once from its beginning to its end: SignedData around the envelope, the envelope
 * around the ciphertext, neither ever whole in memory. docs/formats/legacy-package.md, The file
 */
import type { Gm } from "@certbridge/gm";
import { element, type EnvelopedData, hexOf, objectIdentifier, oid, parseEnvelopedData } from "@certbridge/pki";
import { LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type ByteSource, type JobOptions, readExactly } from "../bytes-in-and-out.ts";
import { malformed } from "../refusals.ts";
import { type BerReader, createBerReader } from "./ber.ts";

const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
/** [0] EXPLICIT, and [0] IMPLICIT OCTET STRING. */
const INSIDE = 0xa0;
const ENCRYPTED_CONTENT = 0x80;
const CIPHER_BLOCK_LEN = 16;
/** Bytes that are read at once. */
const READ_LEN = 1024 * 1024;
/** A version, an algorithm, a type. */
const WORD_LEN = 256;

const encoded = (names: readonly string[]): readonly string[] => names.map((name) => hexOf(objectIdentifier(name)));

const SIGNED_DATA = encoded([oid.gmSignedData, oid.pkcs7SignedData]);
const ENVELOPED_DATA = encoded([oid.gmEnvelopedData, oid.pkcs7EnvelopedData]);

/**
 * As what an envelope is signed: ours, and the envelope's own names. Never as plain data: that is what `sign` makes of any file that a page brings.
 */
export const SIGNED_TYPES: readonly string[] = [LEGACY_PACKAGE, oid.gmEnvelopedData, oid.pkcs7EnvelopedData];

/** The parts of a package. Nothing is proved yet. */
export interface LegacyParts {
  /** Who can open the envelope, and its initial vector. */
  readonly envelope: Pick<EnvelopedData, "recipients" | "contentType" | "iv">;
  /** Bytes of the ciphertext: whole blocks, one at least. */
  readonly cipherLen: number;
  /** Of the octets that are signed: the envelope as it stands. */
  readonly payload: { readonly len: number; readonly sm3: Uint8Array };
  /** SignedData with its content left out, DER. */
  readonly signature: Uint8Array;
}

/** Gets the ciphertext in order, in whole cipher blocks, each an array of its own. */
export type TakeCipher = (cipher: Uint8Array<ArrayBuffer>) => Promise<void> | void;

function mustBeOneOf(der: Uint8Array, names: readonly string[]): void {
  if (!names.includes(hexOf(der))) throw malformed();
}

type Read = Pick<LegacyParts, "envelope" | "cipherLen">;

/** EnvelopedData; before it its name and tag, where it came with them. */
async function readEnvelope(reader: BerReader, take: TakeCipher): Promise<Read> {
  await reader.enter(SEQUENCE);
  const isNamed = (await reader.peek()) === OBJECT_IDENTIFIER;
  if (isNamed) {
    mustBeOneOf(await reader.element(WORD_LEN), ENVELOPED_DATA);
    await reader.enter(INSIDE);
    await reader.enter(SEQUENCE);
  }
  const version = await reader.element(WORD_LEN);
  const recipients = await reader.element(limits.keyBlockLen);
  await reader.enter(SEQUENCE);
  const contentType = await reader.element(WORD_LEN);
  const algorithm = await reader.element(WORD_LEN);
  // All of it but the ciphertext is small: the parser of small envelopes reads it, around one block.
  const encrypted = element(
    SEQUENCE,
    contentType,
    algorithm,
    element(ENCRYPTED_CONTENT, new Uint8Array(CIPHER_BLOCK_LEN)),
  );
  const small = element(
    SEQUENCE,
    objectIdentifier(oid.gmEnvelopedData),
    element(INSIDE, element(SEQUENCE, version, recipients, encrypted)),
  );
  const envelope = parseEnvelopedData(small, limits.keyBlockLen + 4 * WORD_LEN);
  let cipherLen = 0;
  for await (const cipher of reader.octets(ENCRYPTED_CONTENT)) {
    cipherLen += cipher.length;
    if (cipher.length % CIPHER_BLOCK_LEN !== 0) throw malformed();
    await take(cipher);
  }
  if (cipherLen === 0) throw malformed();
  await reader.leave();
  await reader.leave();
  if (isNamed) {
    await reader.leave();
    await reader.leave();
  }
  await reader.end();
  return { envelope, cipherLen };
}

/** The source from its beginning to its end. */
function pullFrom(source: ByteSource, { signal, onProgress }: JobOptions) {
  let at = 0;
  return async (): Promise<Uint8Array | null> => {
    signal?.throwIfAborted();
    const len = Math.min(READ_LEN, source.size - at);
    if (len === 0) return null;
    const bytes = await readExactly(source, at, len);
    at += len;
    onProgress?.(at, source.size);
    return bytes;
  };
}

async function walk(gm: Pick<Gm, "createSm3">, source: ByteSource, take: TakeCipher, job: JobOptions) {
  const reader = createBerReader(pullFrom(source, job));
  await reader.enter(SEQUENCE);
  const type = await reader.element(WORD_LEN);
  mustBeOneOf(type, SIGNED_DATA);
  await reader.enter(INSIDE);
  await reader.enter(SEQUENCE);
  const version = await reader.element(WORD_LEN);
  const algorithms = await reader.element(limits.keyBlockLen);
  await reader.enter(SEQUENCE);
  const contentType = await reader.element(WORD_LEN);
  await reader.enter(INSIDE);

  const hash = gm.createSm3();
  let len = 0;
  const octets = reader.octets(OCTET_STRING);
  const inner = createBerReader(async () => {
    const next = await octets.next();
    if (next.done === true) return null;
    hash.update(next.value);
    len += next.value.length;
    return next.value;
  });
  const read = await readEnvelope(inner, take);

  await reader.leave();
  await reader.leave();
  const rest: Uint8Array[] = [];
  for (let restLen = 0; (await reader.peek()) !== null;) {
    const part = await reader.element(limits.bidSignatureLen - restLen);
    restLen += part.length;
    rest.push(part);
  }
  await reader.leave();
  await reader.leave();
  await reader.leave();
  await reader.end();
  const body = element(SEQUENCE, version, algorithms, element(SEQUENCE, contentType), ...rest);
  const signature = element(SEQUENCE, type, element(INSIDE, body));
  return { ...read, payload: { len, sm3: hash.digest() }, signature };
}

/**
 * Reads the whole source once, in order.
 *
 * @throws OperationError MALFORMED where it is no SignedData around EnvelopedData, CONTENT_UNREADABLE · what `take` and the signal throw
 */
export async function walkLegacyPackage(
  options: {
    readonly gm: Pick<Gm, "createSm3">;
    readonly source: ByteSource;
    readonly take?: TakeCipher;
  } & JobOptions,
): Promise<LegacyParts> {
  const { gm, source, take = () => undefined, ...job } = options;
  if (source.size > limits.packageLen) throw malformed();
  try {
    return await walk(gm, source, take, job);
  } catch (error) {
    throw OperationError.is(error, "MALFORMED") ? malformed(error) : error;
  }
}
