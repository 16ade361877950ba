/**
 * Who the companion program is, and which extension it knows. docs/formats/host-pairing.md
 *
 * The program of each home folder has an SM2 key pair: PINs are encrypted to it, and its answer to `status` is signed with it over
 * a challenge that the extension draws. The extension has a P-256 key pair per browser profile, with which it signs every other
 * request: WebCrypto keeps that one where no script can read it, and knows no SM2.
 */
import * as v from "valibot";
import { base64Url } from "../bytes.ts";

/** A point, uncompressed: 04 ‖ x ‖ y. Of the program on SM2's curve, of the extension on P-256. */
export const publicPoint = base64Url(65, 65);

/** 32 random bytes, fresh for each connection: the extension's against a replayed answer, the program's against a replayed request. */
export const challenge = base64Url(32, 32);

/** r ‖ s, 64 bytes. */
export const signature = base64Url(64, 64);

/** What the program says of itself, and its proof. */
export const hostIdentity = v.object({
  publicKey: publicPoint,
  /** Of this run of the program: every request's proof names it. */
  session: challenge,
  /** Over `encodeHostStatement` of the challenge and this session. */
  signature,
});

export type HostIdentity = v.InferOutput<typeof hostIdentity>;

/** Bytes of the digest that a fingerprint shows: 80 bits are more than anybody makes a second key for. */
const FINGERPRINT_LEN = 10;

/** A key as people compare it: ten bytes of its SM3, as `0A3F-91C0-77B2-1D4E-5566`. @param digest SM3 of the 65 bytes */
export function fingerprintOf(digest: Uint8Array): string {
  const hex = Array.from(digest.subarray(0, FINGERPRINT_LEN), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return (hex.toUpperCase().match(/.{4}/g) ?? []).join("-");
}
