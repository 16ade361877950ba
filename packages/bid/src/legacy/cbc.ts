/**
 * SM4-CBC with PKCS#7 padding (GB/T 17964-2021 clause 6), a stretch at a time, out of the calls that take a whole message. Stretches are whole
 * cipher blocks but the last, which alone has padding.
 */
import type { Gm } from "@certbridge/gm";
import { join } from "../bytes-in-and-out.ts";

const BLOCK_LEN = 16;
const NOTHING = new Uint8Array(0);

export interface CbcWriter {
  /** Whole cipher blocks: as many bytes as went in, an array of its own. */
  add(plain: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The last bytes, any number, with their padding. */
  end(plain: Uint8Array): Uint8Array<ArrayBuffer>;
}

/** @param key 16 bytes; the caller wipes it behind the end */
export function createCbcWriter(gm: Pick<Gm, "sm4CbcEncrypt">, key: Uint8Array, iv: Uint8Array): CbcWriter {
  let chained = iv;
  const encrypt = (plain: Uint8Array) => gm.sm4CbcEncrypt(key, chained, plain);
  return {
    add(plain) {
      if (plain.length % BLOCK_LEN !== 0) throw new RangeError('"plain" expected whole blocks');
      // A block of padding comes behind them: it is the end of another message, and never leaves here.
      const cipher = encrypt(plain).slice(0, plain.length);
      if (cipher.length > 0) chained = cipher.slice(-BLOCK_LEN);
      return cipher;
    },
    end: encrypt,
  };
}

export interface CbcReader {
  /** Whole cipher blocks, with more behind them. */
  add(cipher: Uint8Array): Uint8Array<ArrayBuffer>;
  /** The last ones; null where the padding is wrong. */
  end(cipher: Uint8Array): Uint8Array<ArrayBuffer> | null;
}

/** @param key 16 bytes; the caller wipes it behind the end */
export function createCbcReader(
  gm: Pick<Gm, "sm4CbcEncrypt" | "sm4CbcDecrypt">,
  key: Uint8Array,
  iv: Uint8Array,
): CbcReader {
  let chained = iv;
  const decrypt = (cipher: Uint8Array) => gm.sm4CbcDecrypt(key, chained, cipher);
  return {
    add(cipher) {
      const last = cipher.slice(-BLOCK_LEN);
      // With a block behind it that decrypts to padding, this stretch is a message whose padding is right.
      const plain = decrypt(join([cipher, gm.sm4CbcEncrypt(key, last, NOTHING)]));
      if (plain === null) throw new RangeError('"cipher" expected whole blocks');
      chained = last;
      return plain;
    },
    end: decrypt,
  };
}
