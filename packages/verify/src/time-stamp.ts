/** Time stamps (时间戳) over a message's signature: asked for, and read. docs/formats/notice-and-order.md, Time stamp */
import type { Gm } from "@certbridge/gm";
import { ProofError, verifyTimeStampToken } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { PolicyError } from "./errors.ts";

/** An authority (时间戳机构) as a platform uses it. Reaching it, over which wire ever, is the server's. */
export interface TimeStamping {
  /** A token over this SM3, 32 bytes: RFC 3161 or GM/T 0033, DER. */
  readonly stamp: (imprint: Uint8Array) => Promise<Uint8Array>;
  /** SM3 of the public keys (65 bytes) that its tokens may be signed with, hexadecimal: as the registry's `timeStampKeysSm3`. */
  readonly keysSm3: readonly string[];
}

/** Milliseconds since 1970. */
export interface StampTime {
  readonly at: number;
  readonly earliest: number;
}

/**
 * When a message's signature was stamped, and the earliest that it may have been by the accuracy that the token states; milliseconds since 1970.
 *
 * As strict as a bidder's own computer, which has SM3 alone: an authority that binds its certificate by another hash is none here.
 *
 * @param signature the signature's octets, as they stand in the message
 * @throws PolicyError TIME_STAMP_REFUSED: broken, over something else, or of an authority that is not believed
 */
export function readStamp(gm: Gm, token: Uint8Array, signature: Uint8Array, keysSm3: readonly string[]): StampTime {
  try {
    const expected = { imprint: gm.sm3(signature), trusted: keysSm3 };
    const { genTime, accuracyMs } = verifyTimeStampToken(gm, token, expected);
    const at = genTime.getTime();
    return { at, earliest: at - (accuracyMs ?? 0) };
  } catch (cause) {
    if (!(cause instanceof ProofError) && !(cause instanceof OperationError)) throw cause;
    throw new PolicyError("TIME_STAMP_REFUSED", cause.message, { cause });
  }
}
