/** The legacy profile: ours, and what others make; what is refused, and under which word. docs/formats/legacy-package.md */
import {
  archiveLenOf,
  beginLegacyPackage,
  contentKeyOfFileKey,
  contentKeyOfRecipient,
  encodeLegacyContext,
  legacyKeyOf,
  openLegacyPackage,
  openPackage,
  readLegacyFiles,
  verifyLegacyPackage,
  writeLegacyContent,
} from "@certbridge/bid";
import { oid } from "@certbridge/pki";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_TRAILER, GM_DATA, LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import {
  bidder,
  codeOf,
  crc32,
  fileKeyOf,
  filler,
  headerOf,
  memorySink,
  memorySource,
  sourceOf,
} from "../../support/bid.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import {
  IV,
  keyBlockOf,
  legacyFilesOf,
  legacyHeaderOf,
  makeLegacy,
  openLegacy,
  opener,
  readLegacy,
  signEnvelope,
  stranger,
} from "../../support/legacy.ts";
import { type ForeignForm, makeForeign } from "../../support/legacy-foreign.ts";

const files = [
  { name: "投标函.txt", bytes: new TextEncoder().encode("我方愿意以总价壹佰万元整承包本工程。") },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "图纸.dwg", bytes: filler(70_000) },
];
const content = filler(5000, 7);

const open = async (bytes: Uint8Array) => {
  const opened = await openLegacy(bytes);
  verifyLegacyPackage(gm, opened, foreignHash);
  return legacyFilesOf(opened, contentKeyOfRecipient(gm, opened, opener.certificate, opener.privateKey, foreignHash));
};

test("what is written comes back by the file key and by the recipient's own key, and says which bid it is", async () => {
  const keyBlock = keyBlockOf(fileKeyOf(1), legacyHeaderOf());
  const bytes = await makeLegacy(files, { keyBlock });
  expect(await readLegacy(bytes)).toEqual(files);
  expect(await open(bytes)).toEqual(files);
  const opened = await openLegacy(bytes);
  expect(opened.context?.header).toEqual(legacyHeaderOf());
  expect(verifyLegacyPackage(gm, opened).signer.der).toEqual(bidder.certificate.der);
  expect(opened.context?.bytes.keyBlock).toEqual(keyBlock);
});

const forms: readonly ForeignForm[] = [
  {},
  { family: "pkcs7" },
  { lengths: "indefinite", cipherChunk: 1000, signedChunk: 1000 },
  { lengths: "definite", cipherChunk: 999, signedChunk: 4096 },
  { lengths: "indefinite", family: "pkcs7", cipherChunk: 16, signedChunk: 1 },
  { named: false },
  { byKeyId: true },
  { cipher: oid.sm4 },
  ...[oid.sm2, oid.sm2Signature, oid.sm2KeyExchange].map((keyEncryption) => ({ keyEncryption })),
  ...(["DER", "04 C1C3C2", "C1C3C2", "04 C1C2C3", "C1C2C3"] as const).map((layout) => ({ layout })),
];

test.each(forms)("another program's is read: %o", async (form) => {
  expect(await open(makeForeign(content, form))).toEqual([{ name: "content", bytes: content }]);
});

test("what another program put into an archive is left as it is", async () => {
  const archive = new Uint8Array([0x50, 0x4b, 5, 6, ...new Uint8Array(18)]);
  expect(await open(makeForeign(archive))).toEqual([{ name: "content.zip", bytes: archive }]);
  expect(await open(makeForeign(new Uint8Array(0)))).toEqual([{ name: "content", bytes: new Uint8Array(0) }]);
});

test("a key in a device opens the key block of ours; of another program's only the vendor's own function opens anything", async () => {
  const ours = await openLegacy(await makeLegacy(files));
  const other = await openLegacy(makeForeign(content));
  expect([legacyKeyOf(ours, "usb-key"), legacyKeyOf(ours, "software"), legacyKeyOf(other, "software")]).toEqual([
    "key-block",
    "key-block",
    "content-key",
  ]);
  for (const carrier of ["usb-key", "phone"] as const) {
    expect(() => legacyKeyOf(other, carrier)).toThrow(new OperationError("VENDOR_DECRYPT_NEEDED"));
  }
  expect(() => contentKeyOfFileKey(gm, other, fileKeyOf(1))).toThrow(new OperationError("BID_NOT_OPENED"));
});

