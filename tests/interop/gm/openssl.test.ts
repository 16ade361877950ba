/** OpenSSL's command line, both ways: SM2 signatures and ciphertexts, SM3, SM4. */
import { loadGm } from "@certbridge/gm/node";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  ciphertextFromDer,
  ciphertextToDer,
  privateKeyPem,
  publicKeyPem,
  signatureFromDer,
  signatureToDer,
} from "../../support/oracles/der.ts";

const gm = await loadGm();
const folder = mkdtempSync(join(tmpdir(), "gm-openssl-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content?: string | Uint8Array): string => {
  const path = join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
const openssl = (...args: readonly string[]): Buffer =>
  execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
const hex = (data: Uint8Array | null): string => (data === null ? "null" : Buffer.from(data).toString("hex"));

const id = "1234567812345678";
const rounds = Array.from({ length: 6 }, (_, i) => ({
  ...gm.sm2KeyPair(),
  message: Buffer.from(`第 ${i} 份投标文件`.repeat(1 + i * 7)),
  name: i % 2 === 0 ? id : `certbridge-${i}`,
}));

test.each(rounds)("a signature over the id $name, both ways", ({ privateKey, publicKey, message, name }) => {
  const [msg, sig] = [file("message", message), file("signature")];
  const raw = ["-rawin", "-digest", "sm3", "-pkeyopt", `distid:${name}`, "-in", msg];
  const secret = file("private.pem", privateKeyPem(privateKey, publicKey));
  const open = file("public.pem", publicKeyPem(publicKey));

  openssl("pkeyutl", "-sign", ...raw, "-inkey", secret, "-out", sig);
  expect(gm.sm2Verify(publicKey, message, signatureFromDer(readFileSync(sig)), { id: name })).toBe(true);

  const signature = gm.sm2Sign(privateKey, message, { id: name });
  file("signature", signatureToDer(signature));
  const verify = ["pkeyutl", "-verify", "-pubin", "-inkey", open, "-sigfile", sig, ...raw];
  expect(openssl(...verify).toString()).toContain("Signature Verified Successfully");

  signature[40] = (signature[40] ?? 0) ^ 1;
  file("signature", signatureToDer(signature));
  expect(() => openssl(...verify)).toThrow();
});

test.each(rounds)("a ciphertext, both ways", ({ privateKey, publicKey, message }) => {
  const [plain, sealed] = [file("plain", message), file("sealed")];
  openssl(
    "pkeyutl",
    "-encrypt",
    "-pubin",
    "-inkey",
    file("public.pem", publicKeyPem(publicKey)),
    "-in",
    plain,
    "-out",
    sealed,
  );
  expect(hex(gm.sm2Decrypt(privateKey, ciphertextFromDer(readFileSync(sealed))))).toBe(hex(message));

  file("sealed", ciphertextToDer(gm.sm2Encrypt(publicKey, message)));
  const opened = openssl(
    "pkeyutl",
    "-decrypt",
    "-inkey",
    file("private.pem", privateKeyPem(privateKey, publicKey)),
    "-in",
    sealed,
  );
  expect(hex(opened)).toBe(hex(message));
});

test("a key that OpenSSL makes has the public key that we compute", () => {
  const path = file("made.pem");
  openssl("genpkey", "-algorithm", "SM2", "-out", path);
  const der = openssl("pkey", "-in", path, "-outform", "DER");
  const publicKey = openssl("pkey", "-in", path, "-pubout", "-outform", "DER").subarray(-65);
  const privateKey = der.subarray(der.indexOf(Buffer.from("0201010420", "hex")) + 5).subarray(0, 32);
  expect(hex(gm.sm2PublicKey(privateKey))).toBe(hex(publicKey));
});

test.each(rounds)("SM3, SM4-CBC and SM4-CTR", ({ privateKey, message }) => {
  const plain = file("plain", message);
  expect(hex(gm.sm3(message))).toBe(hex(openssl("dgst", "-sm3", "-binary", plain)));
  const [key, iv] = [privateKey.subarray(0, 16), privateKey.subarray(16)];
  const made = openssl("enc", "-sm4-cbc", "-K", hex(key), "-iv", hex(iv), "-in", plain);
  expect(hex(gm.sm4CbcEncrypt(key, iv, message))).toBe(hex(made));
  expect(hex(gm.sm4CbcDecrypt(key, iv, made))).toBe(hex(message));
  const streamed = openssl("enc", "-sm4-ctr", "-K", hex(key), "-iv", hex(iv), "-in", plain);
  expect(hex(gm.sm4Ctr(key, iv, message))).toBe(hex(streamed));
});
