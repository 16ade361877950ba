/** Known answers at the start: a module or an engine that computes wrongly must not sign. A few milliseconds. */
import type { Core } from "./core/index.ts";
import type { Gm } from "./gm.ts";

/** Bytes of a hex string. */
const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const same = (a: Uint8Array | null, hex: string): boolean =>
  a !== null && a.length * 2 === hex.length && bytes(hex).every((byte, i) => byte === a[i]);

/** GB/T 32905-2016 annex A.1. */
const ABC_DIGEST = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";

/** GB/T 32907-2016 annex A.1: key and plaintext are the same. */
const SM4_KEY = "0123456789abcdeffedcba9876543210";
const SM4_BLOCK = "681edf34d206965e86b3e94f536e4246";

/** SM3 of 129 blocks of SM4-CTR over zeros with that key, from a counter of all ones on: what OpenSSL gives. */
const SM4_STREAM_DIGEST = "0801766698f35c473c8e661ae58dc900ba5956cab100810f8bf3ed3cbe4d1f55";

/** RFC 8998 appendix A.1, without its plaintext: the tag of key, nonce and associated data alone, computed bit by bit. */
const GCM_NONCE = "00001234567800000000abcd";
const GCM_AAD = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const GCM_TAG = "63aa7895a55f35dd693ea9e3f98bf3ff";

/** The tag of 129 blocks of zeros with that key and nonce, computed bit by bit. */
const GCM_LONG_TAG = "f93971316ef8629df7ca403f4c38ff35";

/** The key pair, digest and signature of the standard's example on the recommended curve, and its ciphertext. */
const PRIVATE_KEY = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const PUBLIC_KEY =
  "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const SIGNATURE =
  "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

const CIPHERTEXT =
  "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd876621886ca989ca9c7d58087307ca93092d651efa";

/** What the core signs over the 32 bytes of ABC_DIGEST where the fresh randomness is 32 zeros. */
const HEDGED =
  "f1720a53097c364b5d7573af7b4464d4507d7084c86de18e57533952261abadec7dd26b71039ce35a8b1eb38350f7abfca440cf62cb276cc984eed127b83ac2c";

/** "encryption standard" and "message digest" in ASCII. */
const PLAINTEXT = "656e6372797074696f6e207374616e64617264";
const MESSAGE = "6d65737361676520646967657374";

export function selfTest(gm: Gm, core: Core): void {
  const sm4Key = bytes(SM4_KEY);
  const message = bytes(MESSAGE);
  const privateKey = bytes(PRIVATE_KEY);
  const publicKey = bytes(PUBLIC_KEY);
  const checks: Record<string, () => boolean> = {
    sm3: () => same(gm.sm3(bytes("616263")), ABC_DIGEST),
    "sm3 in lanes": () =>
      gm.sm3Many(["616263", "616263", "616263", "616263"].map(bytes)).every((digest) => same(digest, ABC_DIGEST)),
    sm4: () =>
      same(gm.sm4EcbEncrypt(sm4Key, sm4Key, { padding: false }), SM4_BLOCK) &&
      same(gm.sm4EcbDecrypt(sm4Key, bytes(SM4_BLOCK), { padding: false }), SM4_KEY),
    "sm4 in batches": () =>
      same(gm.sm3(gm.sm4Ctr(sm4Key, new Uint8Array(16).fill(0xff), new Uint8Array(2064))), SM4_STREAM_DIGEST),
    "sm4 gcm": () => same(gm.sm4GcmEncrypt(sm4Key, bytes(GCM_NONCE), new Uint8Array(0), bytes(GCM_AAD)), GCM_TAG),
    "sm4 gcm in groups": () =>
      same(gm.sm4GcmEncrypt(sm4Key, bytes(GCM_NONCE), new Uint8Array(2064)).subarray(2064), GCM_LONG_TAG),
    "sm2 keys": () => same(gm.sm2PublicKey(privateKey), PUBLIC_KEY),
    "sm2 signing": () =>
      same(core.sign(core.signerPrepare(privateKey) ?? privateKey, bytes(ABC_DIGEST), new Uint8Array(32)), HEDGED),
    "sm2 decryption": () => same(gm.sm2Decrypt(privateKey, bytes(CIPHERTEXT)), PLAINTEXT),
    "sm2 verification": () => gm.sm2Verify(publicKey, message, bytes(SIGNATURE)),
  };
  for (const [name, holds] of Object.entries(checks)) {
    if (!holds()) throw new Error(`the cryptographic core failed its self-test: ${name}`);
  }
}