test("every failure behind the signature is one answer", async () => {
  const opened = await openLegacy(await makeLegacy(files));
  const contentKey = contentKeyOfFileKey(gm, opened, fileKeyOf(1));
  const wrong = new OperationError("BID_NOT_OPENED");
  expect(() => contentKeyOfFileKey(gm, opened, fileKeyOf(2))).toThrow(wrong);
  expect(() => contentKeyOfRecipient(gm, opened, stranger.certificate, stranger.privateKey)).toThrow(wrong);
  expect(() => contentKeyOfRecipient(gm, opened, opener.certificate, stranger.privateKey)).toThrow(wrong);
  expect(
    await codeOf(
      legacyFilesOf(
        opened,
        contentKey.map((byte) => byte ^ 1),
      ),
    ),
  ).toBe("BID_NOT_OPENED");
  // Signed as it is, and what it decrypts to is no padding; or no archive.
  const unpadded = await openLegacy(makeForeign(content, { lastBlock: (whole) => whole.slice(0, whole.length - 16) }));
  verifyLegacyPackage(gm, unpadded);
  const key = contentKeyOfRecipient(gm, unpadded, opener.certificate, opener.privateKey);
  expect(await codeOf(legacyFilesOf(unpadded, key))).toBe("BID_NOT_OPENED");
  const other = await openLegacy(makeForeign(content));
  const otherKey = contentKeyOfRecipient(gm, other, opener.certificate, opener.privateKey);
  expect(await codeOf(legacyFilesOf({ ...other, context: opened.context }, otherKey))).toBe("BID_NOT_OPENED");
});

test("what changes between the two passes is refused", async () => {
  const bytes = await makeLegacy(files);
  const opened = await openLegacy(bytes);
  const contentKey = contentKeyOfFileKey(gm, opened, fileKeyOf(1));
  const another = await makeLegacy(files);
  const swapped = { ...opened, source: memorySource(another) };
  expect(await codeOf(legacyFilesOf(swapped, contentKey))).toBe("BID_NOT_OPENED");
  const cut = { ...opened, source: memorySource(bytes.subarray(0, 5000)) };
  expect(await codeOf(legacyFilesOf(cut, contentKey))).toBe("BID_NOT_OPENED");
});

test("signed as anything else it is no package: plain data is what `sign` makes of any file", async () => {
  for (const signedType of [GM_DATA, oid.pkcs7Data, BID_TRAILER]) {
    expect(await codeOf(open(makeForeign(content, { signedType })))).toBe("MALFORMED");
  }
  // Ours without its context, and others' with our type.
  expect(await codeOf(open(makeForeign(content, { signedType: LEGACY_PACKAGE })))).toBe("MALFORMED");
});

test("a package's context is of its own header, key block and envelope, by the certificate that the header names", async () => {
  const header = legacyHeaderOf();
  const headerBytes = encodeCanonical(header);
  const keyBlock = keyBlockOf(fileKeyOf(1), header);
  const other = encodeCanonical(legacyHeaderOf({ lot: "标段二" }));
  const say = (trailer: Uint8Array, sm3: Uint8Array, changes: object, by = bidder) =>
    signEnvelope(sm3, { more: [encodeLegacyContext({ header: headerBytes, trailer, keyBlock, ...changes })], by });
  const made = (changes: object, by = bidder) =>
    codeOf(makeLegacy(files, { keyBlock, sign: (trailer, sm3) => say(trailer, sm3, changes, by) }));
  expect(await made({})).toBe("accepted");
  expect(await made({ header: other })).toBe("MALFORMED");
  expect(await made({ header: encodeCanonical(headerOf()) })).toBe("MALFORMED");
  expect(await made({ keyBlock: keyBlockOf(fileKeyOf(1), header) })).toBe("MALFORMED");
  expect(await made({ trailer: new TextEncoder().encode("{}") })).toBe("MALFORMED");
  expect(await made({}, party("别人", null, { keyUsage: ["digitalSignature"] }))).toBe("SIGNATURE_INVALID");
  const sm3 = gm.sm3(headerBytes);
  expect(await codeOf(makeLegacy(files, { keyBlock, sign: (trailer) => say(trailer, sm3, {}) }))).toBe(
    "CONTENT_MISMATCH",
  );
});

