/** Time stamp tokens of any shape, put together by hand and really signed. */
import { type CertificateContent, element, type ExpectedTimeStamp, hexOf, verifyTimeStampToken } from "@certbridge/pki";
import { gm, NOW, threeTiers, timeStamper } from "../../support/authority.ts";
import { attribute, binding, bytes, codeOf, content, OID, sequence } from "./crafted.ts";

export const { root, sub } = threeTiers();
export const authority = (more: Partial<CertificateContent> = {}) => timeStamper(sub, more);
export const tsa = authority();
const keySm3 = hexOf(gm.sm3(tsa.publicKey));

export const imprint = gm.sm3(content);
export const genTime = new Date(NOW.getTime() + 120);
const expected: ExpectedTimeStamp = { imprint, trusted: [keySm3] };
export const verify = (token: Uint8Array, more: Partial<ExpectedTimeStamp> = {}) =>
  verifyTimeStampToken(gm, token, { ...expected, ...more });
export const verdict = (token: Uint8Array, more: Partial<ExpectedTimeStamp> = {}) => codeOf(() => verify(token, more));

const TST_INFO = "060b2a864886f70d0109100104";
export const SHA1_BINDING = "060b2a864886f70d010910020c";

export interface StampShape {
  readonly by?: ReturnType<typeof authority>;
  readonly version?: string;
  readonly imprint?: Uint8Array;
  readonly time?: Uint8Array;
  /** Behind genTime. */
  readonly rest?: readonly (Uint8Array | string)[];
  /** In place of the whole info. */
  readonly info?: Uint8Array;
  readonly type?: string;
  readonly bound?: readonly Uint8Array[];
  readonly detached?: boolean;
}

export const time = (text: string, tag = 0x18) => element(tag, new TextEncoder().encode(text));

/** A token of any shape, put together by hand and really signed. */
export function craftStamp(shape: StampShape): Uint8Array {
  const { by = tsa } = shape;
  const info =
    shape.info ??
    sequence(
      shape.version ?? "020101",
      "06052a811c0102",
      shape.imprint ?? sequence(sequence(OID.sm3), element(4, imprint)),
      "020105",
      shape.time ?? time("20261123090000.12Z"),
      ...(shape.rest ?? []),
    );
  const type = shape.type ?? TST_INFO;
  const attributes = [
    attribute(OID.contentType, bytes(type)),
    attribute(OID.messageDigest, element(4, gm.sm3(info))),
    ...(shape.bound ?? [binding(by.certificate.der)]),
  ];
  const signature = gm.sm2Sign(by.privateKey, element(0x31, ...attributes));
  const signer = sequence(
    "020101",
    sequence(by.certificate.issuer.der, element(2, bytes(by.certificate.serialNumber))),
    sequence(OID.sm3),
    element(0xa0, ...attributes),
    sequence(OID.sm2WithSm3),
    element(4, signature),
  );
  const body = sequence(
    "020103",
    element(0x31, sequence(OID.sm3)),
    sequence(type, ...(shape.detached === true ? [] : [element(0xa0, element(4, info))])),
    element(0xa0, by.certificate.der),
    element(0x31, signer),
  );
  return sequence(OID.pkcs7SignedData, element(0xa0, body));
}
