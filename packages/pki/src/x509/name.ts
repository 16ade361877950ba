import { AsnConvert } from "@peculiar/asn1-schema";
import { AttributeTypeAndValue, AttributeValue, Name as AsnName, RelativeDistinguishedName } from "@peculiar/asn1-x509";
import { oid } from "../oid.ts";

/** A distinguished name (甄别名), RFC 5280 clause 4.1.2.4. */
export interface Name {
  /** As it stands in the certificate: names are compared byte by byte. */
  readonly der: Uint8Array;
  readonly commonName: string;
  readonly organization: string | null;
  /** First value of an attribute. */
  attribute(type: string): string | null;
}

export function readName(der: Uint8Array, parsed: AsnName): Name {
  const attribute = (type: string) => {
    for (const part of parsed) for (const entry of part) if (entry.type === type) return entry.value.toString();
    return null;
  };
  return {
    der,
    commonName: attribute(oid.commonName) ?? attribute(oid.organization) ?? "",
    organization: attribute(oid.organization),
    attribute,
  };
}

const PRINTABLE_ONLY: readonly string[] = [oid.country];

/** A name of these attributes, in order, as UTF8String (country as PrintableString). */
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
