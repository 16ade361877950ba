/** SM3, HMAC, HKDF, PBKDF2 and SM4 against Node's OpenSSL, lengths weighted to block edges. */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toNumber } from "../../support/oracles/bigint.ts";
import { builds, openEach, Probe } from "../../support/oracles/probe.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import * as node from "../../support/oracles/symmetric.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const gms = await openEach();

const same = (got: Uint8Array | null, want: Uint8Array | null): void => {
  expect(got && Buffer.from(got).toString("hex")).toBe(want && Buffer.from(want).toString("hex"));
};

const edges = [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 191, 192];
const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
const sizedBytes = (len: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ minLength: len, maxLength: len }),
    fc.array(byte, { minLength: len, maxLength: len }).map((list) => Uint8Array.from(list)),
  );
const data = fc.oneof(fc.constantFrom(...edges).chain(sizedBytes), fc.integer({ min: 0, max: 400 }).chain(sizedBytes));
const block = sizedBytes(16);

describe.each(builds)("the %s build", (build) => {
  const gm = gms[build];

  test(
    "SM3, and SM3 in pieces",
    () => {
      fc.assert(
        fc.property(fc.array(data, { maxLength: 5 }), (parts) => {
          const whole = Buffer.concat(parts);
          const want = node.sm3(whole);
          same(gm.sm3(whole), want);
          const running = gm.createSm3();
          for (const part of parts) running.update(part);
          same(running.clone().digest(), want);
          same(running.digest(), want);
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM3 of many messages",
    () => {
      fc.assert(
        fc.property(fc.array(data, { maxLength: 20 }), fc.array(sizedBytes(60), { maxLength: 9 }), (mixed, alike) => {
          const messages = mixed.flatMap((message, i) => [message, ...alike.slice(i, i + 1)]);
          const got = gm.sm3Many(messages);
          expect(got.length).toBe(messages.length);
          for (const [i, message] of messages.entries()) same(got[i] ?? null, node.sm3(message));
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "HMAC-SM3 and HKDF-SM3",
    () => {
      fc.assert(
        fc.property(data, data, data, fc.integer({ min: 1, max: 200 }), (key, salt, info, len) => {
          same(gm.hmacSm3(key, info), node.hmacSm3(key, info));
          same(gm.hkdfSm3(key, salt, info, len), node.hkdfSm3(key, salt, info, len));
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "PBKDF2-HMAC-SM3",
    () => {
      const iterations = fc.integer({ min: 1, max: 20 });
      fc.assert(
        fc.property(data, data, iterations, fc.integer({ min: 1, max: 300 }), (password, salt, times, len) => {
          same(gm.pbkdf2Sm3(password, salt, times, len), node.pbkdf2Sm3(password, salt, times, len));
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM4-ECB and SM4-CBC both ways, and what is no ciphertext",
    () => {
      fc.assert(
        fc.property(block, block, data, (key, iv, plain) => {
          const ecb = gm.sm4EcbEncrypt(key, plain);
          same(ecb, node.sm4Encrypt("sm4-ecb", key, null, plain));
          same(gm.sm4EcbDecrypt(key, ecb), plain);
          const cbc = gm.sm4CbcEncrypt(key, iv, plain);
          same(cbc, node.sm4Encrypt("sm4-cbc", key, iv, plain));
          same(gm.sm4CbcDecrypt(key, iv, cbc), plain);
          // the plaintext taken for a ciphertext
          same(gm.sm4EcbDecrypt(key, plain), node.sm4Decrypt("sm4-ecb", key, null, plain));
          same(gm.sm4CbcDecrypt(key, iv, plain), node.sm4Decrypt("sm4-cbc", key, iv, plain));
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  /** Lengths about batches of 128 blocks, and where a batch begins to be worth it. */
  const long = fc.oneof(
    fc.integer({ min: 0, max: 5000 }),
    fc
      .tuple(fc.constantFrom(128, 1152, 2048, 3200, 4096), fc.integer({ min: -33, max: 33 }))
      .map(([edge, beside]) => edge + beside),
  );
  /** Counters that are about to carry, or stand anywhere in a batch. */
  const counter = fc.oneof(
    block,
    fc.tuple(block, fc.integer({ min: 0, max: 16 })).map(([bytes, from]) => bytes.slice().fill(0xff, from)),
    fc
      .tuple(block, fc.integer({ min: 0, max: 255 }))
      .map(([bytes, last]) => bytes.slice().fill(0xff, 4).fill(last, 15)),
    // two or three batches before the low half, or the lower 32 bits, are full
    fc.tuple(block, fc.constantFrom(8, 12), fc.integer({ min: 0, max: 400 })).map(([bytes, from, before]) => {
      const full = bytes.slice().fill(0xff, from);
      full.set([0xff - (before >> 8), 0xff - (before & 0xff)], 14);
      return full;
    }),
  );

  test(
    "SM4-CTR: any length, any counter, and in two parts where a block ends",
    () => {
      fc.assert(
        fc.property(block, counter, long.chain(sizedBytes), fc.nat(), (key, first, plain, where) => {
          const whole = gm.sm4Ctr(key, first, plain);
          same(whole, node.sm4Encrypt("sm4-ctr", key, first, plain));
          const blocks = where % ((plain.length >> 4) + 1);
          const next = Buffer.from(
            ((toNumber(first) + BigInt(blocks)) % 2n ** 128n).toString(16).padStart(32, "0"),
            "hex",
          );
          same(gm.sm4Ctr(key, next, plain.subarray(16 * blocks)), whole.subarray(16 * blocks));
        }),
        cases(1000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM4-CTR with counters of 32 bits, as GCM has them",
    () => {
      const probe = new Probe(build);
      const [keys, at, place] = [probe.place(128), probe.place(16), probe.place(8192)];
      fc.assert(
        fc.property(block, counter, long.chain(sizedBytes), (key, first, plain) => {
          probe.heap.set(key, at);
          probe.call("sm4ExpandKey", keys, at);
          probe.heap.set(first, at);
          probe.heap.set(plain, place);
          probe.call("sm4Ctr32", keys, at, place, plain.length);
          same(probe.bytes(place, plain.length), node.sm4Ctr32(key, first, plain));
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM4-GCM: any lengths; and one changed bit anywhere opens nothing",
    () => {
      const nonce = fc.oneof(sizedBytes(12), fc.integer({ min: 1, max: 70 }).chain(sizedBytes));
      fc.assert(
        fc.property(block, nonce, data, data, fc.nat(), (key, iv, plain, aad, where) => {
          const sealed = gm.sm4GcmEncrypt(key, iv, plain, aad);
          same(sealed, node.sm4Gcm(key, iv, plain, aad));
          same(gm.sm4GcmDecrypt(key, iv, sealed, aad), plain);
          const parts = [key, iv, sealed, aad].map((part) => part.slice()) as [Bytes, Bytes, Bytes, Bytes];
          const bits = parts.reduce((sum, part) => sum + 8 * part.length, 0);
          let bit = where % bits;
          for (const part of parts) {
            if (bit >= 0 && bit < 8 * part.length) part[bit >> 3] = (part[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            bit -= 8 * part.length;
          }
          const [otherKey, otherIv, otherSealed, otherAad] = parts;
          same(gm.sm4GcmDecrypt(otherKey, otherIv, otherSealed, otherAad), null);
          same(gm.sm4GcmDecrypt(key, iv, sealed.subarray(0, where % sealed.length), aad), null);
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM4-GCM of more than the groups that GHASH takes side by side",
    () => {
      const len = fc.oneof(
        fc.integer({ min: 1200, max: 3000 }),
        fc
          .tuple(fc.constantFrom(1280, 1536, 2048), fc.integer({ min: -17, max: 17 }))
          .map(([edge, beside]) => edge + beside),
      );
      fc.assert(
        fc.property(block, sizedBytes(12), len.chain(sizedBytes), data, (key, nonce, large, small) => {
          same(gm.sm4GcmEncrypt(key, nonce, large, small), node.sm4Gcm(key, nonce, large, small));
          same(gm.sm4GcmEncrypt(key, nonce, small, large), node.sm4Gcm(key, nonce, small, large));
        }),
        cases(100, 5_000),
      );
    },
    timeoutMs,
  );

  test(
    "SM4-ECB and SM4-CBC decryption of more than a batch",
    () => {
      fc.assert(
        fc.property(block, block, long.chain(sizedBytes), (key, iv, plain) => {
          const ecb = node.sm4Encrypt("sm4-ecb", key, null, plain);
          same(gm.sm4EcbEncrypt(key, plain), ecb);
          same(gm.sm4EcbDecrypt(key, ecb), plain);
          same(gm.sm4CbcDecrypt(key, iv, node.sm4Encrypt("sm4-cbc", key, iv, plain)), plain);
        }),
        cases(300, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "padding: the last block decides as OpenSSL does",
    () => {
      const tail = fc
        .tuple(sizedBytes(16), fc.integer({ min: 0, max: 18 }), fc.option(fc.integer({ min: 0, max: 15 })))
        .map(([bytes, pad, broken]) => {
          const out = Uint8Array.from(bytes).fill(pad, Math.max(0, 16 - pad));
          if (broken !== null) out[broken] = (out[broken] ?? 0) ^ 2;
          return out;
        });
      fc.assert(
        fc.property(block, block, tail, (key, iv, last) => {
          const ecb = node.sm4Encrypt("sm4-ecb", key, null, last, false);
          same(gm.sm4EcbDecrypt(key, ecb), node.sm4Decrypt("sm4-ecb", key, null, ecb));
          const cbc = node.sm4Encrypt("sm4-cbc", key, iv, last, false);
          same(gm.sm4CbcDecrypt(key, iv, cbc), node.sm4Decrypt("sm4-cbc", key, iv, cbc));
        }),
        cases(500, 1_000_000),
      );
    },
    timeoutMs,
  );
});
