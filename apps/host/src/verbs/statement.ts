/** What login and register have in common: digests of the statement, and the signed statement as the server gets it. */
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import type { StatementDigests } from "@certbridge/protocol/statement";
import type { Holder } from "../holder.ts";
import type { Host } from "../host.ts";

/** @param origin ASCII, by the schema */
export function digestsOf({ gm }: Host, holder: Holder, origin: string, nonce: string): StatementDigests {
  return {
    origin: gm.sm3(Buffer.from(origin, "latin1")),
    nonce: gm.sm3(decodeBase64Url(nonce)),
    certificate: gm.sm3(holder.certificate.der),
  };
}

interface SignedStatement<F extends string> {
  readonly format: F;
  readonly certificate: string;
  readonly chain?: string[];
  readonly signature: string;
  readonly algorithm: "SM2-SM3";
}

export function encodeSigned<const F extends string>(
  format: F,
  holder: Holder,
  signature: Uint8Array,
): SignedStatement<F> {
  const chain = holder.chain.slice(0, limits.chainCertificates).map(({ der }) => encodeBase64Url(der));
  return {
    format,
    certificate: encodeBase64Url(holder.certificate.der),
    ...(chain.length === 0 ? {} : { chain }),
    signature: encodeBase64Url(signature),
    algorithm: "SM2-SM3",
  };
}
