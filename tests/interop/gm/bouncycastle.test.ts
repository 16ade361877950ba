/** BouncyCastle, both ways, every length from 1 to 200: SM2 signatures and ciphertexts, SM3, HMAC, SM4-CBC, SM4-GCM. */
import { loadGm } from "@certbridge/gm/node";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import macEdges from "../../vectors/hmac-sm3-edges.json" with { type: "json" };
import edges from "../../vectors/sm2-decrypt-edges.json" with { type: "json" };
import gcmEdges from "../../vectors/sm4-gcm-edges.json" with { type: "json" };

const gm = await loadGm();
const jar = "/usr/share/java/bcprov.jar";
const classes = mkdtempSync(join(tmpdir(), "gm-bouncycastle-"));
afterAll(() => rmSync(classes, { recursive: true, force: true }));
beforeAll(() => {
  execFileSync("javac", ["-cp", jar, "-d", classes, join(import.meta.dirname, "Oracle.java")], { stdio: "pipe" });
});

const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex") || "-");

/** Asks all questions in one run of Java; answers in their order. */
function ask(questions: readonly (readonly [name: string, ...args: readonly (Uint8Array | null)[]])[]): string[] {
  const input = questions.map(([name, ...args]) => [name, ...args.map(hex)].join(" ")).join("\n");
  const command = ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", [classes, jar].join(delimiter), "Oracle"];
  const output = execFileSync("java", command, { input: `${input}\n`, maxBuffer: 1 << 26 });
  const answers = output.toString().trimEnd().split("\n");
  expect(answers.length).toBe(questions.length);
  return answers;
}

const rounds = Array.from({ length: 200 }, (_, i) => {
  const data = gm.hkdfSm3(Buffer.of(i), Buffer.alloc(0), Buffer.alloc(0), i + 1);
  return { ...gm.sm2KeyPair(), data, id: data.subarray(0, i % 40) };
});

test("SM3, HMAC-SM3 and public keys", () => {
  const answers = ask(
    rounds.flatMap(({ data, id, privateKey }) => [
      ["sm3", data] as const,
      ["hmac", id.length === 0 ? privateKey : id, data] as const,
      ["public-key", privateKey] as const,
    ]),
  );
  const ours = rounds.flatMap(({ data, id, privateKey, publicKey }) => [
    gm.sm3(data),
    gm.hmacSm3(id.length === 0 ? privateKey : id, data),
    publicKey,
  ]);
  expect(answers).toEqual(ours.map(hex));
});

test("SM4-CBC both ways, and a ciphertext altered", () => {
  const made = rounds.map(({ privateKey: key, data }) => gm.sm4CbcEncrypt(key.subarray(0, 16), key.subarray(16), data));
  const altered = made.map((each) => each.map((byte, i) => (i === each.length - 1 ? byte ^ 1 : byte)));
  const ways = (["cbc-encrypt", "cbc-decrypt", "cbc-decrypt"] as const).map((name, way) =>
    rounds.map(({ privateKey: key, data }, i) => {
      const input = [data, made[i] ?? data, altered[i] ?? data][way] ?? data;
      return [name, key.subarray(0, 16), key.subarray(16), input] as const;
    }),
  );
  const opened = altered.map((each, i) => {
    const key = rounds[i]?.privateKey ?? each;
    return gm.sm4CbcDecrypt(key.subarray(0, 16), key.subarray(16), each);
  });
  expect(ask(ways.flat())).toEqual([...made.map(hex), ...rounds.map(({ data }) => hex(data)), ...opened.map(hex)]);
});

