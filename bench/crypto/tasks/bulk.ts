/** SM4 and SM3 over much data, copies included: bytes in, fresh bytes out. Each peer gets the kind of input that it likes best. */
import * as gmCrypto from "gm-crypto";
import smCrypto from "sm-crypto";
import { sm3 as v2Sm3, sm4 as v2Sm4 } from "sm-crypto-v2";
import { candidatesOf, gives, hexOf, isSame, type Task, timed, type Way } from "../candidate.ts";
import { libsmCipher, libsmHash } from "../peers/libsm.ts";
import type { World } from "../world.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, i) => 17 * i + 1);
/** As a counter it carries over into its first half at once. */
const IV = Uint8Array.from({ length: 16 }, (_, i) => (i < 8 ? i + 1 : 0xff));
const NONCE = IV.subarray(0, 12);

/** Random bytes; a call of the engine's source gives at most 65,536. */
export function randomBytes(len: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(len);
  for (let at = 0; at < len; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/** The counter block `by` blocks after `start`, big-endian. */
function counterAfter(start: Uint8Array, by: number): Uint8Array {
  const block = start.slice();
  let carry = by;
  for (let i = 15; i >= 0; i--) {
    carry += block[i] ?? 0;
    block[i] = carry % 256;
    carry = Math.floor(carry / 256);
  }
  return block;
}

/** Whether the last 64 blocks are CTR of `data`, by single blocks of a peer: for engines in which no peer has CTR. */
function isCtr(data: Uint8Array, out: Uint8Array): boolean {
  const first = data.length / 16 - 64;
  const counters = new Uint8Array(64 * 16);
  for (let block = 0; block < 64; block++) counters.set(counterAfter(IV, first + block), 16 * block);
  const stream = v2Sm4.encrypt(counters, KEY, { mode: "ecb", padding: "none", output: "array" });
  const expected = data.slice(16 * first).map((byte, i) => byte ^ (stream[i] ?? 0));
  return out.length === data.length && isSame(out.subarray(16 * first), expected);
}

/** In a buffer of its own, as gm-crypto takes it. */
const bufferOf = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer;

/** Makers, by metric. */
export type Tasks = Readonly<Record<string, () => Task>>;

/**
 * @param len bytes of a message: whole blocks, at least 64 of them
 * @param suffix of the metric's name; for large messages the slow peers are left out, which would take minutes and gigabytes
 */
export function bulkTasks(world: World, len: number, suffix: "" | "-64m"): Tasks {
  const { gm, libsm, hashWasm, openssl } = world;
  const isSmall = suffix === "";
  const cipher = libsmCipher(libsm, KEY);
  const v2Cbc = { mode: "cbc", iv: IV, output: "array" } as const;
  const gmCbc = { mode: gmCrypto.SM4.constants.CBC, iv: hexOf(IV) };
  const plainCbc = { mode: "cbc", iv: [...IV], output: "array" } as const;
  const plainKey = [...KEY];

  function task(metric: string, ours: Way, peers: Readonly<Record<string, Way | null>>): Task {
    const amount = len / 1e6;
    const programs = isSmall ? world.programs(metric) : [];
    return {
      metric: `${metric}${suffix}`,
      unit: "MB/s",
      ours: timed("ours", amount, ours),
      peers: [...candidatesOf(amount, peers), ...programs],
    };
  }

  /** The slow ones, over a message that is made for them; none where it is large. */
  const slow = (ways: () => Readonly<Record<string, Way>>) => (isSmall ? ways() : {});

  const tasks: Tasks = {
    "crypto.sm4-ctr": () => {
      const data = randomBytes(len);
      const ours: Way = {
        run: () => gm.sm4Ctr(KEY, IV, data),
        isRight: (out) => isCtr(data, out as Uint8Array),
      };
      const expected = gm.sm4Ctr(KEY, IV, data);
      return task("crypto.sm4-ctr", ours, {
        openssl: openssl && gives(expected, () => openssl.encrypt("sm4-ctr", KEY, IV, data)),
        // It has no CTR: this is its CBC.
        "sm-crypto-v2": gives(gm.sm4CbcEncrypt(KEY, IV, data), () => v2Sm4.encrypt(data, KEY, v2Cbc)),
      });
    },

    "crypto.sm4-cbc-encrypt": () => {
      const data = randomBytes(len);
      const run = () => gm.sm4CbcEncrypt(KEY, IV, data);
      const expected = run();
      return task("crypto.sm4-cbc-encrypt", gives(expected, run), {
        openssl: openssl && gives(expected, () => openssl.encrypt("sm4-cbc", KEY, IV, data)),
        "sm-crypto-v2": gives(expected, () => v2Sm4.encrypt(data, KEY, v2Cbc)),
        ...slow(() => {
          const [array, buffer] = [[...data], bufferOf(data)];
          return {
            "sm-crypto": gives(expected, () => smCrypto.sm4.encrypt(array, plainKey, plainCbc)),
            "gm-crypto": gives(expected, () => gmCrypto.SM4.encrypt(buffer, hexOf(KEY), gmCbc)),
            "libsm-js": gives(gm.sm4CbcEncrypt(KEY, KEY, data), () => cipher.encrypt(data)),
          };
        }),
      });
    },

    "crypto.sm4-cbc-decrypt": () => {
      const expected = randomBytes(len);
      const data = gm.sm4CbcEncrypt(KEY, IV, expected);
      return task(
        "crypto.sm4-cbc-decrypt",
        gives(expected, () => gm.sm4CbcDecrypt(KEY, IV, data)),
        {
          openssl: openssl && gives(expected, () => openssl.decrypt("sm4-cbc", KEY, IV, data)),
          "sm-crypto-v2": gives(expected, () => v2Sm4.decrypt(data, KEY, v2Cbc)),
          ...slow(() => {
            const [array, buffer, other] = [[...data], bufferOf(data), gm.sm4CbcEncrypt(KEY, KEY, expected)];
            return {
              "sm-crypto": gives(expected, () => smCrypto.sm4.decrypt(array, plainKey, plainCbc)),
              "gm-crypto": gives(expected, () => gmCrypto.SM4.decrypt(buffer, hexOf(KEY), gmCbc)),
              "libsm-js": gives(expected, () => cipher.decrypt(other)),
            };
          }),
        },
      );
    },

    "crypto.sm4-gcm": () => {
      const data = randomBytes(len);
      const run = () => gm.sm4GcmEncrypt(KEY, NONCE, data);
      const expected = run();
      const options = { mode: "gcm", iv: NONCE, output: "array", outputTag: true } as const;
      return task("crypto.sm4-gcm", gives(expected, run), {
        "sm-crypto-v2": gives(expected, () => {
          const { output, tag = new Uint8Array(0) } = v2Sm4.encrypt(data, KEY, options);
          return [output, tag];
        }),
      });
    },

    "crypto.sm3": () => {
      const data = randomBytes(len);
      const run = () => gm.sm3(data);
      const expected = run();
      return task("crypto.sm3", gives(expected, run), {
        openssl: openssl && gives(expected, () => openssl.sm3(data)),
        "hash-wasm": gives(expected, () => hashWasm.init().update(data).digest("binary")),
        "sm-crypto-v2": gives(expected, () => v2Sm3(data)),
        ...slow(() => {
          const [array, buffer] = [[...data], bufferOf(data)];
          return {
            "sm-crypto": gives(expected, () => smCrypto.sm3(array)),
            "gm-crypto": gives(expected, () => gmCrypto.SM3.digest(buffer)),
            "libsm-js": gives(expected, () => libsmHash(libsm, data)),
          };
        }),
      });
    },

    // Four messages at once, and what they come to together; each is a quarter of the length, or the length where that is small.
    "crypto.sm3-4way": () => {
      const messages = Array.from({ length: 4 }, () => randomBytes(isSmall ? len : len / 4));
      const [one = new Uint8Array(0)] = messages;
      const amount = one.length / 1e6;
      const digests = messages.flatMap((message) => [...gm.sm3(message)]);
      const [first] = [gm.sm3(one)];
      return {
        metric: `crypto.sm3-4way${suffix}`,
        unit: "MB/s",
        ours: timed(
          "ours",
          4 * amount,
          gives(Uint8Array.from(digests), () => gm.sm3Many(messages)),
        ),
        peers: candidatesOf(amount, {
          openssl: openssl && gives(first, () => openssl.sm3(one)),
          "hash-wasm": gives(first, () => hashWasm.init().update(one).digest("binary")),
        }),
      };
    },
  };
  return Object.fromEntries(Object.entries(tasks).map(([metric, make]) => [`${metric}${suffix}`, make]));
}
