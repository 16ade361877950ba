import type { Gm } from "@certbridge/gm";
import { limits } from "@certbridge/protocol/limits";
import {
  checkDer,
  contentsOf,
  element,
  elementPieces,
  encodeTime,
  hexOf,
  join,
  malformed,
  OCTET_STRING,
  oidOf,
  partsOf,
  sameBytes,
  SEQUENCE,
  timeOf,
  unsignedInteger,
  unsignedOf,
} from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { isTimeTag } from "../time.ts";
import { type Certificate, serialOf } from "./certificate.ts";
import { authorityExtension, encodeExtension, type Issuer } from "./issue.ts";
import { checkSameAlgorithm, encodeSigned, frameOf, parseSigned, signatureAlgorithm } from "./signed.ts";

/** A certificate revocation list (证书吊销列表), RFC 5280 clause 5: complete, direct, of one issuer. */
export interface RevocationList {
  readonly tbs: Uint8Array;
  /** r ‖ s, 64 bytes. */
  readonly signature: Uint8Array;
  /** The issuer's name, DER. */
  readonly issuer: Uint8Array;
  /** CRLNumber, which only grows; 0 where the list carries none. */
  readonly number: bigint;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Serial numbers as in {@link Certificate.serialNumber}. */
  readonly revoked: ReadonlySet<string>;
}

const WHAT = "revocation list";
const MAX_LEN = 8 * 1024 * 1024;
/** CRLNumber: 20 bytes, and its header. RFC 5280 clause 5.2.3. */
const NUMBER_LEN = 22;
/** Of the signed part, the version with it. */
const MAX_FIELDS = 7;
const V2 = unsignedInteger(Uint8Array.of(1));

/** A list, DER, in version 2 with CRLNumber and the issuer's key identifier. */
export function issueRevocationList(
  gm: Gm,
  content: {
    readonly number: number | bigint;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    /** Serial numbers unsigned, big-endian. */
    readonly revoked: readonly { readonly serialNumber: Uint8Array; readonly at: Date }[];
  },
  issuer: Issuer,
): Uint8Array<ArrayBuffer> {
  const entries = content.revoked.map(({ serialNumber, at }) =>
    element(SEQUENCE, unsignedInteger(serialNumber), encodeTime(at)),
  );
  const number = unsignedInteger(bytesOf(BigInt(content.number)));
  const extensions = [authorityExtension(gm, issuer.publicKey), encodeExtension(oid.crlNumber, false, number)];
  const tbs = element(
    SEQUENCE,
    V2,
    signatureAlgorithm(),
    issuer.name,
    encodeTime(content.thisUpdate),
    encodeTime(content.nextUpdate),
    // RFC 5280 clause 5.1.2.6: where nothing is revoked the entries must be absent.
    ...(entries.length > 0 ? [join(elementPieces(SEQUENCE, entries))] : []),
    element(0xa0, element(SEQUENCE, ...extensions)),
  );
  return encodeSigned(gm, tbs, issuer.privateKey);
}

/** Big-endian, 20 bytes. @throws RangeError beyond them */
function bytesOf(number: bigint): Uint8Array {
  if (number < 0n || number >= 1n << 159n) throw new RangeError('"number" expected 0 to 2¹⁵⁹ − 1');
  return Uint8Array.from({ length: 20 }, (_, at) => Number((number >> BigInt(8 * (19 - at))) & 255n));
}

/**
 * Extensions by name. None that may be critical is known here: partial, indirect and delta lists say so in one, and taken for
 * complete ones they would hide revocations.
 */
function readExtensions(der: Uint8Array | undefined): ReadonlyMap<string, Uint8Array> {
  const extensions = new Map<string, Uint8Array>();
  for (const extension of der === undefined ? [] : partsOf(der, SEQUENCE, WHAT)) {
    const parts = partsOf(extension, SEQUENCE, WHAT);
    const type = oidOf(parts[0], WHAT);
    const value = contentsOf(parts.at(-1), OCTET_STRING, WHAT);
    if (extensions.has(type) || parts.length > 3) throw malformed(WHAT);
    if (parts.length === 3 && parts[1]?.join() !== "1,1,0") {
      throw new ProofError("CHAIN_CONSTRAINT", `critical extension ${type}`);
    }
    extensions.set(type, value);
  }
  return extensions;
}

/** What the signed part has: version or not, then algorithm, issuer, dates, entries and extensions. RFC 5280 clause 5.1. */
function fieldsOf(tbs: Uint8Array): { readonly versioned: boolean; readonly fields: readonly Uint8Array[] } {
  const parts = partsOf(tbs, SEQUENCE, WHAT, MAX_FIELDS);
  const versioned = parts[0]?.[0] === V2[0];
  if (versioned && !sameBytes(parts[0] ?? V2, V2)) throw malformed(WHAT);
  return { versioned, fields: versioned ? parts.slice(1) : parts };
}

