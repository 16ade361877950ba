import { algorithmOf, nullAlgorithm } from "../algorithm.ts";
import { contentsOf, element, malformed, OCTET_STRING, octetString, partsOf, SEQUENCE } from "../der.ts";
import { oid } from "../oid.ts";

/** MessageImprint, RFC 3161 clause 2.4.1: what is stamped, by its hash. */
export interface MessageImprint {
  /** OID of the hash. SM3 alone can be stamped and verified here; others are read so that they can be named. */
  readonly algorithm: string;
  /** 32 bytes where the hash is SM3; else as it came. */
  readonly digest: Uint8Array;
}

const DIGEST_LEN = 32;

/** @param digest SM3, 32 bytes. @throws RangeError for another length */
export function encodeImprint(digest: Uint8Array): Uint8Array<ArrayBuffer> {
  if (digest.length !== DIGEST_LEN) throw new RangeError(`"imprint" expected ${DIGEST_LEN} bytes`);
  return element(SEQUENCE, nullAlgorithm(oid.sm3), octetString(digest));
}

/** @throws OperationError MALFORMED, naming `what` */
export function readImprint(der: Uint8Array | undefined, what: string): MessageImprint {
  const [hash, hashed, more] = partsOf(der, SEQUENCE, what);
  const algorithm = algorithmOf(hash, what);
  const digest = contentsOf(hashed, OCTET_STRING, what);
  if (more !== undefined || (algorithm === oid.sm3 && digest.length !== DIGEST_LEN)) throw malformed(what);
  return { algorithm, digest };
}
