/**
 * A hostile encoder that uses that GCM commits to no key: a segment with a right tag under two keys, with another plaintext under each. The
 * tag is linear in the ciphertext, so that one free block (16 bytes of some file's content) makes both equal. NIST SP 800-38D clause 6.4
 */
import { payloadKeys } from "@certbridge/bid";
import { gm } from "./authority.ts";
import { SEGMENT_LEN, type TestFile } from "./bid.ts";
import { streamOf } from "./bid-forger.ts";
import { nonceOf } from "./oracles/bid.ts";
import { multiply, sm4Encrypt, toBlock, toValue } from "./oracles/symmetric.ts";

const BLOCK_LEN = 16;

function power(base: bigint, exponent: bigint): bigint {
  // One, in GCM's order of bits.
  let result = 1n << 127n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = multiply(square, square)) {
    if (left & 1n) result = multiply(result, square);
  }
  return result;
}

const inverse = (value: bigint): bigint => power(value, (1n << 128n) - 2n);

const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, at) => byte ^ (b[at] ?? 0));

interface Sealing {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

const subkey = ({ key }: Sealing): bigint => toValue(sm4Encrypt("sm4-ecb", key, null, Buffer.alloc(BLOCK_LEN), false));

/** The plaintext with its free block such that its ciphertext under the first has the same tag under the second. */
function solve(first: Sealing, second: Sealing, plain: Uint8Array, freeAt: number): Uint8Array {
  const streams = [first, second].map(({ key, nonce }) => gm.sm4GcmEncrypt(key, nonce, new Uint8Array(SEGMENT_LEN)));
  const [own = plain, other = plain] = streams;
  const ciphertext = xor(plain, own);
  ciphertext.fill(0, freeAt, freeAt + BLOCK_LEN);
  const tagOf = ({ key, nonce }: Sealing, stream: Uint8Array) =>
    toValue(gm.sm4GcmEncrypt(key, nonce, xor(ciphertext, stream)).subarray(SEGMENT_LEN));
  const exponent = BigInt(SEGMENT_LEN / BLOCK_LEN - freeAt / BLOCK_LEN + 1);
  const factor = power(subkey(first), exponent) ^ power(subkey(second), exponent);
  const block = toBlock(multiply(tagOf(first, own) ^ tagOf(second, other), inverse(factor)));
  ciphertext.set(block, freeAt);
  return xor(ciphertext, own);
}

/**
 * Segments of two files that are whole under the first file key; and the first of them opens under the second one, too. What is behind, the
 * files' hashes, nobody can make so: they depend on the free block.
 *
 * @param freeBlock 1,000 to 65,000: which block of the first segment is given up for it
 */
export function sealForTwoKeys(
  header: Uint8Array,
  keys: readonly [Uint8Array, Uint8Array],
  content: Uint8Array,
  freeBlock: number,
): { readonly segments: readonly Uint8Array<ArrayBuffer>[]; readonly files: readonly TestFile[] } {
  const files = [{ name: "报价.xlsx", bytes: content.slice() }];
  const stream = streamOf(files);
  const contentAt = stream.readUInt32BE(0) + 4;
  const sealings = keys.map((fileKey) => {
    const { key, prefix } = payloadKeys(gm, fileKey, header);
    return { key, nonce: nonceOf(prefix, 0, false) };
  });
  const [first, second] = sealings;
  if (first === undefined || second === undefined) throw new Error("two keys expected");
  const freeAt = freeBlock * BLOCK_LEN;
  const solved = solve(first, second, stream.subarray(0, SEGMENT_LEN), freeAt);
  files[0]?.bytes.set(solved.subarray(freeAt, freeAt + BLOCK_LEN), freeAt - contentAt);
  const { key, prefix } = payloadKeys(gm, keys[0], header);
  const whole = streamOf(files);
  const count = whole.length / SEGMENT_LEN;
  const segments = Array.from({ length: count }, (_, index) =>
    gm.sm4GcmEncrypt(
      key,
      nonceOf(prefix, index, index === count - 1),
      whole.subarray(index * SEGMENT_LEN, (index + 1) * SEGMENT_LEN),
    ),
  );
  return { segments, files };
}
