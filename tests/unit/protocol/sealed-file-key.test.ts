import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeSealedFileKey, readSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { expect, test } from "vitest";

const consentId = encodeBase64Url(new Uint8Array(16).fill(5));
const fileKey = Uint8Array.from({ length: 32 }, (_, at) => at);

test("what is encrypted is laid out as docs/formats/key-block.md has it", () => {
  const plaintext = encodeSealedFileKey(consentId, fileKey);
  const label = new TextEncoder().encode("shared-certificate/file-key/v1");
  expect(plaintext).toEqual(Uint8Array.of(...label, 0, ...decodeBase64Url(consentId), ...fileKey));
  expect(plaintext).toHaveLength(79);
  expect(readSealedFileKey(consentId, plaintext)).toEqual(fileKey);
});

test("another label, length or consent is none", () => {
  const plaintext = encodeSealedFileKey(consentId, fileKey);
  for (let at = 0; at < 47; at++) {
    const changed = plaintext.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(readSealedFileKey(consentId, changed), String(at)).toBeNull();
  }
  for (const len of [0, 46, 78]) expect(readSealedFileKey(consentId, plaintext.subarray(0, len))).toBeNull();
  expect(readSealedFileKey(consentId, Uint8Array.of(...plaintext, 0))).toBeNull();
  for (const len of [0, 31, 33]) {
    expect(() => encodeSealedFileKey(consentId, new Uint8Array(len))).toThrow(RangeError);
  }
});
