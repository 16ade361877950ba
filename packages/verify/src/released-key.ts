/**
 * A released key (解密密钥) as it comes to the room: whose, for which package, on which order, and the file key inside, once it is
 * proved to be the package's. docs/formats/notice-and-order.md, Released key
 */
import { COMMITMENT_LEN, FILE_KEY_LEN, isCommitted } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  openEnvelopedData,
  parseCertificate,
  parseEnvelopedData,
  parseSignedData,
  ProofError,
  respellSignedData,
  sameBytes,
  verifySignedData,
} from "@certbridge/pki";
import {
  type OpeningOrder,
  openingOrder,
  type ReleasedKey,
  releasedBackupKey,
  releasedKey,
} from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { RELEASED_KEY } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import { BlamedError, PolicyError, VerificationError } from "./errors.ts";
import type { SignerCheck } from "./signer.ts";

/** The opening room (开标室): what it asked for, and the key that released keys are encrypted to. */
export interface OpeningRoom {
  /** The order as it was issued: GM/T 0010 SignedData, DER. The platform's own; it is not verified again. */
  readonly order: Uint8Array;
  /** SM2 private key of the order's room certificate, 32 bytes. The caller wipes it when the opening is over. */
  readonly privateKey: Uint8Array;
}

/** An order, read for the comparisons. */
export interface ReadRoom {
  readonly said: OpeningOrder;
  readonly orderSm3: string;
  readonly roomCertificateSm3: string;
  readonly certificate: Certificate;
  readonly privateKey: Uint8Array;
}

/** What a released key is held against: the package as it was received. */
export interface KeyedPackage {
  readonly packageId: string;
  readonly signer: Certificate;
  /** The bytes of `header.json`, and the entry `commitment`. */
  readonly header: Uint8Array;
  readonly commitment: Uint8Array;
  /** SM3 of the entry `key-block.p7m`, base64url. */
  readonly keyBlockSm3: string;
}

/** What a backup form begins with, being JSON; DER begins with 30. */
const BRACE = 0x7b;

type ReadOrder = Omit<ReadRoom, "privateKey">;

function parseOrder(gm: Pick<Gm, "sm3">, order: Uint8Array): ReadOrder {
  const content = parseSignedData(order).content ?? new Uint8Array(0);
  const said = parseCanonical(openingOrder, content, limits.noticeLen, "order");
  const der = decodeBase64Url(said.roomCertificate);
  const [orderSm3, roomCertificateSm3] = [encodeBase64Url(gm.sm3(content)), encodeBase64Url(gm.sm3(der))];
  return { said, orderSm3, roomCertificateSm3, certificate: parseCertificate(der) };
}

/** Orders by the very array that they were given in: a hall reads its own for every key that comes. */
const orders = new WeakMap<Uint8Array, ReadOrder>();

/** @throws OperationError MALFORMED where the platform's own order cannot be read · RangeError where the private key is not its certificate's */
export function readRoom(gm: Pick<Gm, "sm2PublicKey" | "sm3">, { order, privateKey }: OpeningRoom): ReadRoom {
  const read = orders.get(order) ?? parseOrder(gm, order);
  orders.set(order, read);
  // With another key nothing opens, and each bidder would be blamed for the platform's mistake.
  if (!sameBytes(gm.sm2PublicKey(privateKey), read.certificate.publicKey)) {
    throw new RangeError('"privateKey" expected that of the room certificate');
  }
  return { ...read, privateKey };
}

const malformed = (cause?: unknown) => new VerificationError("RELEASED_KEY_MALFORMED", undefined, { cause });

/** @throws VerificationError RELEASED_KEY_MALFORMED, RELEASED_KEY_SIGNATURE_INVALID */
function readSigned(gm: Gm, der: Uint8Array): ReadKey {
  if (der.length > limits.noticeLen) throw malformed();
  try {
    const proved = verifySignedData(gm, der, { contentType: RELEASED_KEY });
    if (!sameBytes(respellSignedData(proved), der)) throw malformed();
    const { signer, certificates } = proved;
    const said = parseCanonical(releasedKey, proved.content ?? new Uint8Array(0), limits.noticeLen, "released key");
    return { said, signer, brought: certificates.filter((one) => !sameBytes(one.der, signer.der)) };
  } catch (cause) {
    if (cause instanceof VerificationError) throw cause;
    if (!(cause instanceof ProofError)) throw malformed(cause);
    throw new VerificationError("RELEASED_KEY_SIGNATURE_INVALID", cause.message, { cause });
  }
}

/** A released key as it was read. Whose certificate that is, nobody has vouched for yet. */
export interface ReadKey {
  readonly said: Omit<ReleasedKey, "format" | "keyBlockSm3"> & Partial<Pick<ReleasedKey, "keyBlockSm3">>;
  /** Null for one out of a backup key file: then no signature says who sent it. */
  readonly signer: Certificate | null;
  readonly brought: readonly Certificate[];
}

/**
 * What came out of a backup key file: nobody signed it, so that somebody else's word must say who sent it.
 *
 * @throws VerificationError RELEASED_KEY_MALFORMED · PolicyError RELEASED_KEY_UNSIGNED
 */
