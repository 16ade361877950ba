import { limits } from "@certbridge/protocol/limits";
import { checkDer, element, elementsOf, malformed, oidOf, partsOf, SEQUENCE, SET, setOf } from "../der.ts";
import { type Attribute, encodeAttribute, UNSIGNED_ATTRIBUTES } from "./attributes.ts";
import { parseSignedData, WHAT } from "./parse.ts";
import { contentPieces, frame } from "./signed-data.ts";

/** What is put to a finished SignedData: neither touches what is signed. */

/**
 * The SignedData with its content put inside, from one made without: the signature covers the content's digest, so that it
 * stays as it is. Whether the content is the one that was signed is for the verifier to say.
 *
 * @param cms at most a native frame long
 * @throws OperationError MALFORMED where this is no SignedData, or has its content already
 */
export function attachContent(cms: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  checkDer(cms, limits.nativeFrameLen, WHAT);
  const [type, wrapped] = partsOf(cms, SEQUENCE, WHAT);
  const [version, algorithms, inner, ...rest] = partsOf(partsOf(wrapped, 0xa0, WHAT)[0], SEQUENCE, WHAT);
  const [contentType, already] = partsOf(inner, SEQUENCE, WHAT);
  oidOf(contentType, WHAT);
  if (type === undefined || contentType === undefined || version === undefined || algorithms === undefined) {
    throw malformed(WHAT);
  }
  if (already !== undefined) throw malformed(WHAT);
  return frame(type, [version, algorithms, ...contentPieces(contentType, content), ...rest]);
}

/**
 * The SignedData of one signer with one more attribute beside his signature, unsigned: so a time stamp of the signature comes to it
 * (RFC 3161 appendix A). What it says is for its reader to verify.
 *
 * @throws OperationError MALFORMED where this is no SignedData of one signer, the value is no DER, or there is no room for one more
 */
export function addUnsignedAttribute(cms: Uint8Array, attribute: Attribute): Uint8Array<ArrayBuffer> {
  checkDer(attribute.value, limits.nativeFrameLen, "attribute");
  if (parseSignedData(cms).signers.length !== 1) throw malformed(WHAT);
  const [type, wrapped] = partsOf(cms, SEQUENCE, WHAT);
  const parts = partsOf(partsOf(wrapped, 0xa0, WHAT)[0], SEQUENCE, WHAT);
  const signer = partsOf(partsOf(parts.at(-1), SET, WHAT)[0], SEQUENCE, WHAT);
  const last = signer.at(-1);
  if (type === undefined || last === undefined) throw malformed(WHAT);
  const known = last[0] === UNSIGNED_ATTRIBUTES ? elementsOf(last, WHAT) : [];
  const signed = last[0] === UNSIGNED_ATTRIBUTES ? signer.slice(0, -1) : signer;
  const unsigned = setOf(UNSIGNED_ATTRIBUTES, ...known, encodeAttribute(attribute));
  const added = frame(type, [...parts.slice(0, -1), element(SET, element(SEQUENCE, ...signed, unsigned))]);
  parseSignedData(added);
  return added;
}
