/** GM/T 0009: signatures, ciphertexts and keys in the forms that the field sends. */
import {
  element,
  encodeCiphertext,
  encodeEnvelopedKey,
  encodePrivateKeyInfo,
  encodePublicKeyInfo,
  encodeSec1PrivateKey,
  encodeSignature,
  hexOf,
  openCiphertext,
  openEnvelopedKey,
  parseCiphertext,
  parseEitherSignature,
  parsePrivateKeyInfo,
  parsePublicKeyInfo,
  parseSec1PrivateKey,
  parseSignature,
  readCiphertext,
} from "@certbridge/pki";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe("signatures", () => {
  test("short r and s lose their zeros, and get them back", () => {
    const raw = new Uint8Array(64);
    raw[31] = 0x7f;
    raw[62] = 0x80;
    expect(hexOf(encodeSignature(raw))).toBe("300802017f0203008000");
    expect(parseSignature(encodeSignature(raw))).toEqual(raw);
    expect(parseSignature(encodeSignature(new Uint8Array(64)))).toEqual(new Uint8Array(64));
  });

  test("both forms are read", () => {
    const { privateKey, publicKey } = gm.sm2KeyPair();
    const raw = gm.sm2Sign(privateKey, bytes("00"));
    for (const form of [raw, encodeSignature(raw)]) {
      expect(gm.sm2Verify(publicKey, bytes("00"), parseEitherSignature(form))).toBe(true);
    }
  });

  test.each([
    ["a padded r", "30080202007f02020080"],
    ["a negative s", "300602017f020180"],
    ["a third number", "3009020101020101020101"],
    ["one number", "3003020101"],
    ["r of 33 bytes", `3026022101${"00".repeat(32)}020101`],
    ["an OCTET STRING", "3006040101020101"],
    ["bytes after the end", "300602010102010100"],
    ["a SET", "3106020101020101"],
  ])("refuses %s", (_what, hex) => {
    expect(() => parseSignature(bytes(hex))).toThrow("MALFORMED");
  });

  test("encodes sixty-four bytes, no other number", () => {
    expect(() => encodeSignature(new Uint8Array(63))).toThrow(RangeError);
  });
});

describe("ciphertexts", () => {
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const text = new TextEncoder().encode("0123456789abcdef");
  const raw = gm.sm2Encrypt(publicKey, text);
  const [c1, c3, c2] = [raw.subarray(1, 65), raw.subarray(65, 97), raw.subarray(97)];
  const four = Uint8Array.of(4);

  test.each([
    ["DER", encodeCiphertext(raw)],
    ["04 C1 C3 C2", raw],
    ["C1 C3 C2", join(c1, c3, c2)],
    ["04 C1 C2 C3", join(four, c1, c2, c3)],
    ["C1 C2 C3", join(c1, c2, c3)],
  ])("opens %s", (_what, form) => {
    expect(openCiphertext(gm, privateKey, form)).toEqual(text);
    const altered = new Uint8Array(form);
    altered[form.length - 1] = (altered[form.length - 1] ?? 0) ^ 1;
    expect(openCiphertext(gm, privateKey, altered)).toBeNull();
  });

  test("a coordinate that begins with 04 or with 30 hides no form", () => {
    for (const first of [4, 0x30]) {
      let sealed = gm.sm2Encrypt(publicKey, text);
      for (let i = 0; i < 20_000 && sealed[1] !== first; i++) sealed = gm.sm2Encrypt(publicKey, text);
      expect(sealed[1]).toBe(first);
      for (const form of [sealed, sealed.subarray(1)]) expect(openCiphertext(gm, privateKey, form)).toEqual(text);
    }
  });

  test("offers no form of what is too short, and at most five", () => {
    expect(readCiphertext(new Uint8Array(96))).toEqual([]);
    expect(readCiphertext(new Uint8Array(97))).toHaveLength(2);
    expect(readCiphertext(new Uint8Array(1 << 21))).toEqual([]);
    expect(readCiphertext(raw)).toHaveLength(4);
  });

  test.each([
    [
      "a hash of 31 bytes",
      element(0x30, bytes("020101"), bytes("020101"), element(4, new Uint8Array(31)), bytes("040100")),
    ],
    ["no text", element(0x30, bytes("020101"), bytes("020101"), element(4, new Uint8Array(32)), bytes("0400"))],
    [
      "a part too many",
      element(0x30, bytes("020101"), bytes("020101"), element(4, new Uint8Array(32)), bytes("040100"), bytes("0500")),
    ],
    [
      "a negative coordinate",
      element(0x30, bytes("0201ff"), bytes("020101"), element(4, new Uint8Array(32)), bytes("040100")),
    ],
  ])("DER with %s is refused", (_what, der) => {
    expect(() => parseCiphertext(der)).toThrow("MALFORMED");
  });
});

