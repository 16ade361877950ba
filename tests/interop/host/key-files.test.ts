import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodePrivateKeyInfo, parsePrivateKeyInfo } from "@certbridge/pki";
import { afterAll, describe, expect, test } from "vitest";
import { encodeNationalPkcs8, encodePem, openKeyFile } from "../../../apps/host/src/key-files/files.ts";
import { encodePkcs12 } from "../../../apps/host/src/key-files/pkcs12.ts";
import { party } from "../../support/authority.ts";
import { temporaryFolder } from "../../support/host.ts";

/** Key files across programs: OpenSSL 3 and BouncyCastle, both from the system's packages. */
const folder = temporaryFolder();
afterAll(folder.remove);

const PASSWORD = "Export-2468";
const at = (name: string): string => join(folder.path, name);

function openssl(...args: readonly string[]): Buffer {
  return execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
}

const holder = party("江南建设有限公司", null, { keyUsage: ["digitalSignature"] });
const other = party("江南建设有限公司", null, { keyUsage: ["keyEncipherment"] });
const named = (p: typeof holder, friendlyName: string) => ({
  privateKey: p.privateKey,
  publicKey: p.publicKey,
  certificate: p.certificate.der,
  friendlyName,
});
const keys = [named(holder, "江南建设 签名"), named(other, "江南建设 加密")];

const plainPem = encodePem("PRIVATE KEY", encodePrivateKeyInfo(holder.privateKey, holder.publicKey));
writeFileSync(at("key.pem"), plainPem);
writeFileSync(at("cert.pem"), encodePem("CERTIFICATE", holder.certificate.der));

/** The private keys that a file holds, hexadecimal. */
async function keysOf(content: Uint8Array, password = PASSWORD): Promise<readonly string[] | null> {
  const contents = await openKeyFile(content, password);
  return contents === null ? null : contents.keys.map((key) => Buffer.from(parsePrivateKeyInfo(key)).toString("hex"));
}

const ours = Buffer.from(holder.privateKey).toString("hex");

describe("what OpenSSL writes, we read", () => {
  const pkcs8Of = ["pkcs8", "-topk8", "-in", at("key.pem"), "-passout", `pass:${PASSWORD}`];
  const pkcs8 = (...form: readonly string[]) => [...pkcs8Of, ...form];
  const pkcs12Of = [
    "pkcs12",
    "-export",
    "-inkey",
    at("key.pem"),
    "-in",
    at("cert.pem"),
    "-passout",
    `pass:${PASSWORD}`,
  ];
  const pkcs12 = (...form: readonly string[]) => [...pkcs12Of, ...form];
  test.each([
    ["PKCS#8, PBKDF2-HMAC-SHA256, SM4-CBC", pkcs8("-v2", "sm4-cbc", "-iter", "65536")],
    ["PKCS#8, PBKDF2-HMAC-SHA256, SM4-CBC, DER", pkcs8("-v2", "sm4-cbc", "-outform", "DER")],
    ["PKCS#8, scrypt, AES-256-CBC", pkcs8("-scrypt")],
    ["PKCS#12, SM4-CBC bags, SM3 MAC", pkcs12("-keypbe", "sm4-cbc", "-certpbe", "sm4-cbc", "-macalg", "sm3")],
    ["PKCS#12, AES-256 and SHA-256", pkcs12()],
    ["PKCS#12, AES-256 and SHA-512", pkcs12("-macalg", "sha512")],
    ["PKCS#8 without a password", ["pkcs8", "-topk8", "-nocrypt", "-in", at("key.pem")]],
  ])("%s", async (what, args) => {
    const content = openssl(...args);
    expect(await keysOf(content)).toEqual([ours]);
    if (!what.includes("without")) expect(await keysOf(content, "wrong-password")).toBeNull();
    if (what.includes("#12")) {
      const certificates = (await openKeyFile(content, PASSWORD))?.certificates ?? [];
      expect(certificates.map((der) => Buffer.from(der).toString("hex"))).toEqual([
        Buffer.from(holder.certificate.der).toString("hex"),
      ]);
    }
  });

  test("an altered PKCS#12 is refused", async () => {
    const content = openssl(...pkcs12());
    const altered = Buffer.from(content);
    altered[200] = (altered[200] ?? 0) ^ 1;
    const outcome = await keysOf(altered).catch((error: unknown) => error);
    expect(outcome === null || outcome instanceof Error).toBe(true);
  });

  test("an algorithm that is not read here is named", async () => {
    const content = openssl("pkcs8", "-topk8", "-in", at("key.pem"), "-passout", `pass:${PASSWORD}`, "-v2", "des3");
    await expect(keysOf(content)).rejects.toMatchObject({ code: "UNSUPPORTED_OPERATION" });
  });
});

