/**
 * SM2 verification of messages of 32 bytes, by keys that are new to us and by one that is not. Z and the digest are part of it for all but
 * @noble/curves, which has no SM3 and gets e made beforehand. Keys and signatures are in the peer's own form beforehand.
 */
import smCrypto from "sm-crypto";
import { sm2 as v2 } from "sm-crypto-v2";
import { candidatesOf, hexOf, timed, type Way } from "../candidate.ts";
import { encodeSignature } from "../peers/der.ts";
import { noble } from "../peers/noble.ts";
import type { World } from "../world.ts";
import { randomBytes, type Tasks } from "./bulk.ts";

/** Twice what `sm2Verify` remembers: each is forgotten before its turn comes again, and none gets a table. */
const KEYS = 64;

/**
 * A way that verifies, by one key after the other, over and over: it accepts each signature, and not the first one with the message
 * altered.
 */
function rotates<T>(cases: readonly T[], accepts: (of: T) => boolean, acceptsAltered: (of: T) => boolean): Way {
  let turn = 0;
  return {
    run() {
      const of = cases[turn++ % cases.length];
      return of !== undefined && accepts(of);
    },
    isRight: (output) => output === true && cases.every(accepts) && !cases.slice(0, 1).some(acceptsAltered),
  };
}

export function verifyTasks({ gm, libsm, openssl, programs }: World): Tasks {
  const message = randomBytes(32).fill(0xb1, 0, 1);
  const altered = message.slice().fill(0xb2, 0, 1);

  /** A fresh key with its signature, in every form. */
  function sign() {
    const { privateKey, publicKey } = gm.sm2KeyPair();
    const signature = gm.sm2Sign(privateKey, message);
    return {
      publicKey,
      signature,
      hexPublic: hexOf(publicKey),
      hex: hexOf(signature),
      der: encodeSignature(signature),
      point: noble.point(publicKey),
      e: noble.number(gm.sm3(Uint8Array.of(...gm.za(publicKey), ...message))),
    };
  }

  return {
    "crypto.sm2-verify": () => {
      const cases = Array.from({ length: KEYS }, sign);
      const lib = new libsm.SM2();
      const array = [...message];
      const alteredArray = [...altered];
      const hash = { hash: true } as const;
      const theirs = (): Way | null => {
        if (openssl === null) return null;
        const pairs = Array.from({ length: KEYS }, () => {
          const keys = openssl.keys();
          return { keys, signature: keys.sign(message) };
        });
        return rotates(
          pairs,
          ({ keys, signature }) => keys.verify(message, signature),
          ({ keys, signature }) => keys.verify(altered, signature),
        );
      };
      const peers = {
        openssl: theirs(),
        "libsm-js": rotates(
          cases,
          ({ publicKey, der }) => lib.verify(message, publicKey, der),
          ({ publicKey, der }) => lib.verify(altered, publicKey, der),
        ),
        "sm-crypto-v2": rotates(
          cases,
          ({ hexPublic, hex }) => v2.doVerifySignature(message, hex, hexPublic, hash),
          ({ hexPublic, hex }) => v2.doVerifySignature(altered, hex, hexPublic, hash),
        ),
        "sm-crypto": rotates(
          cases,
          ({ hexPublic, hex }) => smCrypto.sm2.doVerifySignature(array, hex, hexPublic, hash),
          ({ hexPublic, hex }) => smCrypto.sm2.doVerifySignature(alteredArray, hex, hexPublic, hash),
        ),
        "@noble/curves": rotates(
          cases,
          ({ point, e, signature }) => noble.verify(point, e, signature),
          ({ point, e, signature }) => noble.verify(point, e + 1n, signature),
        ),
      };
      const ours = rotates(
        cases,
        ({ publicKey, signature }) => gm.sm2Verify(publicKey, message, signature),
        ({ publicKey, signature }) => gm.sm2Verify(publicKey, altered, signature),
      );
      return {
        metric: "crypto.sm2-verify",
        unit: "ops/s",
        ours: timed("ours", 1, ours),
        peers: [...candidatesOf(1, peers), ...programs("crypto.sm2-verify")],
      };
    },

    // Its table is made in the warm-up.
    "crypto.sm2-verify-repeated": () => {
      const { publicKey, signature, hexPublic, hex } = sign();
      const precomputed = v2.precomputePublicKey(hexPublic);
      const ours = rotates(
        [publicKey],
        (key) => gm.sm2Verify(key, message, signature),
        (key) => gm.sm2Verify(key, altered, signature),
      );
      const theirs = rotates(
        [precomputed],
        (key) => v2.doVerifySignature(message, hex, key, { hash: true }),
        (key) => v2.doVerifySignature(altered, hex, key, { hash: true }),
      );
      return {
        metric: "crypto.sm2-verify-repeated",
        unit: "ops/s",
        ours: timed("ours", 1, ours),
        peers: candidatesOf(1, { "sm-crypto-v2": theirs }),
      };
    },
  };
}