describe("keys", () => {
  const { privateKey, publicKey } = gm.sm2KeyPair();

  test("survive PKCS#8, SEC 1 and SubjectPublicKeyInfo", () => {
    expect(parsePrivateKeyInfo(encodePrivateKeyInfo(privateKey, publicKey))).toEqual(privateKey);
    expect(parseSec1PrivateKey(encodeSec1PrivateKey(privateKey, publicKey))).toEqual(privateKey);
    expect(parsePublicKeyInfo(encodePublicKeyInfo(publicKey))).toEqual(publicKey);
  });

  test("marked with the SM2 name alone are read too", () => {
    const bare = element(0x30, bytes("06082a811ccf5501822d"));
    const info = element(0x30, bare, element(0x03, Uint8Array.of(0), publicKey));
    expect(parsePublicKeyInfo(info)).toEqual(publicKey);
  });

  test("of another curve, compressed, or with unused bits are refused", () => {
    const p256 = bytes("301306072a8648ce3d020106082a8648ce3d030107");
    const sm2 = bytes("301306072a8648ce3d020106082a811ccf5501822d");
    const bits = (unused: number, point: Uint8Array) => element(0x03, Uint8Array.of(unused), point);
    const even = new Uint8Array(publicKey);
    even[64] = 0;
    for (const info of [
      element(0x30, p256, bits(0, publicKey)),
      element(0x30, sm2, bits(0, publicKey.subarray(0, 33))),
      element(0x30, sm2, bits(1, even)),
      element(0x30, sm2, bits(0, publicKey), bytes("0500")),
      element(0x30, bytes("300906072a8648ce3d0201"), bits(0, publicKey)),
    ]) {
      expect(() => parsePublicKeyInfo(info)).toThrow("MALFORMED");
    }
    const inner = encodeSec1PrivateKey(privateKey, publicKey);
    expect(() => parsePrivateKeyInfo(element(0x30, bytes("020100"), p256, element(4, inner)))).toThrow("MALFORMED");
    expect(() => parseSec1PrivateKey(element(0x30, bytes("020101"), element(4, privateKey)))).toThrow("MALFORMED");
    expect(() => parseSec1PrivateKey(encodePrivateKeyInfo(privateKey, publicKey))).toThrow("MALFORMED");
  });
});

describe("SM2EnvelopedKey", () => {
  const signing = gm.sm2KeyPair();
  const encryption = gm.sm2KeyPair();
  const fileKey = new TextEncoder().encode("0123456789abcdef");
  const envelope = encodeEnvelopedKey(gm, signing.publicKey, encryption, fileKey);
  const ecb = (plain: Uint8Array, padding = false) => gm.sm4EcbEncrypt(fileKey, plain, { padding });
  const bits = (contents: Uint8Array) => element(0x03, Uint8Array.of(0), contents);

  function made(sealed: Uint8Array, publicKey = encryption.publicKey, algorithm = "300a06082a811ccf55016801") {
    const cipher = encodeCiphertext(gm.sm2Encrypt(signing.publicKey, fileKey));
    return element(0x30, bytes(algorithm), cipher, bits(publicKey), bits(sealed));
  }

  test("opens for its signing key alone", () => {
    expect(openEnvelopedKey(gm, envelope, signing.privateKey)).toEqual(encryption.privateKey);
    expect(openEnvelopedKey(gm, envelope, encryption.privateKey)).toBeNull();
  });

  test("opens with 104, with and without NULL", () => {
    const sealed = ecb(encryption.privateKey);
    for (const algorithm of ["300c06082a811ccf550168010500", "300b06072a811ccf5501680500", "300906072a811ccf550168"]) {
      const der = made(sealed, encryption.publicKey, algorithm);
      expect(openEnvelopedKey(gm, der, signing.privateKey)).toEqual(encryption.privateKey);
    }
    const cbc = made(sealed, encryption.publicKey, "300a06082a811ccf55016802");
    expect(() => openEnvelopedKey(gm, cbc, signing.privateKey)).toThrow("MALFORMED");
  });

  test("opens keys of 31 and 33 bytes, padded, and in a token's 64", () => {
    const privateKey = new Uint8Array(encryption.privateKey);
    privateKey[0] = 0;
    const publicKey = gm.sm2PublicKey(privateKey);
    const zeros = (len: number) => new Uint8Array(len);
    for (const sealed of [
      ecb(privateKey),
      ecb(privateKey.subarray(1), true),
      ecb(join(privateKey.subarray(1), zeros(1))),
      ecb(join(zeros(1), privateKey), true),
      ecb(join(zeros(1), privateKey, zeros(15))),
      ecb(privateKey, true),
      ecb(join(privateKey, zeros(16))),
      ecb(join(zeros(32), privateKey)),
    ]) {
      expect(openEnvelopedKey(gm, made(sealed, publicKey), signing.privateKey)).toEqual(privateKey);
    }
  });

  test.each([
    ["a key that does not belong to the public key", () => made(ecb(signing.privateKey))],
    ["zero for a key", () => made(ecb(new Uint8Array(32)))],
    ["a number beyond the order", () => made(ecb(new Uint8Array(32).fill(255)))],
    ["no key at all", () => made(new Uint8Array(0))],
    ["half a block", () => made(new Uint8Array(8))],
    ["a part too many", () => element(0x30, envelope.subarray(3), bytes("0500"))],
  ])("refuses %s", (_what, der) => {
    expect(() => openEnvelopedKey(gm, der(), signing.privateKey)).toThrow("MALFORMED");
  });

  test("refuses to seal what is no key", () => {
    const pair = { ...encryption, privateKey: encryption.privateKey.subarray(1) };
    expect(() => encodeEnvelopedKey(gm, signing.publicKey, pair, fileKey)).toThrow(RangeError);
  });
});