function readBackup(bytes: Uint8Array, bySubmitter: boolean): ReadKey {
  if (!bySubmitter) throw new PolicyError("RELEASED_KEY_UNSIGNED");
  try {
    const said = parseCanonical(releasedBackupKey, bytes, limits.noticeLen, "released key");
    return { said, signer: null, brought: [] };
  } catch (cause) {
    throw malformed(cause);
  }
}

/** The content of the envelope for this room; null for every failure alike. */
function openEnvelope(gm: Gm, envelope: string, room: ReadRoom): Uint8Array | null {
  try {
    const parsed = parseEnvelopedData(decodeBase64Url(envelope), limits.keyBlockLen);
    // One recipient: whoever else could open it would have the bid too.
    return parsed.recipients.length === 1 ? openEnvelopedData(gm, parsed, room.certificate, room.privateKey) : null;
  } catch {
    return null;
  }
}

/**
 * What came to the room, read: SignedData, DER, or the canonical JSON that came out of a backup key file.
 *
 * @param bySubmitter whether the server vouches that it came from the session of the bidder who handed the package in
 * @throws VerificationError RELEASED_KEY_MALFORMED, RELEASED_KEY_SIGNATURE_INVALID · PolicyError RELEASED_KEY_UNSIGNED
 */
export function readReleasedKey(gm: Gm, key: Uint8Array, bySubmitter: boolean): ReadKey {
  return key[0] === BRACE ? readBackup(key, bySubmitter) : readSigned(gm, key);
}

/**
 * Whether it was released on this room's order, and in time: all that can be said of a key without its package.
 *
 * @param receivedAt when it came, by the server's clock
 * @throws PolicyError RELEASED_KEY_OF_ANOTHER_ORDER, RELEASED_KEY_LATE
 */
export function mustBeOnOrder({ said }: ReadKey, room: ReadRoom, receivedAt: number): void {
  if (said.orderSm3 !== room.orderSm3 || said.roomCertificateSm3 !== room.roomCertificateSm3) {
    throw new PolicyError("RELEASED_KEY_OF_ANOTHER_ORDER");
  }
  if (receivedAt > Date.parse(room.said.notAfter) + limits.clockSkewMs) throw new PolicyError("RELEASED_KEY_LATE");
}

/**
 * Whether whoever signed the key is the bidder who handed the package in. The package's own certificate is: it was judged then, and what became
 * of it since keeps nobody's bid closed. Every other one is judged now, and what is found is told as it is: that a list of revoked certificates
 * cannot be had is not the bidder's fault.
 *
 * @throws PolicyError RELEASED_KEY_OF_ANOTHER_SIGNER, and those of the certificate · VerificationError CHAIN_INVALID
 */
export async function mustBeTheBidders(
  signerOf: SignerCheck,
  { signer, brought }: ReadKey,
  packageSigner: Certificate,
  uscc: string | undefined,
): Promise<void> {
  if (signer === null || sameBytes(signer.der, packageSigner.der)) return;
  if (uscc === undefined) throw new PolicyError("RELEASED_KEY_OF_ANOTHER_SIGNER");
  const found = await signerOf(signer, brought, false);
  if (found.subject.uscc !== uscc) throw new PolicyError("RELEASED_KEY_OF_ANOTHER_SIGNER");
}

/**
 * The package's file key, 32 bytes, the caller's to wipe.
 *
 * @param key on this room's order, by a signer whom the caller has found to be the package's bidder
 * @throws PolicyError RELEASED_KEY_OF_ANOTHER_PACKAGE · BlamedError RELEASED_KEY_WRONG where it was signed, VerificationError of that code where
 *   it came out of a backup key file
 */
export function openReleasedKey(
  gm: Gm,
  { said, signer }: ReadKey,
  opened: KeyedPackage,
  room: ReadRoom,
): Uint8Array<ArrayBuffer> {
  // Out of a backup key file it comes of no key block.
  const isOfItsBlock = said.keyBlockSm3 === undefined || said.keyBlockSm3 === opened.keyBlockSm3;
  if (said.packageId !== opened.packageId || !isOfItsBlock) throw new PolicyError("RELEASED_KEY_OF_ANOTHER_PACKAGE");
  const content = openEnvelope(gm, said.envelope, room);
  try {
    const fileKey = (content ?? new Uint8Array(0)).slice(0, FILE_KEY_LEN);
    const rest = content?.subarray(FILE_KEY_LEN) ?? new Uint8Array(0);
    // The content names the package once more, and the commitment proves it: docs/formats/key-block.md, Content.
    const isItsOwn =
      sameBytes(rest.subarray(0, COMMITMENT_LEN), opened.commitment) &&
      sameBytes(rest.subarray(COMMITMENT_LEN), opened.header);
    if (isItsOwn && isCommitted(gm, fileKey, opened.header, opened.commitment)) return fileKey;
    fileKey.fill(0);
    // Without a signature a wrong one can be blamed on nobody.
    throw signer === null ? new VerificationError("RELEASED_KEY_WRONG") : new BlamedError("RELEASED_KEY_WRONG", signer);
  } finally {
    content?.fill(0);
  }
}
