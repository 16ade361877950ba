/**
 * SM2 with messages and plaintexts of 32 bytes. Z and the digest are part of signing and verifying for all but @noble/curves, which has no
 * SM3 and gets e made beforehand. Keys are in the peer's own form beforehand, precomputed where it can.
 */
import * as gmCrypto from "gm-crypto";
import smCrypto from "sm-crypto";
import { sm2 as v2 } from "sm-crypto-v2";
import { bytesOf, candidatesOf, hexOf, isSame, type Shape, timed, type Way } from "../candidate.ts";
import { withComing } from "../ours.ts";
import { swapParts } from "../peers/libsm.ts";
import { noble } from "../peers/noble.ts";
import type { World } from "../world.ts";
import { randomBytes, type Tasks } from "./bulk.ts";

/** r and s of a DER signature: two short INTEGERs in a short SEQUENCE. */
function parseSignature(der: Uint8Array): Uint8Array {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const len = der[at + 1] ?? 0;
    const number = der.slice(at + 2, at + 2 + len).slice(-32);
    raw.set(number, end - number.length);
    at += 2 + len;
  }
  return raw;
}

/** The shortest DER INTEGER of 32 bytes. */
function encodeInteger(number: Uint8Array): readonly number[] {
  const short = [...number.subarray(number.findIndex((byte) => byte !== 0))];
  const signed = (short[0] ?? 0) > 127 ? [0, ...short] : short;
  return [2, signed.length, ...signed];
}

function encodeSignature(raw: Uint8Array): Uint8Array {
  const body = [...encodeInteger(raw.subarray(0, 32)), ...encodeInteger(raw.subarray(32))];
  return Uint8Array.of(0x30, body.length, ...body);
}

/** gm-crypto drops a leading zero of what it writes as a number, so one output in 16 is wrong: here the best of several is taken. */
const mostly = ({ run, isRight }: Way): Way => ({
  run,
  isRight: (output) => isRight(output) || Array.from({ length: 8 }, run).some(isRight),
});

/** A way that verifies: it accepts the signature, and not with the message altered. */
const judges = (run: () => boolean, runAltered: () => boolean): Way => ({
  run,
  isRight: (output) => output === true && !runAltered(),
});

