import {
  BOOLEAN,
  checkDer,
  contentsOf,
  element,
  INTEGER,
  malformed,
  OBJECT_IDENTIFIER,
  objectIdentifier,
  oidOf,
  partsOf,
  SEQUENCE,
  unsignedInteger,
  unsignedOf,
} from "../der.ts";
import { encodeImprint, type MessageImprint, readImprint } from "./imprint.ts";

/** TimeStampReq (时间戳请求), RFC 3161 clause 2.4.1, GM/T 0033-2014. */
export interface TimeStampRequest {
  readonly imprint: MessageImprint;
  /** OID of the policy that is asked for; null for any. */
  readonly policy: string | null;
  /** Digits of the number, big-endian, without zeros in front; null where there is none. */
  readonly nonce: Uint8Array | null;
  /** Whether the authority is to put its certificates into the token. */
  readonly certificates: boolean;
}

const WHAT = "time stamp request";
const MAX_LEN = 4096;
const NONCE_LEN = 32;
const VERSION = unsignedInteger(Uint8Array.of(1));
const TRUE = element(BOOLEAN, Uint8Array.of(0xff));

/** INTEGER of a nonce. @throws RangeError where it is not of 1 to 32 bytes */
export function encodeNonce(nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  if (nonce.length === 0 || nonce.length > NONCE_LEN) throw new RangeError(`"nonce" expected 1 to ${NONCE_LEN} bytes`);
  return unsignedInteger(nonce);
}

/** @throws OperationError MALFORMED where it is negative, or longer than 32 bytes */
export function readNonce(integer: Uint8Array, what: string): Uint8Array {
  const nonce = unsignedOf(integer, what);
  if (nonce.length > NONCE_LEN) throw malformed(what);
  return nonce;
}

/**
 * A request, DER, for a stamp with the authority's certificates in it, since who verifies it needs them.
 *
 * @param imprint SM3 of what is to be stamped, 32 bytes
 * @param nonce   1 to 32 fresh random bytes: they prove that the stamp was made for this request
 * @param policy  OID; any by default
 */
export function createTimeStampRequest(
  imprint: Uint8Array,
  nonce: Uint8Array,
  policy?: string,
): Uint8Array<ArrayBuffer> {
  const asked = policy === undefined ? [] : [objectIdentifier(policy)];
  return element(SEQUENCE, VERSION, encodeImprint(imprint), ...asked, encodeNonce(nonce), TRUE);
}

/** @throws OperationError MALFORMED; for extensions too, since none is known here and an authority must not pass over them */
export function parseTimeStampRequest(der: Uint8Array): TimeStampRequest {
  checkDer(der, MAX_LEN, WHAT);
  const [version, imprint, ...rest] = partsOf(der, SEQUENCE, WHAT);
  if (unsignedOf(version, WHAT).join() !== "1") throw malformed(WHAT);
  const take = (tag: number) => (rest[0]?.[0] === tag ? rest.shift() : undefined);
  const policy = take(OBJECT_IDENTIFIER);
  const nonce = take(INTEGER);
  const certificates = take(BOOLEAN);
  if (rest.length > 0) throw malformed(WHAT);
  return {
    imprint: readImprint(imprint, WHAT),
    policy: policy === undefined ? null : oidOf(policy, WHAT),
    nonce: nonce === undefined ? null : readNonce(nonce, WHAT),
    certificates: certificates !== undefined && contentsOf(certificates, BOOLEAN, WHAT)[0] === 0xff,
  };
}
