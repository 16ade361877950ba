/** A built extension as a signed package (CRX3), as an administrator hosts one: a browser installs it by policy, and by nothing else. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A ZIP archive (APPNOTE 6.3) whose entries are stored as they are. */
function zip(files: readonly { readonly name: string; readonly content: Buffer }[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const path = Buffer.from(name);
    const sizes = Buffer.concat([
      u32(crc32(content)),
      u32(content.length),
      u32(content.length),
      u16(path.length),
      u16(0),
    ]);
    // Version 2.0, flag 11: the name is UTF-8; stored; the first day of 1980.
    const common = Buffer.concat([u16(20), u16(0x800), u16(0), u16(0), u16(0x21), sizes]);
    const local = Buffer.concat([u32(0x04034b50), common, path, content]);
    directory.push(Buffer.concat([u32(0x02014b50), u16(20), common, Buffer.alloc(10), u32(offset), path]));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = [u32(0x06054b50), u32(0), u16(files.length), u16(files.length), u32(entries.length), u32(offset), u16(0)];
  return Buffer.concat([...parts, entries, ...end]);
}

/** A field of a protocol-buffers message that holds bytes. */
function field(number: number, content: Buffer): Buffer {
  const varint: number[] = [];
  for (const value of [(number << 3) | 2, content.length]) {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) varint.push((rest & 0x7f) | 0x80);
    varint.push(rest);
  }
  return Buffer.concat([Buffer.from(varint), content]);
}

/**
 * Packs the folder under a key that is made for it. Gives the id that the key makes, and the address that a policy installs it from.
 *
 * @param out folder for the package and its update manifest; must exist
 */
export function packExtension(folder: string, out: string): { readonly id: string; readonly updateUrl: string } {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const crxId = createHash("sha256").update(spki).digest().subarray(0, 16);
  const id = Array.from(crxId.toString("hex"), (digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)]).join("");

  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  let version = "";
  const files = names.map((name) => {
    const content = readFileSync(join(folder, name));
    if (name !== "manifest.json") return { name, content };
    // The build's own key names another id than the one that signs here.
    const { key: _key, ...manifest } = JSON.parse(content.toString()) as { key?: string; version: string };
    ({ version } = manifest);
    return { name, content: Buffer.from(JSON.stringify(manifest)) };
  });
  const archive = zip(files);
  const signedHeader = field(1, crxId);
  const signed = Buffer.concat([Buffer.from("CRX3 SignedData\0"), u32(signedHeader.length), signedHeader, archive]);
  const proof = Buffer.concat([field(1, spki), field(2, sign("sha256", signed, privateKey))]);
  const header = Buffer.concat([field(2, proof), field(10_000, signedHeader)]);
  const crx = resolve(out, "extension.crx");
  writeFileSync(crx, Buffer.concat([Buffer.from("Cr24"), u32(3), u32(header.length), header, archive]));
  const update = resolve(out, "update.xml");
  const codebase = pathToFileURL(crx).href;
  writeFileSync(
    update,
    `<?xml version="1.0"?><gupdate xmlns="http://www.google.com/update2/response" protocol="2.0"><app appid="${id}"><updatecheck codebase="${codebase}" version="${version}"/></app></gupdate>`,
  );
  return { id, updateUrl: pathToFileURL(update).href };
}
