/** The legacy profile: whatever the files are, they come back; whatever is changed in what is signed, nothing is handed out as valid. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { contentKeyOfRecipient, openLegacyPackage, verifyLegacyPackage } from "@certbridge/bid";
import { oid } from "@certbridge/pki";
import { gm } from "../../support/authority.ts";
import { codeOf, filler, memorySource, sameFiles, type TestFile } from "../../support/bid.ts";
import { foreignHash } from "../../support/foreign-hash.ts";
import { legacyFilesOf, makeLegacy, openLegacy, opener, readLegacy } from "../../support/legacy.ts";
import { type ForeignForm, makeForeign } from "../../support/legacy-foreign.ts";
import { envelopeOf } from "../../support/sealed-legacy.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const BLOCK_LEN = 1024 * 1024;

const size = fc.oneof(
  { weight: 2, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.constant(0) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -220, max: 20 }))
      .map(([blocks, off]) => Math.max(0, blocks * BLOCK_LEN + off)),
  },
);

const files = fc
  .uniqueArray(
    fc.record({ name: fc.constantFrom("投标函.txt", "报价.xlsx", "a", "图纸 1.dwg", "é😀"), size, seed: fc.nat(1000) }),
    {
      minLength: 1,
      maxLength: 4,
      selector: (file) => file.name,
    },
  )
  .map((list) => list.map(({ name, size, seed }): TestFile => ({ name, bytes: filler(size, seed) })));

test(
  "files of any size around the edges of blocks and chunks come back",
  async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1 << 14, max: 5 << 20 }), async (list, chunkLen) => {
        expect(sameFiles(await readLegacy(await makeLegacy(list, { chunkLen })), list)).toBe(true);
      }),
      cases(12, 200),
    );
  },
  timeoutMs,
);

/** What a door may say. */
const refusals: readonly string[] = ["MALFORMED", "SIGNATURE_INVALID", "CONTENT_MISMATCH", "BID_NOT_OPENED"];

const openForeign = async (bytes: Uint8Array): Promise<TestFile[]> => {
  const opened = await openLegacy(bytes);
  verifyLegacyPackage(gm, opened, foreignHash);
  return legacyFilesOf(opened, contentKeyOfRecipient(gm, opened, opener.certificate, opener.privateKey, foreignHash));
};

/** In octets of one, chunks and their heads are in 16,384 chunks at most: finer than that is refused, whoever wrote it. */
const FOREIGN_LEN_MOST = 5_000;

const chunk = fc.option(fc.integer({ min: 1, max: 3000 }), { nil: null });
const form: fc.Arbitrary<ForeignForm> = fc.record({
  family: fc.constantFrom("gm", "pkcs7"),
  lengths: fc.constantFrom("definite", "indefinite"),
  cipherChunk: chunk,
  signedChunk: chunk,
  keyEncryption: fc.constantFrom(oid.sm2, oid.sm2Signature, oid.sm2KeyExchange, oid.sm2Encryption),
  cipher: fc.constantFrom(oid.sm4, oid.sm4Cbc),
  layout: fc.constantFrom("DER", "04 C1C3C2", "C1C3C2", "04 C1C2C3", "C1C2C3"),
  byKeyId: fc.boolean(),
  named: fc.boolean(),
});

test(
  "another program's comes back in every form, lengths and chunks",
  async () => {
    await fc.assert(
      fc.asyncProperty(form, fc.nat(FOREIGN_LEN_MOST), async (written, len) => {
        const bytes = filler(len, len);
        expect(sameFiles(await openForeign(makeForeign(bytes, written)), [{ name: "content", bytes }])).toBe(true);
      }),
      cases(60, 5_000),
    );
  },
  timeoutMs,
);

const small = [
  { name: "投标函.txt", bytes: filler(1000) },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: "b", bytes: filler(17, 3) },
];
const genuine = await makeLegacy(small);

const signed = envelopeOf(genuine);
const chunkLen = signed.length;
const chunkAt = Buffer.from(genuine).indexOf(signed);

test(
  "any single change in what is signed is refused before a key is asked for anything",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: chunkLen - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, mask) => {
          const altered = genuine.slice();
          altered[chunkAt + at] = (altered[chunkAt + at] ?? 0) ^ mask;
          const proved = openLegacyPackage({ gm, source: memorySource(altered) }).then((opened) =>
            verifyLegacyPackage(gm, opened),
          );
          expect(["MALFORMED", "CONTENT_MISMATCH"]).toContain(await codeOf(proved));
        },
      ),
      cases(1_000, 200_000),
    );
  },
  timeoutMs,
);

const mangled = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> => {
  const at = fc.nat(bytes.length - 1);
  const odd = fc.constantFrom(0x00, 0x04, 0x24, 0x30, 0x31, 0x80, 0x81, 0x84, 0x88, 0x89, 0xa0, 0xff);
  return fc.oneof(
    fc.array(fc.tuple(at, fc.oneof(odd, fc.nat(255))), { minLength: 1, maxLength: 4 }).map((changes) => {
      const altered = bytes.slice();
      for (const [place, value] of changes) altered[place] = value;
      return altered;
    }),
    fc.tuple(at, at).map(([a, b]) => Buffer.concat([bytes.subarray(0, a), bytes.subarray(b)])),
    at.map((place) => bytes.subarray(0, place)),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((more) => Buffer.concat([bytes, more])),
    fc
      .tuple(at, fc.uint8Array({ minLength: 1, maxLength: 40 }))
      .map(([place, put]) => Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place)])),
  );
};

const foreign = makeForeign(filler(600), { lengths: "indefinite", cipherChunk: 100, signedChunk: 250 });

test(
  "whatever comes is refused in words that callers know, or is read as it was signed",
  async () => {
    const comes = fc.oneof(
      mangled(genuine).map((bytes) => ({ bytes, read: readLegacy, files: small })),
      mangled(foreign).map((bytes) => ({ bytes, read: openForeign, files: [{ name: "content", bytes: filler(600) }] })),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ bytes, read: openForeign, files: [] })),
    );
    await fc.assert(
      fc.asyncProperty(comes, async ({ bytes, read, files }) => {
        let found: TestFile[] | null = null;
        const said = await codeOf(
          read(new Uint8Array(bytes)).then((opened) => {
            found = opened;
          }),
        );
        if (found !== null) expect(sameFiles(found, files)).toBe(true);
        else expect(refusals).toContain(said);
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);
