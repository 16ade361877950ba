/** Packages in the legacy profile as other programs write them: every family, length, chunk, name and layout of the field, put together by hand. */
import { encodeCiphertext, encodeSignedAttributes, objectIdentifier, oid } from "@certbridge/pki";
import { gm, NOW, type Party } from "./authority.ts";
import { bidder } from "./bid.ts";
import { IV, opener } from "./legacy.ts";

/** How another program writes; each has a usual value. */
export interface ForeignForm {
  readonly family?: "gm" | "pkcs7";
  /** Lengths of what is large: known beforehand, or with 00 00 behind it. */
  readonly lengths?: "definite" | "indefinite";
  /** Bytes of a chunk, in the envelope and in the SignedData; null for one string. */
  readonly cipherChunk?: number | null;
  readonly signedChunk?: number | null;
  readonly keyEncryption?: string;
  readonly cipher?: string;
  readonly layout?: "DER" | "04 C1C3C2" | "C1C3C2" | "04 C1C2C3" | "C1C2C3";
  readonly byKeyId?: boolean;
  /** Whether the signed octets are a ContentInfo, or EnvelopedData alone (RFC 5652). */
  readonly named?: boolean;
  readonly signedType?: string;
  readonly recipient?: Party;
  /** Behind the padding's place: for what is no padding. */
  readonly lastBlock?: (last: Uint8Array) => Uint8Array;
}

const lenOf = (len: number): number[] => {
  if (len < 0x80) return [len];
  const digits: number[] = [];
  for (let rest = len; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 | digits.length, ...digits];
};

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lenOf(body.length)]), body]);
};

const open = (tag: number, ...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([Buffer.of(tag, 0x80), ...parts, Buffer.of(0, 0)]);

const NULL = Buffer.of(5, 0);
const id = (dotted: string): Uint8Array => objectIdentifier(dotted);
const version = (number: number): Buffer => Buffer.of(2, 1, number);

/** The five layouts of an SM2 ciphertext, from 04 ‖ C1 ‖ C3 ‖ C2. */
function lay(raw: Uint8Array, layout: NonNullable<ForeignForm["layout"]>): Uint8Array {
  const [c1, c3, c2] = [raw.subarray(1, 65), raw.subarray(65, 97), raw.subarray(97)];
  switch (layout) {
    case "04 C1C3C2":
      return raw;
    case "C1C3C2":
      return raw.subarray(1);
    case "04 C1C2C3":
      return Buffer.concat([Buffer.of(4), c1, c2, c3]);
    case "C1C2C3":
      return Buffer.concat([c1, c2, c3]);
    case "DER":
      return encodeCiphertext(raw);
  }
}

/** A package around this content. */
export function makeForeign(content: Uint8Array, form: ForeignForm = {}): Uint8Array {
  const { family = "gm", lengths = "definite", cipherChunk = null, signedChunk = null, named = true } = form;
  const { recipient = opener, keyEncryption = oid.sm2Encryption, cipher = oid.sm4Cbc } = form;
  const large = lengths === "definite" ? tlv : open;
  const own = family === "gm";
  const names = own
    ? { data: oid.gmData, signed: oid.gmSignedData, enveloped: oid.gmEnvelopedData }
    : { data: oid.pkcs7Data, signed: oid.pkcs7SignedData, enveloped: oid.pkcs7EnvelopedData };

  function string(tag: number, bytes: Uint8Array, chunk: number | null): Buffer {
    if (chunk === null) return tlv(tag, bytes);
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += chunk) chunks.push(tlv(4, bytes.subarray(at, at + chunk)));
    return large(tag | 0x20, ...chunks);
  }

  const contentKey = gm.sm3(content).slice(0, 16);
  const { certificate } = recipient;
  const rid =
    form.byKeyId === true
      ? tlv(0x80, Buffer.from(certificate.subjectKeyId ?? "", "hex"))
      : tlv(0x30, certificate.issuer.der, tlv(2, Buffer.from(certificate.serialNumber, "hex")));
  const sealed = lay(gm.sm2Encrypt(certificate.publicKey, contentKey), form.layout ?? "DER");
  const infos = tlv(
    0x31,
    tlv(0x30, version(own ? 1 : 0), rid, tlv(0x30, id(keyEncryption), ...(own ? [NULL] : [])), tlv(4, sealed)),
  );
  const whole = gm.sm4CbcEncrypt(contentKey, IV, content);
  const text = form.lastBlock?.(whole) ?? whole;
  const encrypted = large(0x30, id(names.data), tlv(0x30, id(cipher), tlv(4, IV)), string(0x80, text, cipherChunk));
  const enveloped = large(0x30, version(own ? 1 : 0), infos, encrypted);
  const envelope = named ? large(0x30, id(names.enveloped), large(0xa0, enveloped)) : enveloped;

  const contentType = form.signedType ?? names.enveloped;
  const { certificate: by, privateKey } = bidder;
  const digest = gm.sm3(envelope);
  const attributes = encodeSignedAttributes(gm, { contentType, digest, signedAt: NOW, certificate: by });
  const signature = gm.sm2Sign(privateKey, attributes);
  const implicit = Buffer.from(attributes);
  implicit[0] = 0xa0;
  const integer = (part: Uint8Array): Buffer => {
    const digits = Buffer.from(part).subarray(
      Math.max(
        0,
        part.findIndex((byte) => byte !== 0),
      ),
    );
    return tlv(2, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
  };
  const signer = tlv(
    0x30,
    version(1),
    tlv(0x30, by.issuer.der, tlv(2, Buffer.from(by.serialNumber, "hex"))),
    tlv(0x30, id(oid.sm3)),
    implicit,
    tlv(0x30, id(own ? oid.sm2Signature : oid.sm2WithSm3)),
    own ? tlv(4, tlv(0x30, integer(signature.subarray(0, 32)), integer(signature.subarray(32)))) : tlv(4, signature),
  );
  const inside = large(0x30, id(contentType), large(0xa0, string(4, envelope, signedChunk)));
  const body = large(
    0x30,
    version(own ? 1 : 3),
    tlv(0x31, tlv(0x30, id(oid.sm3), NULL)),
    inside,
    large(0xa0, by.der),
    tlv(0x31, signer),
  );
  return new Uint8Array(large(0x30, id(names.signed), large(0xa0, body)));
}
