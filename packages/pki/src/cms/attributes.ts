import { element, malformed, objectIdentifier, oidOf, partsOf, SEQUENCE, SET } from "../der.ts";

/** Attributes of SignerInfo, RFC 5652 clause 5.3: signed ones, and others that are put beside the signature afterwards. */

/** Tag of the SET OF signed attributes inside SignerInfo. */
export const ATTRIBUTES = 0xa0;

/** Tag of the SET OF unsigned ones. */
export const UNSIGNED_ATTRIBUTES = 0xa1;

/** Attributes, and values of one, that are read. */
const MAX_COUNT = 32;

/** An attribute of one value. */
export interface Attribute {
  /** Its OID, dotted. */
  readonly type: string;
  /** DER. */
  readonly value: Uint8Array;
}

/** An attribute as it was read: its OID, dotted, and its values, DER. */
export interface AttributeValues {
  readonly type: string;
  readonly values: readonly Uint8Array[];
}

export function encodeAttribute({ type, value }: Attribute): Uint8Array<ArrayBuffer> {
  return element(SEQUENCE, objectIdentifier(type), element(SET, value));
}

/** The values of each attribute, by type, in the order of the message. @throws OperationError MALFORMED, naming `what` */
export function readAttributes(der: Uint8Array | undefined, tag: number, what: string): readonly AttributeValues[] {
  return partsOf(der, tag, what, MAX_COUNT).map((attribute) => {
    const [type, values, more] = partsOf(attribute, SEQUENCE, what);
    if (more !== undefined) throw malformed(what);
    return { type: oidOf(type, what), values: partsOf(values, SET, what, MAX_COUNT) };
  });
}
