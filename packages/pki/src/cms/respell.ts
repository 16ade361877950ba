import { malformed, sameBytes } from "../der.ts";
import { WHAT } from "./parse.ts";
import { encodeSignedData } from "./signed-data.ts";
import type { VerifiedSignedData } from "./verify.ts";

/**
 * A message of one signer in GM/T 0010's form, written anew from what was verified of it: nothing is in it that no signature covers, but which other
 * certificates came along, each once and in their order. Formats that have one spelling refuse a message that is not equal to this one.
 *
 * @param detached leaves the content out, wherever it was
 * @throws OperationError MALFORMED where it has no signed attributes
 */
export function respellSignedData(
  { contentType, content, signer, certificates, signerInfo }: VerifiedSignedData,
  { detached = false } = {},
): Uint8Array<ArrayBuffer> {
  const { attributes, signature } = signerInfo;
  if (attributes === null) throw malformed(WHAT);
  const isFirst = (der: Uint8Array, place: number) =>
    certificates.findIndex((other) => sameBytes(other.der, der)) === place;
  return encodeSignedData({
    contentType,
    content: detached ? null : content,
    attributes,
    signature,
    certificate: signer,
    chain: certificates.filter(({ der }, place) => !sameBytes(der, signer.der) && isFirst(der, place)),
  });
}
