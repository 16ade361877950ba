import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Name as AsnName, RelativeDistinguishedName } from "@peculiar/asn1-x509";
import { contentOf, hexOf, malformed, oidOf, partsOf, SEQUENCE, SET } from "../der.ts";
import { oid } from "../oid.ts";

/** A distinguished name (甄别名), RFC 5280 clause 4.1.2.4. */
export interface Name {
  /** As it stands in the certificate: names are compared byte by byte. */
  readonly der: Uint8Array;
  /** The organization's where there is none. */
  readonly commonName: string;
  readonly organization: string | null;
  /** First value of an attribute. */
  attribute(type: string): string | null;
  /** As RFC 4514 writes it, for logs and lists: the most specific part first. Never for comparing. */
  toString(): string;
}

/** RFC 4514 clause 3. */
const LABELS: Readonly<Record<string, string>> = {
  [oid.commonName]: "CN",
  [oid.locality]: "L",
  [oid.province]: "ST",
  [oid.organization]: "O",
  [oid.organizationalUnit]: "OU",
  [oid.country]: "C",
  [oid.street]: "STREET",
  [oid.domainComponent]: "DC",
  [oid.userId]: "UID",
};

/** RFC 4514 clause 2.4; control characters too, since a name may end in a log. */
function escapeValue(text: string): string {
  return text
    .replaceAll(/[\\"+,;<>]/g, String.raw`\$&`)
    .replace(/^[ #]/, String.raw`\$&`)
    .replace(/(?<!\\) $/, String.raw`\ `)
    .replaceAll(/\p{Cc}/gu, (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

interface Attribute {
  readonly type: string;
  readonly text: string;
}

/** UniversalString: four bytes a character, big-endian. */
function decodeUniversal(contents: Uint8Array): string {
  const view = new DataView(contents.buffer, contents.byteOffset, contents.length);
  const points = Array.from({ length: contents.length >> 2 }, (_, place) => view.getUint32(4 * place));
  return String.fromCodePoint(...points.map((point) => (point > 0x10_ff_ff ? 0xff_fd : point)));
}

const decodeBy = (encoding: string) => {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (contents: Uint8Array) => decoder.decode(contents);
};
const decodeUtf8 = decodeBy("utf-8");

/** By tag: those of DirectoryString, and IA5String. PrintableString and IA5String are ASCII; TeletexString is read as everybody reads it. */
const DECODERS: Readonly<Record<number, (contents: Uint8Array) => string>> = {
  0x0c: decodeUtf8,
  0x13: decodeUtf8,
  0x14: decodeBy("latin1"),
  0x16: decodeUtf8,
  0x1c: decodeUniversal,
  0x1e: decodeBy("utf-16be"),
};

/** What is no string stands as its DER, hexadecimal. */
function readAttribute(der: Uint8Array, what: string): Attribute {
  const [type, value, more] = partsOf(der, SEQUENCE, what);
  if (value === undefined || more !== undefined) throw malformed(what);
  const decode = DECODERS[value[0] ?? 0];
  return { type: oidOf(type, what), text: decode === undefined ? hexOf(value) : decode(contentOf(value)) };
}

/**
 * The library is not asked: by its schemas two names took longer than all else in a certificate.
 *
 * @param der a Name, already checked to be DER
 * @throws OperationError MALFORMED, naming `what`
 */
export function readName(der: Uint8Array, what: string): Name {
  const parts = partsOf(der, SEQUENCE, what).map((part) =>
    partsOf(part, SET, what).map((entry) => readAttribute(entry, what)),
  );
  const attribute = (type: string) => parts.flat().find((entry) => entry.type === type)?.text ?? null;
  const spell = ({ type, text }: Attribute) => `${LABELS[type] ?? type}=${escapeValue(text)}`;
  return {
    der,
    commonName: attribute(oid.commonName) ?? attribute(oid.organization) ?? "",
    organization: attribute(oid.organization),
    attribute,
    toString: () =>
      parts
        .toReversed()
        .map((part) => part.map(spell).join("+"))
        .join(","),
  };
}

/** RFC 5280 appendix A: these two are PrintableString. */
const PRINTABLE_ONLY: readonly string[] = [oid.country, oid.serialNumber];

/** A name of these attributes, in order, as UTF8String where the standard leaves the choice. */
export function encodeName(attributes: readonly (readonly [type: string, value: string])[]): Uint8Array<ArrayBuffer> {
  const name = new AsnName(
    attributes.map(
      ([type, text]) =>
        new RelativeDistinguishedName([
          new AttributeTypeAndValue({
            type,
            value: new AttributeValue(PRINTABLE_ONLY.includes(type) ? { printableString: text } : { utf8String: text }),
          }),
        ]),
    ),
  );
  return new Uint8Array(AsnConvert.serialize(name));
}