test("SM4-GCM both ways, nonces of any length, and a tag altered", () => {
  const given = rounds.map(({ privateKey: key, data }, i) => ({
    key: key.subarray(0, 16),
    nonce: i % 2 === 0 ? key.subarray(16, 28) : Buffer.concat([key, data]).subarray(0, 1 + (i % 97)),
    data,
    aad: key.subarray(0, i % 33),
  }));
  const made = given.map(({ key, nonce, data, aad }) => gm.sm4GcmEncrypt(key, nonce, data, aad));
  const altered = made.map((each) => each.map((byte, i) => (i === each.length - 1 ? byte ^ 1 : byte)));
  const answers = ask(
    given.flatMap(({ key, nonce, data, aad }, i) => [
      ["gcm-encrypt", key, nonce, data, aad] as const,
      ["gcm-decrypt", key, nonce, made[i] ?? data, aad] as const,
      ["gcm-decrypt", key, nonce, altered[i] ?? data, aad] as const,
    ]),
  );
  expect(answers).toEqual(given.flatMap(({ data }, i) => [hex(made[i] ?? null), hex(data), "null"]));
});

test("SM2 signatures both ways", () => {
  const theirs = ask(rounds.map(({ privateKey, id, data }) => ["sign", privateKey, id, data]));
  const accepted = rounds.map(({ publicKey, id, data }, i) =>
    gm.sm2Verify(publicKey, data, Buffer.from(theirs[i] ?? "", "hex"), { id }),
  );
  expect(accepted.every(Boolean)).toBe(true);
  const ours = rounds.flatMap(({ privateKey, publicKey, id, data }) => {
    const signature = gm.sm2Sign(privateKey, data, { id });
    const altered = signature.map((byte, i) => (i === data.length % 64 ? byte ^ 1 : byte));
    return [["verify", publicKey, id, data, signature] as const, ["verify", publicKey, id, data, altered] as const];
  });
  expect(ask(ours)).toEqual(rounds.flatMap(() => ["true", "false"]));
});

test("SM2 ciphertexts both ways", () => {
  const theirs = ask(rounds.map(({ publicKey, data }) => ["encrypt", publicKey, data]));
  const opened = rounds.map(({ privateKey }, i) => gm.sm2Decrypt(privateKey, Buffer.from(theirs[i] ?? "", "hex")));
  expect(opened.map(hex)).toEqual(rounds.map(({ data }) => hex(data)));
  const ours = rounds.flatMap(({ privateKey, publicKey, data }) => {
    const sealed = gm.sm2Encrypt(publicKey, data);
    const altered = sealed.map((byte, i) => (i === 65 + (data.length % 32) ? byte ^ 1 : byte));
    return [["decrypt", privateKey, sealed] as const, ["decrypt", privateKey, altered] as const];
  });
  expect(ask(ours)).toEqual(rounds.flatMap(({ data }) => [hex(data), "null"]));
});

test("the solved ciphertext edges: BouncyCastle accepts what we accept", () => {
  const cases = edges.testGroups.flatMap(({ privateKey, tests }) =>
    tests
      .filter(({ result }) => result === "valid")
      .map(({ ct, msg }) => ({
        question: ["decrypt", Buffer.from(privateKey, "hex"), Buffer.from(ct, "hex")] as const,
        msg,
      })),
  );
  expect(ask(cases.map(({ question }) => question))).toEqual(cases.map(({ msg }) => msg));
});

const bytes = (text: string): Buffer => Buffer.from(text, "hex");

test("the solved SM4-GCM edges: BouncyCastle opens what we open, and nothing else", () => {
  const cases = gcmEdges.testGroups.flatMap(({ tests }) => tests).filter(({ iv }) => iv !== "");
  expect(cases.length).toBe(gcmEdges.numberOfTests - 1);
  const answers = ask(
    cases.map(
      ({ key, iv, aad, ct, tag }) => ["gcm-decrypt", bytes(key), bytes(iv), bytes(ct + tag), bytes(aad)] as const,
    ),
  );
  expect(answers).toEqual(cases.map(({ msg, result }) => (result === "valid" ? msg || "-" : "null")));
});

test("the solved HMAC-SM3 edges: BouncyCastle gives what is valid, and nothing else", () => {
  const cases = macEdges.testGroups.flatMap(({ tests }) => tests);
  const answers = ask(cases.map(({ key, msg }) => ["hmac", bytes(key), bytes(msg)] as const));
  expect(answers.map((answer, i) => answer === cases[i]?.tag)).toEqual(cases.map(({ result }) => result === "valid"));
});
