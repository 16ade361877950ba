/** Our operations with secrets. Class 0 is a fixed secret or one place of the error, class 1 a random secret or the other place. */
import type { Gm } from "@certbridge/gm";
import type { Class, Subject } from "./sampling.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** As many different secrets or messages there are, over and over. */
const POOL = 256;

/** A number with hardly a bit set: what skips work for zeros is fast with it. */
const SPARSE = new Uint8Array(32).fill(1, 31);

const random = (len: number): Bytes => crypto.getRandomValues(new Uint8Array(len));

/** Fresh bytes below 2²⁵⁵, hence a private key. */
function randomKey(): Bytes {
  const key = random(32);
  key[0] = (key[0] ?? 0) & 0x7f;
  return key;
}

/** The same bytes with one altered. */
function altered(bytes: Uint8Array, at: number): Bytes {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** A subject whose secret is 32 bytes: sparse in class 0, random in class 1; both are at hand each time, and one is copied. */
function overKeys(what: string, run: (key: Bytes) => unknown): Subject {
  const key = new Uint8Array(32);
  return {
    what,
    prepare(of) {
      const fresh = randomKey();
      key.set(of === 0 ? SPARSE : fresh);
    },
    run: () => void run(key),
  };
}

/** A subject whose input is one of a pool, made for each class. */
function overPool(what: string, make: (of: Class) => readonly Bytes[], run: (...input: Bytes[]) => unknown): Subject {
  const pools = ([0, 1] as const).map((of) => Array.from({ length: POOL }, () => make(of)));
  const input = (pools[0]?.[0] ?? []).map((part) => new Uint8Array(part.length));
  let turn = 0;
  return {
    what,
    prepare(of) {
      const chosen = pools[of]?.[turn++ % POOL] ?? [];
      for (const [i, part] of chosen.entries()) input[i]?.set(part);
    },
    run: () => void run(...input),
  };
}

/**
 * @param gm draws its randomness from `source`
 */
export function subjectsOf(gm: Gm, source: { draw: Bytes }): readonly Subject[] {
  const e = random(32);
  const [signingKey, cipherKey, nonce, iv] = [randomKey(), random(16), random(12), random(16)];

  /** A key and what was encrypted for it. */
  function encrypted(of: Class): readonly Bytes[] {
    const privateKey = of === 0 ? Uint8Array.from(SPARSE) : randomKey();
    source.draw.set(randomKey());
    return [privateKey, gm.sm2Encrypt(gm.sm2PublicKey(privateKey), random(32))];
  }

  /** A message under GCM, its tag wrong in one byte or none. */
  function sealed(wrong: "first" | "last" | "none"): readonly Bytes[] {
    const whole = gm.sm4GcmEncrypt(cipherKey, nonce, random(64));
    return [wrong === "none" ? whole : altered(whole, whole.length - (wrong === "first" ? 16 : 1))];
  }
  const openGcm = (whole = e) => gm.sm4GcmDecrypt(cipherKey, nonce, whole);

  /** A block that ends in PKCS#7's padding of this length, and begins at random. */
  const padding = (len: number): Bytes => random(16).fill(len, 16 - len);

  /** The block under CBC, which is ECB of it and the initial vector. */
  function blockOf(plain: Bytes): readonly Bytes[] {
    const mixed = plain.map((byte, i) => byte ^ (iv[i] ?? 0));
    return [gm.sm4EcbEncrypt(cipherKey, mixed, { padding: false })];
  }
  const unpad = (block = e) => gm.sm4CbcDecrypt(cipherKey, iv, block);

  return [
    overKeys("sm2-sign-key", (key) => gm.sm2SignDigest(key, e)),
    // The nonce is made of key, digest and these 32 bytes: with them it is the same each time, or another.
    {
      what: "sm2-sign-nonce",
      prepare(of) {
        const fresh = random(32);
        source.draw.set(of === 0 ? SPARSE : fresh);
      },
      run: () => void gm.sm2SignDigest(signingKey, e),
    },
    overKeys("sm2-public-key", (key) => gm.sm2PublicKey(key)),
    overPool("sm2-decrypt", encrypted, (key = e, ciphertext = e) => gm.sm2Decrypt(key, ciphertext)),
    overPool("gcm-open", (of) => sealed(of === 0 ? "first" : "last"), openGcm),
    { ...overPool("gcm-open-right", (of) => sealed(of === 0 ? "first" : "none"), openGcm), isVisible: true },
    // Sixteen times 16 is right; here the first or the last of the bytes that must say so does not.
    overPool("unpad", (of) => blockOf(altered(padding(16), of === 0 ? 0 : 14)), unpad),
    { ...overPool("unpad-length", (of) => blockOf(padding(of === 0 ? 1 : 16)), unpad), isVisible: true },
  ];
}
