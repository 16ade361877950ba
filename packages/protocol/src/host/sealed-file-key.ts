/**
 * The file key (文件密钥) of a bid on its way from the companion program to the worker that opens the package: encrypted with SM2 (GB/T
 * 32918.4-2016) for a key pair that the worker drew for this one request, so that neither the pipe nor the background carries it in clear. Here is
 * what is encrypted. docs/formats/key-block.md
 */
import { base64Url, decodeBase64Url } from "../bytes.ts";

/** First bytes of the plaintext: what decrypts to something else was not meant to be a file key. */
const LABEL = "shared-certificate/file-key/v1";

const CONSENT_AT = LABEL.length + 1;
const KEY_AT = CONSENT_AT + 16;
/** label ‖ 00 ‖ consent id ‖ file key. */
const PLAINTEXT_LEN = KEY_AT + 32;
/** 04 ‖ C1 ‖ C3 ‖ C2 is 97 bytes longer. */
const SEALED_LEN = PLAINTEXT_LEN + 97;

export const sealedFileKey = base64Url(SEALED_LEN, SEALED_LEN);

/**
 * What is encrypted, 79 bytes. The caller wipes it.
 *
 * @param consentId 16 bytes as base64url: this key is for that request and no other
 * @param fileKey   32 bytes; RangeError else
 */
export function encodeSealedFileKey(consentId: string, fileKey: Uint8Array): Uint8Array<ArrayBuffer> {
  if (fileKey.length !== PLAINTEXT_LEN - KEY_AT) throw new RangeError("a file key of 32 bytes expected");
  const plaintext = new Uint8Array(PLAINTEXT_LEN);
  for (let at = 0; at < LABEL.length; at++) plaintext[at] = LABEL.charCodeAt(at);
  plaintext.set(decodeBase64Url(consentId), CONSENT_AT);
  plaintext.set(fileKey, KEY_AT);
  return plaintext;
}

/** The file key, 32 bytes, a view of the plaintext; null where it is none, or one for another request. */
export function readSealedFileKey(consentId: string, plaintext: Uint8Array): Uint8Array | null {
  if (plaintext.length !== PLAINTEXT_LEN) return null;
  const expected = encodeSealedFileKey(consentId, plaintext.subarray(KEY_AT));
  const fits = expected.every((byte, at) => byte === plaintext[at]);
  expected.fill(0);
  return fits ? plaintext.subarray(KEY_AT) : null;
}
