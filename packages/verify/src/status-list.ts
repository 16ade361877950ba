/**
 * The signed status list (凭证状态名单) of an issuer's registration credentials: one bit for each credential, fetched whole, so
 * that the issuer never learns which bidder is looked up. docs/formats/registration-credential.md
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, verifySignedData } from "@certbridge/pki";
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { CREDENTIAL_STATUS_LIST } from "@certbridge/protocol/content-types";
import { instant } from "@certbridge/protocol/instant";
import * as v from "valibot";

export const STATUS_LIST_FORMAT = "shared-certificate-status-list:1";

/** Bits of the smallest list that is issued, so that a short list does not tell how many bidders there are: 2 KiB. */
export const MIN_LIST_BITS = 16_384;

/** Highest index of a credential: 2²⁴ bits are 2 MiB. */
export const MAX_INDEX = 0xff_ff_ff;

/** The SignedData around 2 MiB in base64url. */
const MAX_LEN = 3 * 1024 * 1024;

const content = v.strictObject({
  format: v.literal(STATUS_LIST_FORMAT),
  /** The address that credentials name. */
  list: v.pipe(v.string(), v.maxLength(1024)),
  platformId: v.pipe(v.string(), v.maxLength(64)),
  /** Grows with each change. A list of the same sequence says the same, with later dates. */
  sequence: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  issuedAt: instant,
  nextUpdate: instant,
  /** Bit i is byte ⌊i/8⌋, the highest bit first; 1 means revoked. */
  bits: base64Url(1, (MAX_INDEX + 1) / 8),
});

/** A list whose signature and dates hold. */
export interface StatusList {
  readonly list: string;
  readonly platformId: string;
  readonly sequence: number;
  readonly issuedAt: number;
  readonly nextUpdate: number;
  /** True where the credential is revoked; null where the list has no such bit. */
  isRevoked(index: number): boolean | null;
}

/** @throws RangeError where an index is out of bounds */
export function encodeStatusList(said: {
  readonly list: string;
  readonly platformId: string;
  readonly sequence: number;
  readonly issuedAt: number;
  readonly nextUpdate: number;
  readonly revoked: ReadonlySet<number>;
}): Uint8Array<ArrayBuffer> {
  let highest = 0;
  for (const index of said.revoked) {
    if (!Number.isInteger(index) || index < 0 || index > MAX_INDEX) {
      throw new RangeError(`"revoked" expected indices from 0 to ${MAX_INDEX}`);
    }
    highest = Math.max(highest, index);
  }
  let bitCount = MIN_LIST_BITS;
  while (bitCount <= highest) bitCount *= 2;
  const bits = new Uint8Array(bitCount / 8);
  for (const index of said.revoked) bits[index >> 3] = (bits[index >> 3] ?? 0) | (0x80 >> (index & 7));
  const { list, platformId, sequence } = said;
  return new TextEncoder().encode(
    JSON.stringify({
      format: STATUS_LIST_FORMAT,
      list,
      platformId,
      sequence,
      issuedAt: new Date(said.issuedAt).toISOString(),
      nextUpdate: new Date(said.nextUpdate).toISOString(),
      bits: encodeBase64Url(bits),
    } satisfies v.InferOutput<typeof content>),
  );
}

/** What the content of a list says. @throws SyntaxError, TypeError or v.ValiError where it is none */
export function parseContent(said: Uint8Array): StatusList {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(said);
  const { list, platformId, sequence, issuedAt, nextUpdate, bits } = v.parse(content, JSON.parse(text));
  const bytes = decodeBase64Url(bits);
  return {
    list,
    platformId,
    sequence,
    issuedAt: Date.parse(issuedAt),
    nextUpdate: Date.parse(nextUpdate),
    isRevoked(index) {
      const byte = bytes[index >> 3];
      return byte === undefined ? null : (byte & (0x80 >> (index & 7))) !== 0;
    },
  };
}

/**
 * @param signers the issuer's own certificates: exactly these may have signed
 * @returns what the list says, or null where it is not one of theirs, broken, or of another type. Dates and sequence are the
 *   caller's to compare.
 */
export function readStatusList(
  gm: Gm,
  der: Uint8Array,
  isSigner: (certificate: Certificate) => boolean,
): StatusList | null {
  if (der.length > MAX_LEN) return null;
  try {
    const verified = verifySignedData(gm, der, { contentType: CREDENTIAL_STATUS_LIST });
    if (verified.content === null || !isSigner(verified.signer)) return null;
    return parseContent(verified.content);
  } catch {
    return null;
  }
}
