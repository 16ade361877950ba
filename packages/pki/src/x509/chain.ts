import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import { sameBytes } from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { type Certificate, isForEncryption, isForSigning, isForTimeStamping } from "./certificate.ts";

/** What verifyChain proved: the path from the leaf to a trusted root, both included. */
export interface TrustedChain {
  readonly leaf: Certificate;
  readonly path: readonly Certificate[];
  readonly anchor: Certificate;
}

/** What {@link verifyChain} is to prove, from what, at which instant. */
export interface ChainOptions {
  readonly leaf: Certificate;
  /** Candidates in any order; what does not belong is left aside. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly at: Date;
  /** What the leaf's key is to do. `certSign`: the leaf is a CA's certificate; `timeStamp`: a time stamping authority's. */
  readonly usage: "sign" | "encrypt" | "certSign" | "timeStamp";
  /** Certificates in the path, leaf and root included; at most, and by default, 5. */
  readonly maxLen?: number;
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

/** Purposes that a bidder's certificate has; a critical list without any of them means another kind, such as a time stamper's. */
const PURPOSES: readonly string[] = [oid.anyExtendedKeyUsage, oid.clientAuth, oid.emailProtection];

/** Signatures that are verified before the search gives up: somebody may send many certificates of one name. */
const TRIES = 64;

function isCa(certificate: Certificate): boolean {
  return certificate.basicConstraints?.ca === true;
}

function isSelfIssued({ subject, issuer }: Certificate): boolean {
  return sameBytes(subject.der, issuer.der);
}

/** Dates and critical extensions, of every certificate of the path. RFC 5280 clause 6.1.3 (a)(2), 6.1.4 (o). */
function flawOf(certificate: Certificate, at: Date): ProofError | null {
  if (at < certificate.notBefore) return new ProofError("CERTIFICATE_NOT_YET_VALID");
  if (at > certificate.notAfter) return new ProofError("CERTIFICATE_EXPIRED");
  const unknown = certificate.critical.find((type) => !UNDERSTOOD.includes(type));
  return unknown === undefined ? null : new ProofError("CHAIN_CONSTRAINT", `critical extension ${unknown}`);
}

/** What is wrong with this leaf for this use. */
function leafFlawOf(leaf: Certificate, usage: ChainOptions["usage"]): ProofError | null {
  if (usage === "certSign") {
    const signs = isCa(leaf) && (leaf.keyUsage === null || leaf.keyUsage.has("keyCertSign"));
    return signs ? null : new ProofError("CERTIFICATE_USAGE", "no CA's certificate");
  }
  if (usage === "timeStamp") return isForTimeStamping(leaf) ? null : new ProofError("CERTIFICATE_USAGE");
  if (isCa(leaf)) return new ProofError("CERTIFICATE_USAGE", "a CA's certificate");
  if (usage === "sign" ? !isForSigning(leaf) : !isForEncryption(leaf)) return new ProofError("CERTIFICATE_USAGE");
  const other =
    leaf.critical.includes(oid.extendedKeyUsage) && !leaf.extendedKeyUsage.some((type) => PURPOSES.includes(type));
  return other ? new ProofError("CERTIFICATE_USAGE", "another extended key usage") : null;
}

/** Name chaining by bytes, and key identifiers where both sides have them. */
function mayHaveIssued(issuer: Certificate, subject: Certificate): boolean {
  const ids =
    issuer.subjectKeyId === null || subject.authorityKeyId === null || issuer.subjectKeyId === subject.authorityKeyId;
  return ids && sameBytes(issuer.subject.der, subject.issuer.der);
}

/**
 * What is wrong with this issuer above this path: RFC 5280 clause 6.1.3 (a)(1), then 6.1.4 (k) to (n): it is a CA, may sign
 * certificates, and allows this many CAs below it (self-issued ones are not counted).
 */
function issuerFlawOf(
  gm: Pick<Gm, "sm2Verify">,
  issuer: Certificate,
  path: readonly Certificate[],
  at: Date,
): ProofError | null {
  const below = path.at(-1);
  if (below === undefined || !gm.sm2Verify(issuer.publicKey, below.tbs, below.signature)) {
    return new ProofError("SIGNATURE_INVALID");
  }
  const { keyUsage, basicConstraints } = issuer;
  if (!isCa(issuer)) return new ProofError("CHAIN_CONSTRAINT", "an issuer that is no CA");
  if (keyUsage !== null && !keyUsage.has("keyCertSign"))
    return new ProofError("CHAIN_CONSTRAINT", "keyCertSign missing");
  const pathLen = basicConstraints?.pathLen ?? null;
  const casBelow = path.slice(1).filter((certificate) => !isSelfIssued(certificate)).length;
  if (pathLen !== null && casBelow > pathLen) return new ProofError("CHAIN_CONSTRAINT", "pathLen passed");
  return flawOf(issuer, at);
}

/** Of two reasons the one that says more: of a certificate that is really above, before one that is not above at all. */
function worse(known: ProofError | null, found: ProofError): ProofError {
  if (known === null) return found;
  const weight = ({ code }: ProofError) => (code === "CHAIN_UNTRUSTED" ? 0 : code === "SIGNATURE_INVALID" ? 1 : 2);
  return weight(found) > weight(known) ? found : known;
}

/** The path that goes on from this one to a root, or the reason why there is none. */
function findPath(
  gm: Pick<Gm, "sm2Verify">,
  options: ChainOptions,
  path: readonly Certificate[],
  tries: { left: number },
): TrustedChain | ProofError {
  const { anchors, at, intermediates, leaf, maxLen = limits.chainCertificates } = options;
  const current = path.at(-1) ?? leaf;
  const fits = (candidate: Certificate) =>
    mayHaveIssued(candidate, current) && !path.some(({ der }) => sameBytes(der, candidate.der));
  const candidates = [
    ...anchors.filter(fits).map((issuer) => ({ issuer, trusted: true })),
    ...intermediates.filter(fits).map((issuer) => ({ issuer, trusted: false })),
  ];
  let reason: ProofError | null = null;
  for (const { issuer, trusted } of candidates) {
    if (path.length >= Math.min(maxLen, limits.chainCertificates)) {
      return worse(reason, new ProofError("CHAIN_CONSTRAINT", "too many certificates"));
    }
    if (tries.left-- <= 0) return worse(reason, new ProofError("CHAIN_UNTRUSTED", "too many candidates"));
    const flaw = issuerFlawOf(gm, issuer, path, at);
    const longer = [...path, issuer];
    if (flaw === null && trusted) return { leaf, path: longer, anchor: issuer };
    const found = flaw ?? findPath(gm, options, longer, tries);
    if (!(found instanceof ProofError)) return found;
    reason = worse(reason, found);
  }
  return reason ?? new ProofError("CHAIN_UNTRUSTED");
}

/**
 * Finds and checks a path from the leaf to a trusted root, RFC 5280 clause 6.1 as far as GM/T 0015 uses it: signatures with the
 * default distinguishing id, dates of every certificate, names, key identifiers, basicConstraints, keyUsage, path length,
 * critical extensions. Policies are read, not processed; critical name constraints are refused. Revocation is the caller's.
 *
 * @throws ProofError SIGNATURE_INVALID, CHAIN_UNTRUSTED, CHAIN_CONSTRAINT, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID,
 * CERTIFICATE_USAGE · RangeError where `at` is no date
 */
export function verifyChain(gm: Pick<Gm, "sm2Verify">, options: ChainOptions): TrustedChain {
  const { leaf, at, usage } = options;
  if (Number.isNaN(at.getTime())) throw new RangeError('"at" expected a date');
  const flaw = flawOf(leaf, at) ?? leafFlawOf(leaf, usage);
  if (flaw !== null) throw flaw;
  const found = findPath(gm, options, [leaf], { left: TRIES });
  if (found instanceof ProofError) throw found;
  return found;
}
