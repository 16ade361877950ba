/**
 * A PIN on its way from the approval window to the companion program: encrypted with SM2 (GB/T 32918.4-2016) for the program's
 * identity key, so that neither the background nor the pipe carries it in clear. Here is what is encrypted; all of it always has
 * the same length, so that the ciphertext does not tell the PIN's. docs/formats/host-pairing.md
 */
import { base64Url, decodeBase64Url } from "../bytes.ts";

/** First bytes of the plaintext: what decrypts to something else was not meant to be a PIN. */
const PIN_LABEL = "shared-certificate/pin/v1";

/** Characters of a PIN as it was typed; what a carrier demands of it is the carrier's matter. */
export const PIN_MAX_LETTERS = 64;

/** A character of JavaScript takes three bytes of UTF-8 at most. */
const PIN_MAX_LEN = PIN_MAX_LETTERS * 3;

const CONSENT_LEN = 16;
/** label ‖ 00 ‖ consent id ‖ length ‖ PIN in UTF-8, then zeros. */
const PLAINTEXT_LEN = PIN_LABEL.length + 1 + CONSENT_LEN + 1 + PIN_MAX_LEN;
/** 04 ‖ C1 ‖ C3 ‖ C2 is 97 bytes longer. */
const SEALED_LEN = PLAINTEXT_LEN + 97;

export const sealedPin = base64Url(SEALED_LEN, SEALED_LEN);

function layOutHead(consentId: string): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(PLAINTEXT_LEN);
  for (let at = 0; at < PIN_LABEL.length; at++) head[at] = PIN_LABEL.charCodeAt(at);
  head.set(decodeBase64Url(consentId), PIN_LABEL.length + 1);
  return head;
}

const LEN_AT = PIN_LABEL.length + 1 + CONSENT_LEN;
const PIN_AT = LEN_AT + 1;

/**
 * What is encrypted. The caller wipes it.
 *
 * @param consentId 16 bytes as base64url: this PIN is for that consent and no other
 * @param pin UTF-8, at least one byte
 * @throws RangeError where the PIN is empty or too long
 */
export function encodeSealedPin(consentId: string, pin: Uint8Array): Uint8Array<ArrayBuffer> {
  if (pin.length < 1 || pin.length > PIN_MAX_LEN) throw new RangeError(`a PIN of 1 to ${PIN_MAX_LEN} bytes expected`);
  const plaintext = layOutHead(consentId);
  plaintext[LEN_AT] = pin.length;
  plaintext.set(pin, PIN_AT);
  return plaintext;
}

/** The PIN's bytes, a view of the plaintext; null where it is no PIN, or one for another consent. */
export function readSealedPin(consentId: string, plaintext: Uint8Array): Uint8Array | null {
  if (plaintext.length !== PLAINTEXT_LEN) return null;
  const head = layOutHead(consentId);
  const len = plaintext[LEN_AT] ?? 0;
  const headFits = head.subarray(0, LEN_AT).every((byte, at) => byte === plaintext[at]);
  const padded = plaintext.subarray(PIN_AT + len).every((byte) => byte === 0);
  return headFits && padded && len >= 1 && len <= PIN_MAX_LEN ? plaintext.subarray(PIN_AT, PIN_AT + len) : null;
}
