import type { Gm } from "@certbridge/gm";
import { parseSignedData, type SignedData } from "../cms/parse.ts";
import { signData, type SignedDataFamily } from "../cms/signed-data.ts";
import { verifyMessage } from "../cms/verify.ts";
import { checkDer, hexOf, malformed, sameBytes, unsignedInteger, unsignedOf } from "../der.ts";
import type { ForeignHash } from "../foreign-hash.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { type Certificate, isForTimeStamping } from "../x509/certificate.ts";
import { encodeInfo, parseInfo, type TimeStampInfo } from "./info.ts";
import type { TimeStampRequest } from "./request.ts";

/**
 * TimeStampToken (时间戳), RFC 3161 clause 2.4.2 and GM/T 0033-2014: a SignedData over TSTInfo. The two differ in the identifiers
 * around it; both are read, and both can be made.
 */

/** A token, read; nothing is proved yet. */
export interface TimeStampToken {
  readonly info: TimeStampInfo;
  readonly message: SignedData;
}

/** What {@link verifyTimeStampToken} is to hold a token against. */
export interface ExpectedTimeStamp {
  /** SM3 of what was stamped, 32 bytes. */
  readonly imprint: Uint8Array;
  /** Whose stamps count: SM3 of public keys (65 bytes), hexadecimal, lower case; or whatever the caller finds out of the certificate. */
  readonly trusted: readonly string[] | ((signer: Certificate, genTime: Date) => boolean);
  /** As the request had it, 1 to 32 bytes. */
  readonly nonce?: Uint8Array;
  /** The signer's certificate, where the token comes without. */
  readonly signer?: Certificate;
  /** For authorities that bind their certificate by SHA-1 or SHA-256, which is refused without it. */
  readonly hash?: ForeignHash;
}

/** What verifyTimeStampToken proved: this authority saw the imprint at this instant. */
export interface VerifiedTimeStamp extends Omit<TimeStampInfo, "imprint" | "nonce"> {
  readonly signer: Certificate;
}

const WHAT = "time stamp";
/** The info, and certificates of a chain around it. */
const MAX_LEN = 128 * 1024;

/**
 * @throws OperationError MALFORMED: no SignedData over TSTInfo, by other algorithms than SM3 and SM2, or longer than 128 KiB ·
 * ProofError CHAIN_CONSTRAINT for a critical extension
 */
export function parseTimeStampToken(der: Uint8Array): TimeStampToken {
  checkDer(der, MAX_LEN, WHAT);
  const message = parseSignedData(der);
  if (message.contentType !== oid.timeStampInfo || message.content === null) throw malformed(WHAT);
  return { info: parseInfo(message.content), message };
}

/** Refuses who may not stamp, or not at this instant. RFC 3161 clause 2.3. */
function checkStamper(certificate: Certificate, genTime: Date): void {
  if (!isForTimeStamping(certificate)) throw new ProofError("CERTIFICATE_USAGE", "not a time stamping authority's");
  if (genTime < certificate.notBefore) throw new ProofError("CERTIFICATE_NOT_YET_VALID");
  // Written so that an instant that is no date refuses.
  if (!(genTime <= certificate.notAfter)) throw new ProofError("CERTIFICATE_EXPIRED");
}

function sameNumber(a: Uint8Array, b: Uint8Array): boolean {
  return sameBytes(unsignedOf(unsignedInteger(a), WHAT), unsignedOf(unsignedInteger(b), WHAT));
}

/**
 * The time at which the imprint was stamped, by an authority that is trusted: one signer, whose certificate is bound by the
 * signature, is for time stamping alone, and was in force. Its chain and revocation are for `trusted` to look at.
 *
 * @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID (altered, or not bound to the signer's certificate),
 * IMPRINT_UNSUPPORTED (stamped by another hash than SM3), CONTENT_MISMATCH (something else was stamped), NONCE_MISMATCH,
 * CERTIFICATE_USAGE, CERTIFICATE_NOT_YET_VALID, CERTIFICATE_EXPIRED, CHAIN_UNTRUSTED, CHAIN_CONSTRAINT
 */
