/** The worked example of docs/formats/legacy-package.md, recomputed with Node's own SM3 and SM4 as a stranger would, and by the room. */
import { beginLegacyPackage, commitmentOf, encodeLegacyContext, writeLegacyContent } from "@certbridge/bid";
import { hexOf } from "@certbridge/pki";
import { bidHeader } from "@certbridge/protocol/bid";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { crc32 as crcOf } from "node:zlib";
import { expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { crc32, fileKeyOf, memorySink, sourceOf } from "../../support/bid.ts";
import { IV, keyBlockOf, openLegacy, opener, signEnvelope } from "../../support/legacy.ts";

const page = (name: string) => readFileSync(new URL(`../../../docs/formats/${name}.md`, import.meta.url), "utf8");
const text = page("legacy-package");
const row = (name: string) => new RegExp(`^\\| ${name} \\| \`([0-9a-f]+)\``, "m").exec(text)?.[1] ?? "";
const header = Buffer.from(/```header\n(.*)\n```/.exec(text)?.[1] ?? "");
const sentence = Buffer.from(/the sentence (\S+) /.exec(page("bid-package"))?.[1] ?? "");
const fileKey = Uint8Array.from(Buffer.from(row("file key"), "hex"));
const files = [
  { name: "投标函.txt", bytes: sentence },
  { name: "空.txt", bytes: Buffer.alloc(0) },
];

const sm3 = (bytes: Uint8Array): Buffer => createHash("sm3").update(bytes).digest();
const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac("sm3", key).update(Buffer.concat(parts)).digest();

/** HKDF of up to 32 bytes. */
const derive = (info: string, len: number): Buffer =>
  hmac(hmac(sm3(header), fileKey), Buffer.from(info), Buffer.of(1)).subarray(0, len);

/** Numbers little-endian, as the page's table has them. */
const fields = (...parts: readonly (Uint8Array | readonly [number, number])[]): Buffer =>
  Buffer.concat(
    parts.map((part) => {
      if (part instanceof Uint8Array) return part;
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(BigInt(part[1]));
      return bytes.subarray(0, part[0]);
    }),
  );

function archive(): Buffer {
  const elsewhere = Buffer.alloc(4, 0xff);
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const utf8 = Buffer.from(name);
    const size = [8, bytes.length] as const;
    const same = (extraLen: number) =>
      fields(
        [2, 45],
        [2, 0x800],
        [2, 0],
        [2, 0],
        [2, 0x21],
        [4, crcOf(bytes)],
        elsewhere,
        elsewhere,
        [2, utf8.length],
        [2, extraLen],
      );
    const local = fields(Buffer.from("504b0304", "hex"), same(20), utf8, [2, 1], [2, 16], size, size);
    const extra = fields([2, 1], [2, 24], size, size, [8, at]);
    const attributes = Buffer.alloc(2 + 2 + 2 + 4);
    entries.push(fields(Buffer.from("504b0102", "hex"), [2, 45], same(28), attributes, elsewhere, utf8, extra));
    locals.push(local, bytes);
    at += local.length + bytes.length;
  }
  const directory = Buffer.concat(entries);
  const count = files.length;
  const end = fields(
    Buffer.from("504b0606", "hex"),
    [8, 44],
    [2, 45],
    [2, 45],
    [4, 0],
    [4, 0],
    [8, count],
    [8, count],
    [8, directory.length],
    [8, at],
    Buffer.from("504b0607", "hex"),
    [4, 0],
    [8, at + directory.length],
    [4, 1],
    Buffer.from("504b0506", "hex"),
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    elsewhere,
    [2, 0],
  );
  return Buffer.concat([...locals, directory, end]);
}

const contentKey = derive("shared-certificate/bid/v1 legacy", 16);

function encrypt(content: Uint8Array): Buffer {
  const cipher = createCipheriv("sm4-cbc", contentKey, IV);
  return Buffer.concat([cipher.update(content), cipher.final()]);
}

test("the oracle computes what the page has", () => {
  const content = archive();
  const ciphertext = encrypt(content);
  const values: Readonly<Record<string, Uint8Array>> = {
    commitment: derive("shared-certificate/bid/v1 commitment", 32),
    "content key": contentKey,
    "initial vector": IV,
    "length of the archive": Buffer.of(content.length >> 8, content.length & 0xff),
    "its SM3": sm3(content),
    "first 32 bytes of the ciphertext": ciphertext.subarray(0, 32),
    "its last 16 bytes": ciphertext.subarray(-16),
  };
  for (const [name, value] of Object.entries(values)) expect(`${name} ${row(name)}`).toBe(`${name} ${hexOf(value)}`);
});

test("the room makes the page's ciphertext", async () => {
  const said = parseCanonical(bidHeader, header, 2048, "header");
  expect(fileKey).toEqual(fileKeyOf(0));
  const keyBlock = keyBlockOf(fileKey, said);
  const sink = memorySink();
  const parts = { header, keyBlock, fileKey, recipients: [opener.certificate], iv: IV };
  const writer = await beginLegacyPackage(gm, sink, parts);
  const trailer = await writeLegacyContent({ crc32, writer, files: files.map((file) => sourceOf(file)) });
  writer.close();
  expect(hexOf(commitmentOf(gm, fileKey, header))).toBe(row("commitment"));
  expect(Buffer.from(sink.whole()).includes(encrypt(archive()))).toBe(true);
  // The example's certificate is the login token's: nobody here can sign for it, so that what is written is no package.
  const context = encodeLegacyContext({ header, trailer, keyBlock });
  await expect(writer.finish(signEnvelope(sm3(trailer), { more: [context] }))).rejects.toThrow();
  await expect(openLegacy(sink.whole())).rejects.toThrow();
});