describe("what we write, OpenSSL reads", () => {
  test.each(["wide", "national"] as const)("PKCS#12, %s", async (kind) => {
    writeFileSync(at(`${kind}.p12`), await encodePkcs12(randomBytes, kind, keys, [], PASSWORD));
    const printed = openssl("pkcs12", "-in", at(`${kind}.p12`), "-passin", `pass:${PASSWORD}`, "-nodes");
    expect(await keysOf(printed)).toEqual(keys.map(({ privateKey }) => Buffer.from(privateKey).toString("hex")));
    expect((await openKeyFile(printed, ""))?.certificates).toHaveLength(2);
    const info = openssl("pkcs12", "-in", at(`${kind}.p12`), "-passin", `pass:${PASSWORD}`, "-info", "-noout");
    expect(info).toBeDefined();
  });

  test.each(["wide", "national"] as const)("and so do we: PKCS#12, %s", async (kind) => {
    const content = await encodePkcs12(randomBytes, kind, keys, [], PASSWORD);
    expect(await keysOf(content)).toHaveLength(2);
    expect(await keysOf(content, "wrong-password")).toBeNull();
  });

  test("PKCS#8 in the national form comes back to us; no OpenSSL before 3.1 knows its HMAC-SM3", async () => {
    const content = await encodeNationalPkcs8(randomBytes, holder.privateKey, holder.publicKey, PASSWORD);
    expect(await keysOf(content)).toEqual([ours]);
    expect(await keysOf(Buffer.from(encodePem("ENCRYPTED PRIVATE KEY", content)))).toEqual([ours]);
    const text = openssl("asn1parse", "-inform", "DER", "-in", writeTo("national.p8", content)).toString("utf8");
    expect(text).toContain("PBES2");
    expect(text).toContain(":sm4-cbc");
    expect(text).toContain("1.2.156.10197.1.401.2");
  });
});

function writeTo(name: string, content: Uint8Array): string {
  writeFileSync(at(name), content);
  return at(name);
}

const JAVA = `
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Security;
import java.util.Collections;
import org.bouncycastle.jce.interfaces.ECPrivateKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public class ReadKeyStore {
  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    KeyStore store = KeyStore.getInstance("PKCS12", "BC");
    char[] password = args[1].toCharArray();
    try (FileInputStream in = new FileInputStream(args[0])) { store.load(in, password); }
    for (String alias : Collections.list(store.aliases())) {
      PrivateKey key = (PrivateKey) store.getKey(alias, password);
      System.out.println(String.format("%064x", ((ECPrivateKey) key).getD()) + " " + store.getCertificateChain(alias).length);
    }
  }
}
`;

test("BouncyCastle reads our default PKCS#12, each key with its certificate", async () => {
  const file = writeTo("default.p12", await encodePkcs12(randomBytes, "wide", keys, [], PASSWORD));
  const program = writeTo("ReadKeyStore.java", Buffer.from(JAVA));
  const jars = ["bcprov", "bcutil", "bcpkix"].map((jar) => `/usr/share/java/${jar}.jar`).join(":");
  const printed = execFileSync("java", ["-cp", jars, program, file, PASSWORD], { encoding: "utf8" });
  const expected = keys.map(({ privateKey }) => `${Buffer.from(privateKey).toString("hex")} 1`);
  expect(printed.trim().split("\n").sort()).toEqual(expected.sort());
  expect(readFileSync(file).length).toBeGreaterThan(500);
});
