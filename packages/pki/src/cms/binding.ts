import type { Gm } from "@certbridge/gm";
import { algorithmOf } from "../algorithm.ts";
import { contentsOf, OCTET_STRING, partsOf, sameBytes, SEQUENCE } from "../der.ts";
import type { ForeignHash } from "../foreign-hash.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import type { Certificate } from "../x509/certificate.ts";
import { type SignerInfo, WHAT } from "./parse.ts";

const invalid = (why: string): ProofError => new ProofError("SIGNATURE_INVALID", why);

/** The hash of an ESSCertIDv2 { hashAlgorithm DEFAULT sha256, certHash, … }, RFC 5035 clause 4, and what makes it. */
function readV2(gm: Pick<Gm, "sm3">, id: readonly Uint8Array[], hash: ForeignHash | undefined) {
  const isDefault = id[0]?.[0] === OCTET_STRING;
  const algorithm = isDefault ? oid.sha256 : algorithmOf(id[0], WHAT);
  const certHash = contentsOf(id[isDefault ? 0 : 1], OCTET_STRING, WHAT);
  if (algorithm === oid.sm3) return { certHash, make: (der: Uint8Array) => gm.sm3(der) };
  if (algorithm !== oid.sha256 || hash === undefined) throw invalid("bound to a certificate by another hash than SM3");
  return { certHash, make: (der: Uint8Array) => hash("SHA-256", der) };
}

/** SigningCertificate and its version 2 › certs › the first, which is the signer's own, RFC 5035 clause 5. */
function firstId(attribute: Uint8Array): readonly Uint8Array[] {
  const [list] = partsOf(attribute, SEQUENCE, WHAT);
  const [id] = partsOf(list, SEQUENCE, WHAT);
  return partsOf(id, SEQUENCE, WHAT);
}

/**
 * Where a signed attribute binds a certificate, it must be this one. Version 2 binds by SM3 or SHA-256, version 1 by SHA-1; without
 * a `hash` such a version 2 is refused, and version 1 binds nothing.
 *
 * @param required refuses where nothing is bound
 * @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID
 */
export function checkBinding(
  gm: Pick<Gm, "sm3">,
  signer: SignerInfo,
  certificate: Certificate,
  { hash, required = false }: { readonly hash?: ForeignHash | undefined; readonly required?: boolean | undefined },
): void {
  const v2 = signer.attribute(oid.signingCertificateV2);
  const v1 = signer.attribute(oid.signingCertificate);
  const ids: { readonly certHash: Uint8Array; make(der: Uint8Array): Uint8Array }[] = [];
  if (v2 !== null) ids.push(readV2(gm, firstId(v2), hash));
  if (v1 !== null && hash !== undefined) {
    ids.push({ certHash: contentsOf(firstId(v1)[0], OCTET_STRING, WHAT), make: (der) => hash("SHA-1", der) });
  }
  if (required && ids.length === 0) throw invalid("bound to no certificate");
  if (!ids.every(({ certHash, make }) => sameBytes(certHash, make(certificate.der)))) {
    throw invalid("signed for another certificate");
  }
}
