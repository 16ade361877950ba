import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Name as AsnName, RelativeDistinguishedName } from "@peculiar/asn1-x509";
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

/** @param der a Name, already checked to be DER */
export function readName(der: Uint8Array): Name {
  const parsed = AsnConvert.parse(der, AsnName);
  const attribute = (type: string) => {
    for (const part of parsed) for (const entry of part) if (entry.type === type) return entry.value.toString();
    return null;
  };
  const parts = [...parsed].map((part) =>
    [...part].map(({ type, value }) => `${LABELS[type] ?? type}=${escapeValue(value.toString())}`).join("+"),
  );
  return {
    der,
    commonName: attribute(oid.commonName) ?? attribute(oid.organization) ?? "",
    organization: attribute(oid.organization),
    attribute,
    toString: () => parts.toReversed().join(","),
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
