/** Every vector through the face, wherever that runs: no Node in here. */
import type { Gm } from "@certbridge/gm";
import hmacSm3Edges from "../../vectors/hmac-sm3-edges.json" with { type: "json" };
import sm2DecryptEdges from "../../vectors/sm2-decrypt-edges.json" with { type: "json" };
import sm2Encrypt from "../../vectors/sm2-encrypt.json" with { type: "json" };
import sm2Sign from "../../vectors/sm2-sign.json" with { type: "json" };
import sm2VerifyEdges from "../../vectors/sm2-verify-edges.json" with { type: "json" };
import sm3 from "../../vectors/sm3.json" with { type: "json" };
import sm4GcmEdges from "../../vectors/sm4-gcm-edges.json" with { type: "json" };
import sm4Gcm from "../../vectors/sm4-gcm.json" with { type: "json" };
import sm4Modes from "../../vectors/sm4-modes.json" with { type: "json" };
import sm4 from "../../vectors/sm4.json" with { type: "json" };

/** How many cases each file has, and which of them went wrong. */
export interface Verdict {
  readonly cases: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

const bytes = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const hex = (data: Uint8Array | null): string | null =>
  data && Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

interface Group<T> {
  readonly tests: readonly T[];
}

const testsOf = <T>({ testGroups }: { readonly testGroups: readonly Group<T>[] }): readonly T[] =>
  testGroups.flatMap(({ tests }) => tests);

/** Whether what throws is a RangeError. */
function refusesRange(run: () => unknown): boolean {
  try {
    run();
    return false;
  } catch (error) {
    return error instanceof RangeError;
  }
}

type Gcm = (typeof sm4GcmEdges)["testGroups"][number]["tests"][number];

function isGcmRight(gm: Gm, { key, iv, aad, msg, ct, tag, flags, result }: Gcm): boolean {
  const open = () => gm.sm4GcmDecrypt(bytes(key), bytes(iv), bytes(ct + tag), bytes(aad));
  if (flags.includes("ZeroLengthIv")) return refusesRange(open);
  const sealed = hex(gm.sm4GcmEncrypt(bytes(key), bytes(iv), bytes(msg), bytes(aad)));
  return hex(open()) === (result === "valid" ? msg : null) && (sealed === ct + tag) === (result === "valid");
}

function isModeRight(gm: Gm, test: (typeof sm4Modes)["testGroups"][number]["tests"][number]): boolean {
  const [key, iv, msg, ct] = [bytes(test.key), bytes(test.iv), bytes(test.msg), bytes(test.ct)];
  if (test.flags.includes("Ctr")) return hex(gm.sm4Ctr(key, iv, msg)) === test.ct;
  if (test.flags.includes("Ecb")) {
    const back = gm.sm4EcbDecrypt(key, ct, { padding: false });
    return hex(gm.sm4EcbEncrypt(key, msg, { padding: false })) === test.ct && hex(back) === test.msg;
  }
  const made = gm.sm4CbcEncrypt(key, iv, msg);
  return hex(made.subarray(0, msg.length)) === test.ct && hex(gm.sm4CbcDecrypt(key, iv, made)) === test.msg;
}

/** Of `times` encryptions one after another, the last: CBC over zeros is just that. */
function isBlockRight(gm: Gm, { key, msg, times, ct }: (typeof sm4)["testGroups"][number]["tests"][number]): boolean {
  const made = gm.sm4CbcEncrypt(bytes(key), bytes(msg), new Uint8Array(16 * times));
  return hex(made.subarray(16 * times - 16, 16 * times)) === ct;
}

function isSignatureRight(gm: Gm, test: (typeof sm2Sign)["testGroups"][number]["tests"][number], key: string): boolean {
  const privateKey = bytes(key);
  const [publicKey, id, msg] = [gm.sm2PublicKey(privateKey), bytes(test.id), bytes(test.msg)];
  return (
    hex(gm.za(publicKey, id)) === test.za &&
    gm.sm2Verify(publicKey, msg, bytes(test.sig), { id }) &&
    gm.sm2VerifyDigest(publicKey, bytes(test.e), bytes(test.sig)) &&
    gm.sm2Verify(publicKey, msg, gm.sm2Sign(privateKey, msg, { id }), { id })
  );
}

/** @param fix makes the next random bytes be these */
export function judgeVectors(gm: Gm, fix: (next: Uint8Array) => void): Verdict {
  const cases: Record<string, number> = {};
  const wrong: string[] = [];
  const judge = <T extends { readonly tcId: number }>(
    file: string,
    tests: readonly T[],
    isRight: (test: T) => boolean,
  ) => {
    cases[file] = tests.length;
    for (const test of tests) if (!isRight(test)) wrong.push(`${file} ${test.tcId}`);
  };
  judge("sm3", testsOf(sm3), ({ msg, digest }) => hex(gm.sm3(bytes(msg))) === digest);
  judge("sm4", testsOf(sm4), (test) => isBlockRight(gm, test));
  judge("sm4-modes", testsOf(sm4Modes), (test) => isModeRight(gm, test));
  judge("sm4-gcm", testsOf(sm4Gcm), (test) => isGcmRight(gm, test));
  judge("sm4-gcm-edges", testsOf(sm4GcmEdges), (test) => isGcmRight(gm, test));
  judge("hmac-sm3-edges", testsOf(hmacSm3Edges), ({ key, msg, tag, result }) => {
    return (hex(gm.hmacSm3(bytes(key), bytes(msg))) === tag) === (result === "valid");
  });
  for (const { privateKey, tests } of sm2Sign.testGroups) {
    judge("sm2-sign", tests, (test) => isSignatureRight(gm, test, privateKey));
  }
  for (const { privateKey, publicKey, tests } of sm2Encrypt.testGroups) {
    judge("sm2-encrypt", tests, ({ msg, k, ct }) => {
      fix(bytes(k));
      const opened = gm.sm2Decrypt(bytes(privateKey), bytes(ct));
      return hex(gm.sm2Encrypt(bytes(publicKey), bytes(msg))) === ct && hex(opened) === msg;
    });
  }
  for (const { privateKey, tests } of sm2DecryptEdges.testGroups) {
    judge("sm2-decrypt-edges", tests, ({ ct, msg, result }) => {
      return hex(gm.sm2Decrypt(bytes(privateKey), bytes(ct))) === (result === "valid" ? msg : null);
    });
  }
  // Most are by one key, which has its table after the first few.
  judge("sm2-verify-edges", testsOf(sm2VerifyEdges), ({ publicKey, e, sig, result }) => {
    return gm.sm2VerifyDigest(bytes(publicKey), bytes(e), bytes(sig)) === (result === "valid");
  });
  return { cases, wrong };
}
