/** SignedData of any shape, put together by hand and really signed. */
import { element, encodeSignature, oid, type ProofCode, ProofError, verifySignedData } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { gm, threeTiers } from "../../support/authority.ts";

export const { sub, leaf } = threeTiers();
export const content = new TextEncoder().encode("投标函");
export const expected = { contentType: oid.gmData };

export function codeOf(use: () => unknown): ProofCode | "MALFORMED" | "OK" {
  try {
    use();
    return "OK";
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    if (OperationError.is(error, "MALFORMED")) return "MALFORMED";
    throw error;
  }
}

export const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
export const OID = {
  sm3: "06082a811ccf55018311",
  sm2: "06092a811ccf5501822d01",
  sm2WithSm3: "06082a811ccf55018375",
  sha256: "0609608648016503040201",
  data: "060a2a811ccf550601040201",
  pkcs7Data: "06092a864886f70d010701",
  signedData: "060a2a811ccf550601040202",
  pkcs7SignedData: "06092a864886f70d010702",
  contentType: "06092a864886f70d010903",
  messageDigest: "06092a864886f70d010904",
  signingTime: "06092a864886f70d010905",
  signingCertificateV2: "060b2a864886f70d010910022f",
} as const;

export const sequence = (...parts: readonly (Uint8Array | string)[]): Uint8Array =>
  element(0x30, ...parts.map((part) => (typeof part === "string" ? bytes(part) : part)));
const set = (...parts: readonly Uint8Array[]): Uint8Array => element(0x31, ...parts);
export const attribute = (type: string, ...values: readonly Uint8Array[]): Uint8Array => sequence(type, set(...values));
export const attributes = {
  type: attribute(OID.contentType, bytes(OID.data)),
  digest: attribute(OID.messageDigest, element(4, gm.sm3(content))),
  time: attribute(OID.signingTime, element(0x17, new TextEncoder().encode("261123090000Z"))),
};
export const plain = [attributes.type, attributes.time, attributes.digest];
export const binding = (certificate: Uint8Array, algorithm = sequence(OID.sm3)) =>
  attribute(OID.signingCertificateV2, sequence(sequence(sequence(algorithm, element(4, gm.sm3(certificate))))));

export interface Shape {
  readonly type?: string;
  readonly dataType?: string;
  readonly attributes?: readonly Uint8Array[] | null;
  readonly digest?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly sid?: Uint8Array;
  readonly raw?: boolean;
  /** What follows the signature. */
  readonly behind?: readonly Uint8Array[];
  readonly signers?: number;
  readonly certificates?: readonly Uint8Array[];
  readonly crls?: boolean;
}

/** A message of any shape, signed by the leaf's key. */
export function craft(shape: Shape): Uint8Array {
  const inside = shape.attributes === null ? [] : (shape.attributes ?? plain);
  const message = shape.attributes === null ? content : set(...inside);
  const raw = gm.sm2Sign(leaf.privateKey, message);
  const serialNumber = element(2, bytes(leaf.certificate.serialNumber));
  const signer = sequence(
    "020101",
    shape.sid ?? sequence(leaf.certificate.issuer.der, serialNumber),
    shape.digest ?? sequence(OID.sm3),
    ...(shape.attributes === null ? [] : [element(0xa0, ...inside)]),
    shape.signature ?? sequence(OID.sm2),
    element(4, shape.raw === true ? raw : encodeSignature(raw)),
    ...(shape.behind ?? []),
  );
  const body = sequence(
    "020101",
    set(sequence(OID.sm3)),
    sequence(shape.dataType ?? OID.data, element(0xa0, element(4, content))),
    element(0xa0, ...(shape.certificates ?? [leaf.certificate.der])),
    ...(shape.crls === true ? [element(0xa1)] : []),
    set(...Array.from({ length: shape.signers ?? 1 }, () => signer)),
  );
  return sequence(shape.type ?? OID.signedData, element(0xa0, body));
}

export const verdict = (shape: Shape, contentType: string = oid.gmData) =>
  codeOf(() => verifySignedData(gm, craft(shape), { contentType }));

/** Contents of a DER element, whatever its length. */
function inner(der: Uint8Array): Uint8Array {
  const first = der[1] ?? 0;
  return der.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

/** The elements inside an element. */
function parts(der: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let rest = inner(der); rest.length > 0;) {
    const first = rest[1] ?? 0;
    const lenLen = first < 0x80 ? 0 : first & 0x7f;
    const len = lenLen === 0 ? first : rest.subarray(2, 2 + lenLen).reduce((sum, byte) => sum * 256 + byte, 0);
    found.push(rest.subarray(0, 2 + lenLen + len));
    rest = rest.subarray(2 + lenLen + len);
  }
  return found;
}

export function merge(message: Uint8Array, add: Uint8Array): Uint8Array {
  const bodyOf = (cms: Uint8Array) => parts(parts(parts(cms)[1] ?? cms)[0] ?? cms);
  const [version, algorithms, data, , signers] = bodyOf(message);
  const [, , , certificates, others] = bodyOf(add);
  if (!version || !algorithms || !data || !signers || !certificates || !others) throw new Error("unreachable");
  const both = set(...parts(signers), ...parts(others));
  return sequence(OID.signedData, element(0xa0, sequence(version, algorithms, data, certificates, both)));
}
