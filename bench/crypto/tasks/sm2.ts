/**
 * SM2 with messages and plaintexts of 32 bytes, but for verification. Z and the digest are part of signing for all but @noble/curves, which has
 * no SM3 and gets e made beforehand. Keys are in the peer's own form beforehand, precomputed where it can.
 */
import * as gmCrypto from "gm-crypto";
import smCrypto from "sm-crypto";
import { sm2 as v2 } from "sm-crypto-v2";
import { bytesOf, candidatesOf, hexOf, isSame, type Shape, timed, type Way } from "../candidate.ts";
import { parseSignature } from "../peers/der.ts";
import { swapParts } from "../peers/libsm.ts";
import { noble } from "../peers/noble.ts";
import type { World } from "../world.ts";
import { randomBytes, type Tasks } from "./bulk.ts";

/** gm-crypto drops a leading zero of what it writes as a number, so one output in 16 is wrong: here the best of several is taken. */
const mostly = ({ run, isRight }: Way): Way => ({
  run,
  isRight: (output) => isRight(output) || Array.from({ length: 8 }, run).some(isRight),
});

export function sm2Tasks(world: World): Tasks {
  const { gm, libsm, openssl } = world;
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const message = randomBytes(32).fill(0xb1, 0, 1);
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
      const signer = gm.sm2Signer(privateKey);
      const d = noble.number(privateKey);
      const options = { hash: true, publicKey: hexPublic } as const;
      const array = [...message];
      return task(
        "crypto.sm2-sign",
        // Ours is judged by a peer.
        {
          run: () => signer.sign(message),
          isRight: (out) => v2.doVerifySignature(message, hexOf(out as Uint8Array), hexPublic, { hash: true }),
        },
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
