import { commitmentOf, createPayloadReader, createPayloadWriter, createPieceHash, payloadKeys } from "@certbridge/bid";
import { hexOf } from "@certbridge/pki";
import { bidFileList, bidHeader } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { SEALED_LEN, SEGMENT_LEN } from "../../support/bid.ts";
import { archiveOf, countOf, keySchedule, nonceOf, seal, sm3InPieces } from "../../support/oracles/bid.ts";

/** The worked example of the page, recomputed from its own text: by the oracle as a stranger would, and by the room. */
const page = (name: string) => readFileSync(new URL(`../../../docs/formats/${name}.md`, import.meta.url), "utf8");
const text = page("bid-package");
const block = (kind: string) => new RegExp(`\`\`\`${kind}\n(.*)\n\`\`\``).exec(text)?.[1] ?? "";
const row = (name: string) => new RegExp(`^\\| ${name} \\| \`([0-9a-f]+)\``, "m").exec(text)?.[1] ?? "";

const header = Buffer.from(block("header"));
const index = Buffer.from(block("index"));
const fileKey = Uint8Array.from(Buffer.from(row("file key"), "hex"));
const sentence = Buffer.from(/the sentence (\S+) /.exec(text)?.[1] ?? "");
const nothing = new Uint8Array(0);
const stream = Buffer.concat(
  [countOf(index.length), index, sentence, ...[sentence, nothing].map((bytes) => sm3InPieces(bytes, SEGMENT_LEN))],
  SEGMENT_LEN,
);

test("the oracle computes what the page has", () => {
  const { commitment, key, prefix } = keySchedule(fileKey, header);
  const nonce = nonceOf(prefix, 0, true);
  const sealed = seal(key, nonce, stream);
  expect(header.length).toBe(311);
  expect([index.length, sentence.length]).toEqual([74, 54]);
  const values: Readonly<Record<string, Uint8Array>> = {
    "SM3 of the header": gm.sm3(header),
    commitment,
    key,
    prefix,
    "length of the index": stream.subarray(0, 4),
    "SM3 in pieces of the first file": sm3InPieces(sentence, SEGMENT_LEN),
    "SM3 in pieces of the second file": sm3InPieces(nothing, SEGMENT_LEN),
    "nonce of the only segment": nonce,
    "its first 32 bytes, sealed": sealed.subarray(0, 32),
    "its tag": sealed.subarray(SEGMENT_LEN),
    "SM3 in pieces of the payload": sm3InPieces(sealed, SEALED_LEN),
  };
  for (const [name, value] of Object.entries(values)) expect(row(name), name).toBe(hexOf(value));
});

test("the room makes the page's segment, and reads it", () => {
  expect(hexOf(commitmentOf(gm, fileKey, header))).toBe(row("commitment"));
  const keys = payloadKeys(gm, fileKey, header);
  expect([hexOf(keys.key), hexOf(keys.prefix)]).toEqual([row("key"), row("prefix")]);
  const { files } = parseCanonical(bidFileList, index, 1000, "index");
  const writer = createPayloadWriter({ gm, keys, files });
  const [sealed = nothing] = [...writer.push(0, sentence), ...writer.end()];
  expect(hexOf(sealed.subarray(0, 32))).toBe(row("its first 32 bytes, sealed"));
  expect(hexOf(sealed.subarray(SEGMENT_LEN))).toBe(row("its tag"));
  const hash = createPieceHash(gm, SEALED_LEN);
  hash.take(sealed);
  expect(hexOf(hash.digest())).toBe(row("SM3 in pieces of the payload"));
  const reader = createPayloadReader({ gm, keys, segments: 1 });
  expect(Buffer.from(reader.take(sealed)[0]?.bytes ?? nothing).equals(sentence)).toBe(true);
  expect(reader.end()).toEqual(files);
});

test("its header is one, of the certificate of the login token's example", () => {
  const said = parseCanonical(bidHeader, header, 2048, "header");
  const token: unknown = JSON.parse(/```json\n(.*?)\n```/s.exec(page("login-token"))?.[1] ?? "");
  const certificate = decodeBase64Url(String(Object(token).certificate));
  expect(hexOf(decodeBase64Url(said.signingCertificateSm3))).toBe(hexOf(gm.sm3(certificate)));
});

test("directory and end have the length that the page has", () => {
  const row = /^\| `(mimetype|[\w-]+\.json|commitment|key-block\.p7m|payload|META-INF\/\S+)` \|/gm;
  const names = [...new Set(Array.from(text.matchAll(row), ([, name = ""]) => name))];
  expect(names.length).toBe(7);
  const { stretches } = archiveOf(names.map((name) => ({ name, content: 1 })));
  expect(text).toContain(`have ${stretches.at(-1)?.[1].length} bytes in every package`);
});