export function sm2Tasks(world: World): Tasks {
  const { libsm, openssl } = world;
  const gm = withComing(world.gm);
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const message = randomBytes(32).fill(0xb1, 0, 1);
  const altered = message.slice().fill(0xb2, 0, 1);
  const [hexPrivate, hexPublic] = [hexOf(privateKey), hexOf(publicKey)];
  const lib = new libsm.SM2();
  const opensslKeys = openssl?.keys() ?? null;
  const e = noble.number(gm.sm3(Uint8Array.of(...gm.za(publicKey), ...message)));

  const task = (metric: string, ours: Way, peers: Readonly<Record<string, Way | null>>) => ({
    metric,
    unit: "ops/s" as const,
    ours: timed("ours", 1, ours),
    peers: [...candidatesOf(1, peers), ...world.programs(metric)],
  });

  /** A way that signs; our verification judges the signature. */
  const signs = (run: () => Uint8Array | string): Way => ({
    run,
    isRight(output) {
      const signature = typeof output === "string" ? bytesOf(output) : (output as Uint8Array);
      return gm.sm2Verify(publicKey, message, signature.length === 64 ? signature : parseSignature(signature));
    },
  });

  /** A way that encrypts, to 04 ‖ C1 ‖ C3 ‖ C2 once it is made so; our decryption judges. */
  const encrypts = <T>(run: () => T, form: (output: T) => Uint8Array): Way => ({
    run,
    isRight: (output) => isSame(gm.sm2Decrypt(privateKey, form(output as T)), message),
  });

  const decrypts = (run: () => Shape | null): Way => ({
    run,
    isRight: (output) => isSame(output as Shape | null, message),
  });

  /** A way that makes a pair. */
  const pairs = <T>(
    run: () => T,
    form: (pair: T) => { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array },
  ) => ({
    run,
    isRight(output: unknown) {
      const pair = form(output as T);
      return isSame(gm.sm2PublicKey(pair.privateKey), pair.publicKey);
    },
  });

  const hexPair = (pair: { readonly privateKey: string; readonly publicKey: string }) => ({
    privateKey: bytesOf(pair.privateKey.padStart(64, "0")),
    publicKey: bytesOf(pair.publicKey),
  });

  return {
    "crypto.sm2-sign": () => {
      const signer = gm.sm2Signer?.(privateKey);
      const run = signer === undefined ? () => gm.sm2Sign(privateKey, message) : () => signer.sign(message);
      const d = noble.number(privateKey);
      const options = { hash: true, publicKey: hexPublic } as const;
      const array = [...message];
      return task(
        "crypto.sm2-sign",
        // Ours is judged by a peer.
        { run, isRight: (out) => v2.doVerifySignature(message, hexOf(out as Uint8Array), hexPublic, { hash: true }) },
        {
          openssl: opensslKeys && {
            run: () => opensslKeys.sign(message),
            isRight: (out) =>
              gm.sm2Verify(opensslKeys.publicKey, message, parseSignature(out as Uint8Array), { id: "" }),
          },
          "sm-crypto-v2": signs(() => v2.doSignature(message, hexPrivate, options)),
          "sm-crypto": signs(() => smCrypto.sm2.doSignature(array, hexPrivate, options)),
          "libsm-js": signs(() => lib.sign(message, privateKey, publicKey)),
          "@noble/curves": signs(() => noble.sign(d, e)),
        },
      );
    },

    "crypto.sm2-verify": () => {
      const signature = gm.sm2Sign(privateKey, message);
      const [hex, der, array] = [hexOf(signature), encodeSignature(signature), [...message]];
      const point = noble.point(publicKey);
      const theirs = opensslKeys?.sign(message);
      return task(
        "crypto.sm2-verify",
        judges(
          () => gm.sm2Verify(publicKey, message, signature),
          () => gm.sm2Verify(publicKey, altered, signature),
        ),
        {
          openssl:
            opensslKeys && theirs !== undefined
              ? judges(
                  () => opensslKeys.verify(message, theirs),
                  () => opensslKeys.verify(altered, theirs),
                )
              : null,
          "libsm-js": judges(
            () => lib.verify(message, publicKey, der),
            () => lib.verify(altered, publicKey, der),
          ),
          "sm-crypto-v2": judges(
            () => v2.doVerifySignature(message, hex, hexPublic, { hash: true }),
            () => v2.doVerifySignature(altered, hex, hexPublic, { hash: true }),
          ),
          "sm-crypto": judges(
            () => smCrypto.sm2.doVerifySignature(array, hex, hexPublic, { hash: true }),
            () => smCrypto.sm2.doVerifySignature([...altered], hex, hexPublic, { hash: true }),
          ),
          "@noble/curves": judges(
            () => noble.verify(point, e, signature),
            () => noble.verify(point, e + 1n, signature),
          ),
        },
      );
    },

    "crypto.sm2-verify-repeated": () => {
      const verifier = gm.sm2Verifier?.(publicKey);
      if (verifier === undefined) return null;
      const signature = gm.sm2Sign(privateKey, message);
      const hex = hexOf(signature);
      const precomputed = v2.precomputePublicKey(hexPublic);
      return task(
        "crypto.sm2-verify-repeated",
        judges(
          () => verifier.verify(message, signature),
          () => verifier.verify(altered, signature),
        ),
        {
          "sm-crypto-v2": judges(
            () => v2.doVerifySignature(message, hex, precomputed, { hash: true }),
            () => v2.doVerifySignature(altered, hex, precomputed, { hash: true }),
          ),
        },
      );
    },

    "crypto.sm2-encrypt": () => {
      const encryptor = new libsm.SM2Encrypt(message.length, publicKey);
      const [array, buffer] = [[...message], message.slice().buffer];
      const hexForm = (hex: string) => bytesOf(`04${hex}`);
      return task(
        "crypto.sm2-encrypt",
        encrypts(
          () => gm.sm2Encrypt(publicKey, message),
          // Ours is judged by a peer first, then by ourselves.
          (out) =>
            isSame(v2.doDecrypt(hexOf(out).slice(2), hexPrivate, 1, { output: "array" }), message) ? out : message,
        ),
        {
          "libsm-js": encrypts(
            () => encryptor.encrypt(message),
            (out) => swapParts(out, "C1C3C2"),
          ),
          "sm-crypto-v2": encrypts(() => v2.doEncrypt(message, hexPublic, 1), hexForm),
          "sm-crypto": encrypts(() => smCrypto.sm2.doEncrypt(array, hexPublic, 1), hexForm),
          "gm-crypto": mostly(
            encrypts(
              () => gmCrypto.SM2.encrypt(buffer, hexPublic, {}),
              (out) => Uint8Array.of(4, ...new Uint8Array(out)),
            ),
          ),
        },
      );
    },

    "crypto.sm2-decrypt": () => {
      const ciphertext = gm.sm2Encrypt(publicKey, message);
      const [hex, buffer] = [hexOf(ciphertext).slice(2), ciphertext.slice(1).buffer];
      const swapped = swapParts(ciphertext, "C1C2C3");
      const decryptor = new libsm.SM2Decrypt(message.length, privateKey);
      return task(
        "crypto.sm2-decrypt",
        decrypts(() => gm.sm2Decrypt(privateKey, ciphertext)),
        {
          "libsm-js": decrypts(() => decryptor.decrypt(swapped)),
          "sm-crypto-v2": decrypts(() => v2.doDecrypt(hex, hexPrivate, 1, { output: "array" })),
          "sm-crypto": decrypts(() => smCrypto.sm2.doDecrypt(hex, hexPrivate, 1, { output: "array" })),
          "gm-crypto": decrypts(() => gmCrypto.SM2.decrypt(buffer, hexPrivate, {})),
        },
      );
    },

    "crypto.sm2-keypair": () =>
      task(
        "crypto.sm2-keypair",
        pairs(
          () => gm.sm2KeyPair(),
          (pair) => pair,
        ),
        {
          openssl: openssl && { run: openssl.keyPair, isRight: () => true },
          "sm-crypto-v2": pairs(() => v2.generateKeyPairHex(), hexPair),
          "sm-crypto": pairs(() => smCrypto.sm2.generateKeyPairHex(), hexPair),
          "gm-crypto": mostly(pairs(() => gmCrypto.SM2.generateKeyPair(), hexPair)),
          "libsm-js": { run: () => lib.new_keypair() as unknown, isRight: () => true },
          "@noble/curves": pairs(noble.keyPair, (pair) => pair),
        },
      ),
  };
}
