import { parseKeyBlockContent, verifyPackage, verifyPayload } from "@certbridge/bid";
import { type BidderKeys, createDemoAuthorities, demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import { openEnvelopedData, parseCertificate, parseEnvelopedData, sameBytes } from "@certbridge/pki";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { crc32, filesOf, filler, headerOf, openBytes, sameFiles, SEGMENT_LEN } from "../../support/bid.ts";

/** BouncyCastle makes packages, from the format's pages alone, in every layout of the key block: we verify and open them. */

const CLASSPATH = ["bcprov", "bcpkix", "bcutil"].map((jar) => `/usr/share/java/${jar}.jar`).join(":");
const folder = "build/interop/bid-writer";
const sources = ["BidWriter.java", "Messages.java", "../pki/EnvelopePeer.java", "../pki/Der.java"];
const files = [
  { name: "商务标.pdf", bytes: filler(SEGMENT_LEN + 17) },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "技术标.pdf", bytes: filler(70_001, 2) },
];

let keys: BidderKeys;
let made: readonly string[];
const place = (name: string) => join(folder, name);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  const paths = sources.map((name) => join(import.meta.dirname, name));
  execFileSync("javac", ["-nowarn", "-cp", CLASSPATH, "-d", folder, ...paths], { stdio: "pipe" });
  keys = obtainKeys(gm, createDemoAuthorities(gm).jiangnan, demoBidders.jianye);
  const index = { files: files.map(({ name, bytes }) => ({ name, size: bytes.length })) };
  const header = headerOf({ signingCertificateSm3: encodeBase64Url(gm.sm3(keys.signing)) });
  const given = {
    "header.json": encodeCanonical(header),
    "signing.cer": keys.signing,
    "signing.key": keys.signingKey,
    "recipient.cer": keys.encryption,
    "index.json": encodeCanonical(index),
    "content.bin": Buffer.concat(files.map(({ bytes }) => bytes)),
  };
  for (const [name, bytes] of Object.entries(given)) writeFileSync(place(name), bytes);
  const run = ["-XX:TieredStopAtLevel=1", "-cp", `${CLASSPATH}:${folder}`, "BidWriter", folder];
  made = execFileSync("java", run, { encoding: "utf8", stdio: "pipe" }).trim().split("\n");
});

test("what BouncyCastle makes is verified and opened, in each of the five layouts", async () => {
  expect(made).toEqual(["0 DER", "1 04 C1C3C2", "2 C1C3C2", "3 04 C1C2C3", "4 C1C2C3"]);
  for (const line of made) {
    const opened = await openBytes(new Uint8Array(readFileSync(place(`${line.split(" ")[0]}.cbid`))));
    expect(sameBytes(verifyPackage(gm, opened).signer.der, keys.signing), line).toBe(true);
    await verifyPayload({ gm, crc32, opened });
    const envelope = parseEnvelopedData(opened.entries.keyBlock, limits.keyBlockLen);
    const content = openEnvelopedData(gm, envelope, parseCertificate(keys.encryption), keys.encryptionKey);
    const block = parseKeyBlockContent(gm, content ?? new Uint8Array(0));
    expect(block?.header, line).toEqual(opened.header);
    expect(sameFiles(await filesOf(opened, block?.fileKey ?? new Uint8Array(0)), files), line).toBe(true);
  }
});
