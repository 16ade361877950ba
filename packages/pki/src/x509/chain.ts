import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { sameBytes } from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { type Certificate, isForEncryption, isForSigning } from "./certificate.ts";

/** What verifyChain proved: the path from the leaf to a trusted root, both included. */
export interface TrustedChain {
  readonly leaf: Certificate;
  readonly path: readonly Certificate[];
  readonly anchor: Certificate;
}

export interface ChainOptions {
  readonly leaf: Certificate;
  /** Candidates in any order; what does not belong is left aside. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly at: Date;
  readonly usage: "sign" | "encrypt";
}

/** Extensions that are understood here; another one marked critical refuses the path, RFC 5280 clause 4.2. */
const UNDERSTOOD: readonly string[] = [
  oid.keyUsage,
  oid.basicConstraints,
  oid.subjectKeyIdentifier,
  oid.authorityKeyIdentifier,
  oid.certificatePolicies,
  oid.extendedKeyUsage,
  oid.subjectAlternativeName,
];

function checkDates(certificate: Certificate, at: Date): void {
  if (at < certificate.notBefore) throw new ProofError("CERTIFICATE_NOT_YET_VALID");
  if (at > certificate.notAfter) throw new ProofError("CERTIFICATE_EXPIRED");
}

/** Name chaining by bytes, and key identifiers where both sides have them. */
function mayHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  const ids =
    issuer.subjectKeyId === null || subject.authorityKeyId === null || issuer.subjectKeyId === subject.authorityKeyId;
  return ids && sameBytes(issuer.subject.der, subject.issuer.der);
}

/** RFC 5280 clause 6.1.4 (k) to (n): the issuer is a CA, may sign certificates, and allows this many CAs below it. */
function checkIssuer(issuer: Certificate, casBelow: number): void {
  const { basicConstraints, keyUsage } = issuer;
  if (basicConstraints?.ca !== true) throw new ProofError("CHAIN_CONSTRAINT", "an issuer that is no CA");
  if (keyUsage !== null && !keyUsage.has("keyCertSign"))
    throw new ProofError("CHAIN_CONSTRAINT", "keyCertSign missing");
  if (basicConstraints.pathLen !== null && casBelow > basicConstraints.pathLen) {
    throw new ProofError("CHAIN_CONSTRAINT", "pathLen passed");
  }
}

function checkSignature(gm: Pick<Gm, "sm2Verify">, certificate: Certificate, issuer: Certificate): void {
  if (!gm.sm2Verify(issuer.publicKey, certificate.tbs, certificate.signature))
    throw new ProofError("SIGNATURE_INVALID");
}

/**
 * Finds and checks a path from the leaf to a trusted root, RFC 5280 clause 6.1 as far as GM/T 0015 uses it.
 *
 * @throws ProofError
 */
export function verifyChain(gm: Pick<Gm, "sm2Verify">, options: ChainOptions): TrustedChain {
  const { leaf, at } = options;
  checkDates(leaf, at);
  if (leaf.basicConstraints?.ca === true) throw new ProofError("CERTIFICATE_USAGE", "a CA's certificate");
  if (options.usage === "sign" ? !isForSigning(leaf) : !isForEncryption(leaf))
    throw new ProofError("CERTIFICATE_USAGE");

  const path: Certificate[] = [leaf];
  for (let current = leaf; path.length <= limits.chainCertificates;) {
    const unknown = current.critical.find((type) => !UNDERSTOOD.includes(type));
    if (unknown !== undefined) throw new ProofError("CHAIN_CONSTRAINT", `critical extension ${unknown}`);
    const anchor = options.anchors.find((candidate) => mayHaveIssued(candidate, current));
    const issuer =
      anchor ??
      options.intermediates.find((candidate) => mayHaveIssued(candidate, current) && !path.includes(candidate));
    if (issuer === undefined) throw new ProofError("CHAIN_UNTRUSTED");
    checkDates(issuer, at);
    checkIssuer(issuer, path.length - 1);
    checkSignature(gm, current, issuer);
    path.push(issuer);
    if (anchor !== undefined) {
      if (path.length > limits.chainCertificates) break;
      return { leaf, path, anchor };
    }
    current = issuer;
  }
  throw new ProofError("CHAIN_CONSTRAINT", `more than ${limits.chainCertificates} certificates`);
}