/**
 * Nothing is proved yet: {@link verifyRevocationList} does.
 *
 * @throws OperationError MALFORMED; without nextUpdate too, which RFC 5280 clause 5.1.2.5 demands · ProofError CHAIN_CONSTRAINT: a
 * critical extension, as partial and indirect lists carry
 */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const signed = parseSigned(new Uint8Array(der), MAX_LEN, WHAT, limits.revocationListElements);
  const { versioned, fields } = fieldsOf(signed.tbs);
  const [algorithm, issuer, thisUpdate, nextUpdate, ...rest] = fields;
  checkSameAlgorithm(signed, algorithm, WHAT);
  if (issuer?.[0] !== SEQUENCE || !isTimeTag(nextUpdate?.[0])) throw malformed(WHAT);
  const entries = rest[0]?.[0] === SEQUENCE ? partsOf(rest.shift(), SEQUENCE, WHAT, limits.revocationListEntries) : [];
  const wrapped = rest.shift();
  if (rest.length > 0 || (wrapped !== undefined && !versioned)) throw malformed(WHAT);
  const extensions = readExtensions(wrapped === undefined ? undefined : partsOf(wrapped, 0xa0, WHAT)[0]);
  return {
    tbs: signed.tbs,
    signature: signed.signature,
    issuer,
    number: readNumber(extensions.get(oid.crlNumber)),
    thisUpdate: timeOf(thisUpdate, WHAT),
    nextUpdate: timeOf(nextUpdate, WHAT),
    revoked: new Set(entries.map(readEntry)),
  };
}

function readNumber(extension: Uint8Array | undefined): bigint {
  if (extension === undefined) return 0n;
  checkDer(extension, NUMBER_LEN, WHAT);
  return BigInt(`0x${hexOf(unsignedOf(extension, WHAT))}`);
}

/** Serial number of an entry; its date and reason do not matter, for what is revoked stays so. */
function readEntry(entry: Uint8Array): string {
  const [serialNumber, at, extensions] = partsOf(entry, SEQUENCE, WHAT);
  // Its form was looked at with all else; as an instant it is not needed, of which there may be very many.
  if (!isTimeTag(at?.[0])) throw malformed(WHAT);
  if (extensions !== undefined) readExtensions(extensions);
  return serialOf(serialNumber, WHAT);
}

/**
 * The list, as signed by this issuer, whenever: for a caller who judges its dates. Issuer and signature come first, so that a large list of somebody else's
 * costs one pass of SM3 and none over its entries.
 *
 * @param issuer whose own chain the caller has verified
 * @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID, CHAIN_UNTRUSTED (another issuer), CHAIN_CONSTRAINT
 */
export function verifyListSignature(gm: Pick<Gm, "sm2Verify">, der: Uint8Array, issuer: Certificate): RevocationList {
  const bytes = new Uint8Array(der);
  const { tbs, signature } = frameOf(bytes, MAX_LEN, WHAT);
  const [, name] = fieldsOf(tbs).fields;
  if (name?.[0] !== SEQUENCE) throw malformed(WHAT);
  if (!sameBytes(name, issuer.subject.der)) throw new ProofError("CHAIN_UNTRUSTED");
  if (issuer.keyUsage !== null && !issuer.keyUsage.has("crlSign")) {
    throw new ProofError("CHAIN_CONSTRAINT", "cRLSign missing");
  }
  if (!gm.sm2Verify(issuer.publicKey, tbs, signature)) throw new ProofError("SIGNATURE_INVALID");
  return parseRevocationList(bytes);
}

/**
 * The list, as signed by this issuer and in force at this instant.
 *
 * @param issuer whose own chain the caller has verified
 * @throws as {@link verifyListSignature} does · ProofError REVOCATION_STALE
 */
export function verifyRevocationList(
  gm: Pick<Gm, "sm2Verify">,
  der: Uint8Array,
  issuer: Certificate,
  at: Date,
): RevocationList {
  const list = verifyListSignature(gm, der, issuer);
  // Written so that an instant that is no date refuses.
  if (!(at >= list.thisUpdate && at <= list.nextUpdate)) throw new ProofError("REVOCATION_STALE");
  return list;
}

/** Whether the list names this certificate. @throws ProofError CHAIN_UNTRUSTED where it is another issuer's list */
export function isRevoked(list: RevocationList, certificate: Certificate): boolean {
  if (!sameBytes(list.issuer, certificate.issuer.der)) throw new ProofError("CHAIN_UNTRUSTED");
  return list.revoked.has(certificate.serialNumber);
}