test("neither profile takes the other's header, and neither reader the other's file", async () => {
  const header = encodeCanonical(headerOf());
  const parts = { header, keyBlock: keyBlockOf(fileKeyOf(1), headerOf()), fileKey: fileKeyOf(1), iv: IV };
  const recipients = [opener.certificate];
  expect(await codeOf(beginLegacyPackage(gm, memorySink(), { ...parts, recipients }))).toBe("MALFORMED");
  const bytes = await makeLegacy(files);
  expect(await codeOf(openPackage({ gm, crc32, source: memorySource(bytes) }))).toBe("MALFORMED");
  expect(await codeOf(openLegacy(new TextEncoder().encode("PK")))).toBe("MALFORMED");
  expect(await codeOf(openLegacyPackage({ gm, source: { ...memorySource(bytes), size: limits.packageLen + 1 } }))).toBe(
    "MALFORMED",
  );
});

test("a file that changes while it is encrypted, or is shorter or longer than it was, is named", async () => {
  const header = legacyHeaderOf();
  const begin = async () =>
    beginLegacyPackage(gm, memorySink(), {
      header: encodeCanonical(header),
      keyBlock: keyBlockOf(fileKeyOf(1), header),
      fileKey: fileKeyOf(1),
      recipients: [opener.certificate],
      iv: IV,
    });
  const write = async (source: ReturnType<typeof sourceOf>) =>
    writeLegacyContent({ crc32, writer: await begin(), files: [source] });
  let reads = 0;
  const changing = sourceOf({ name: "a", bytes: content });
  const other = sourceOf({ name: "a", bytes: filler(5000, 8) });
  const unreadable = { code: "CONTENT_UNREADABLE", details: { name: "a" } };
  await expect(write({ ...changing, chunks: () => (reads++ === 0 ? changing : other).chunks() })).rejects.toMatchObject(
    unreadable,
  );
  await expect(write({ ...changing, size: 4999 })).rejects.toMatchObject(unreadable);
  await expect(write({ ...changing, size: 5001 })).rejects.toMatchObject(unreadable);
  expect(await codeOf(write({ ...changing, name: "a/b" }))).toBe("MALFORMED");
  expect(archiveLenOf([{ name: "a", size: 5000 }])).toBeGreaterThan(5000);
});

test("calls out of order are mistakes, and a job can be ended", async () => {
  const header = legacyHeaderOf();
  const writer = await beginLegacyPackage(gm, memorySink(), {
    header: encodeCanonical(header),
    keyBlock: keyBlockOf(fileKeyOf(1), header),
    fileKey: fileKeyOf(1),
    recipients: [opener.certificate],
    iv: IV,
  });
  await expect(writer.finish(new Uint8Array(1))).rejects.toThrow(Error);
  await writer.endContent();
  await expect(writer.add(content)).rejects.toThrow(Error);
  await expect(writer.endContent()).rejects.toThrow(Error);
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  const source = memorySource(await makeLegacy(files));
  await expect(openLegacyPackage({ gm, source, signal })).rejects.toBe(reason);
  const opened = await openLegacyPackage({ gm, source });
  const contentKey = contentKeyOfFileKey(gm, opened, fileKeyOf(1));
  const sink = { write: () => undefined };
  await expect(readLegacyFiles({ gm, crc32, opened, contentKey, sink, signal })).rejects.toBe(reason);
});
