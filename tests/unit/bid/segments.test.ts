import { createPieceHash, hashPieces, openSegment, payloadKeys, sealRun, sealSegment } from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { fileKeyOf, filler, headerOf, SEALED_LEN, SEGMENT_LEN } from "../../support/bid.ts";
import { nonceOf, seal, sm3InPieces } from "../../support/oracles/bid.ts";
import { sm4Gcm } from "../../support/oracles/symmetric.ts";

const keys = payloadKeys(gm, fileKeyOf(1), encodeCanonical(headerOf()));
const plain = filler(SEGMENT_LEN);
const sealed = sealSegment(gm, keys, 258, false, plain);

describe("a segment", () => {
  test("is that of SM4-CTR and GHASH, which are those of the slow oracle", () => {
    const little = plain.subarray(0, 64);
    const nonce = nonceOf(keys.prefix, 258, false);
    expect(seal(keys.key, nonce, little)).toEqual(sm4Gcm(keys.key, nonce, little, Buffer.alloc(0)));
    expect(Buffer.from(sealed).equals(seal(keys.key, nonce, plain))).toBe(true);
  });

  test("is opened by its place and mark, and by no others", () => {
    expect(sealed.length).toBe(SEALED_LEN);
    expect(Buffer.from(openSegment(gm, keys, 258, false, sealed) ?? []).equals(plain)).toBe(true);
    const others = payloadKeys(gm, fileKeyOf(2), encodeCanonical(headerOf()));
    expect(openSegment(gm, keys, 257, false, sealed)).toBeNull();
    expect(openSegment(gm, keys, 258, true, sealed)).toBeNull();
    expect(openSegment(gm, keys, 0x0201, false, sealed)).toBeNull();
    expect(openSegment(gm, others, 258, false, sealed)).toBeNull();
    expect(openSegment(gm, { ...keys, prefix: others.prefix }, 258, false, sealed)).toBeNull();
  });

  test.each([0, 16, SEALED_LEN - 1, SEALED_LEN + 1])("of %i bytes is none", (len) => {
    expect(openSegment(gm, keys, 258, false, Buffer.concat([sealed, sealed]).subarray(0, len))).toBeNull();
  });

  test("is the same in a batch, which is sealed where it is, the last one marked", () => {
    const batch = new Uint8Array(3 * SEALED_LEN);
    for (const at of [0, 1, 2]) batch.set(plain, at * SEALED_LEN);
    const made = sealRun(gm, keys, { index: 257, isLast: true, batch });
    const one = [257, 258, 259].map((index) => sealSegment(gm, keys, index, index === 259, plain));
    expect(made.sealed.buffer).toBe(batch.buffer);
    expect(Buffer.from(batch).equals(Buffer.concat(one))).toBe(true);
    expect(made.digests).toEqual(one.map((segment) => gm.sm3(segment)));
    for (const len of [0, SEALED_LEN - 1, SEALED_LEN + 1]) {
      expect(() => sealRun(gm, keys, { index: 0, isLast: true, batch: new Uint8Array(len) })).toThrow(RangeError);
    }
  });

  test.each([0, SEGMENT_LEN - 1, SEGMENT_LEN + 1])("is not made of %i bytes", (len) => {
    expect(() => sealSegment(gm, keys, 0, true, new Uint8Array(len))).toThrow(RangeError);
  });
});

describe("SM3 in pieces", () => {
  const PIECE = 64;
  const bytes = filler(1000);
  const hash = createPieceHash(gm, PIECE);

  test("of nothing is that of nothing", () => {
    expect(Buffer.from(hash.digest()).toString("hex")).toBe(
      "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
    );
  });

  test("is the oracle's for every length and chunk; a second begins anew", () => {
    for (let len = 0; len <= 10 * PIECE; len += len % PIECE === 1 ? PIECE - 2 : 1) {
      for (const chunk of [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 4 * PIECE, 5 * PIECE + 7, 1000]) {
        for (let at = 0; at < len; at += chunk) hash.update(bytes.subarray(at, Math.min(at + chunk, len)));
        expect(Buffer.from(hash.digest())).toEqual(sm3InPieces(bytes.subarray(0, len), PIECE));
      }
    }
  });

  test("what was given to update may be changed at once", () => {
    const lent = new Uint8Array(PIECE * 3 + 5);
    for (let at = 0; at < bytes.length; at += lent.length) {
      const part = bytes.subarray(at, at + lent.length);
      lent.set(part);
      hash.update(lent.subarray(0, part.length));
      lent.fill(0);
    }
    expect(Buffer.from(hash.digest())).toEqual(sm3InPieces(bytes, PIECE));
  });

  test("takes whole pieces without copying, and the last", () => {
    for (let len = 0; len <= 1000; len += 51) {
      for (let at = 0; at < len; at += PIECE) hash.take(bytes.subarray(at, Math.min(at + PIECE, len)));
      expect(Buffer.from(hash.digest())).toEqual(sm3InPieces(bytes.subarray(0, len), PIECE));
    }
  });

  test("takes both, but nothing inside a piece", () => {
    hash.take(bytes.subarray(0, PIECE));
    hash.update(bytes.subarray(PIECE, 3 * PIECE));
    hash.take(bytes.subarray(3 * PIECE, 4 * PIECE));
    hash.update(bytes.subarray(4 * PIECE));
    expect(() => hash.take(bytes.subarray(0, PIECE))).toThrow("not whole");
    expect(Buffer.from(hash.digest())).toEqual(sm3InPieces(bytes, PIECE));
  });

  test("takes pieces that somebody else has hashed, among others, but nothing inside a piece", () => {
    const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, at) =>
      bytes.subarray(at * PIECE, (at + 1) * PIECE),
    );
    const digests = hashPieces(gm, pieces);
    for (const [at, piece] of pieces.entries()) {
      if (at % 3 === 0) hash.take(piece);
      else hash.takeHashed(digests[at] ?? piece);
    }
    expect(Buffer.from(hash.digest())).toEqual(sm3InPieces(bytes, PIECE));
    hash.update(bytes.subarray(0, 1));
    expect(() => hash.takeHashed(digests[0] ?? bytes)).toThrow("not whole");
    hash.digest();
    expect(hashPieces(gm, [])).toEqual([]);
  });
});