export function verifyTimeStampToken(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  der: Uint8Array,
  expected: ExpectedTimeStamp,
): VerifiedTimeStamp {
  const { info, message } = parseTimeStampToken(der);
  const { hash, nonce, trusted } = expected;
  const { signer } = verifyMessage(gm, message, {
    contentType: oid.timeStampInfo,
    bound: true,
    ...(hash !== undefined && { hash }),
    ...(expected.signer !== undefined && { signer: expected.signer }),
  });
  checkStamper(signer, info.genTime);
  const isTrusted =
    typeof trusted === "function" ? trusted(signer, info.genTime) : trusted.includes(hexOf(gm.sm3(signer.publicKey)));
  if (!isTrusted) throw new ProofError("CHAIN_UNTRUSTED", "another time stamping authority");
  if (info.imprint.algorithm !== oid.sm3) {
    const name = info.imprint.algorithm === oid.sha256 ? "SHA-256" : info.imprint.algorithm;
    throw new ProofError("IMPRINT_UNSUPPORTED", `stamped by ${name}`);
  }
  if (!sameBytes(info.imprint.digest, expected.imprint)) throw new ProofError("CONTENT_MISMATCH");
  if (nonce !== undefined && (info.nonce === null || !sameNumber(info.nonce, nonce))) {
    throw new ProofError("NONCE_MISMATCH");
  }
  const { policy, serialNumber, genTime, accuracyMs } = info;
  return { policy, serialNumber, genTime, accuracyMs, signer };
}

/**
 * A token, DER, as an authority makes it: in the form of GM/T 0033 by default, or in RFC 3161's.
 *
 * @param options.imprint      SM3 of what is stamped, 32 bytes; or what a request asks for, with its nonce, and without certificates where
 * it asks for none
 * @param options.genTime      to the millisecond
 * @param options.serialNumber unsigned, big-endian, 1 to 20 bytes; never used before
 * @throws ProofError IMPRINT_UNSUPPORTED where the request's hash is not SM3; CERTIFICATE_USAGE, CERTIFICATE_NOT_YET_VALID,
 * CERTIFICATE_EXPIRED where the certificate may not stamp · RangeError for lengths, and where the request asks for another policy
 */
export function issueTimeStampToken(
  gm: Pick<Gm, "sm2Sign" | "sm3">,
  options: ({ readonly imprint: Uint8Array } | { readonly request: TimeStampRequest }) & {
    readonly genTime: Date;
    readonly serialNumber: Uint8Array;
    /** By how much `genTime` may be wrong, in milliseconds; not said unless told. */
    readonly accuracyMs?: number;
    readonly policy: string;
    readonly certificate: Certificate;
    readonly chain?: readonly Certificate[];
    readonly privateKey: Uint8Array;
    readonly family?: SignedDataFamily;
  },
): Uint8Array<ArrayBuffer> {
  const { genTime, serialNumber, policy, certificate, chain = [], privateKey, family = "gm" } = options;
  const request = "request" in options ? options.request : null;
  checkStamper(certificate, genTime);
  if (request !== null && request.imprint.algorithm !== oid.sm3) throw new ProofError("IMPRINT_UNSUPPORTED");
  if (request !== null && request.policy !== null && request.policy !== policy) {
    throw new RangeError('"policy" expected the one that the request asks for');
  }
  const imprint = "request" in options ? options.request.imprint.digest : options.imprint;
  const nonce = request?.nonce ?? null;
  return signData(gm, {
    contentType: oid.timeStampInfo,
    content: encodeInfo({ policy, imprint, serialNumber, genTime, accuracyMs: options.accuracyMs ?? null, nonce }),
    signedAt: genTime,
    certificate,
    chain: request === null || request.certificates ? chain : null,
    privateKey,
    family,
  });
}
