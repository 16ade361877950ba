/** Whatever the files are, they come back; whatever is changed, nobody is deceived. */
import { openPackage, readFiles, verifyPackage, verifyPayload } from "@certbridge/bid";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import {
  codeOf,
  crc32,
  fileKeyOf,
  filesOf,
  filler,
  headerOf,
  makePackage,
  openBytes,
  readWhole,
  sameFiles,
  SEALED_LEN,
  SEGMENT_LEN,
  type TestFile,
} from "../../support/bid.ts";
import { bytesOf, forge, forgeEntries, sealStream, SMALL, streamOf } from "../../support/bid-forger.ts";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

/** Sizes near the edges of segments, where the index before them moves what is an edge. */
const size = fc.oneof(
  { weight: 2, arbitrary: fc.nat(5000) },
  { weight: 1, arbitrary: fc.constant(0) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -200, max: 1 }))
      .map(([segments, off]) => Math.max(0, segments * SEGMENT_LEN + off)),
  },
);

const name = fc
  .array(fc.constantFrom(...Array.from('投标函报价图纸工程量清单é". -_aZ09😀')), { minLength: 1, maxLength: 20 })
  .map((letters) => letters.join("").normalize("NFC"))
  .filter((text) => text !== "." && text !== "..");

const files = fc
  .uniqueArray(fc.record({ name, size, seed: fc.nat(1000) }), {
    minLength: 1,
    maxLength: 6,
    selector: (file) => file.name,
  })
  .map((list) => list.map(({ name, size, seed }): TestFile => ({ name, bytes: filler(size, seed) })));

test(
  "files of any size and name come back, whatever chunks they are read in",
  async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1 << 14, max: 5 << 20 }), async (list, chunkLen) => {
        expect(sameFiles(await readWhole(await makePackage(list, { chunkLen })), list)).toBe(true);
      }),
      cases(12, 200),
    );
  },
  timeoutMs,
);

test(
  "one file of every size around a segment's end comes back",
  async () => {
    const around = fc
      .integer({ min: -110, max: 2 })
      .chain((off) => fc.integer({ min: 1, max: 3 }).map((segments) => segments * SEGMENT_LEN + off));
    await fc.assert(
      fc.asyncProperty(around, async (size) => {
        const list = [{ name: "a", bytes: filler(size) }];
        expect(sameFiles(await readWhole(await makePackage(list)), list)).toBe(true);
      }),
      cases(8, 200),
    );
  },
  timeoutMs,
);

const two = { name: "图纸.dwg", bytes: filler(SEGMENT_LEN + 5) };
const genuine = await makePackage([...SMALL, two]);

/** A place in the package: half of them where there is no ciphertext. */
const place = fc.oneof(
  fc.nat(1200),
  fc.integer({ min: genuine.length - 2000, max: genuine.length - 1 }),
  fc.nat(genuine.length - 1),
);

/** Every step is taken, whatever the ones before it said; answers whether anything was believed. */
async function believed(bytes: Uint8Array): Promise<boolean> {
  return (await codeOf(readWhole(bytes))) === "accepted";
}

test(
  "one byte changed anywhere is found",
  async () => {
    expect(await believed(genuine)).toBe(true);
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const altered = genuine.slice();
        altered[at] = (altered[at] ?? 0) ^ mask;
        expect(await believed(altered)).toBe(false);
      }),
      cases(60, 5000),
    );
  },
  timeoutMs,
);

const opened = await openBytes(genuine);

test(
  "one byte of ciphertext changed is found by its segment, also where nobody looked at hash and signature",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(opened.payload.len - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const altered = genuine.slice(opened.payload.at, opened.payload.at + opened.payload.len);
        altered[at] = (altered[at] ?? 0) ^ mask;
        const source = {
          size: genuine.length,
          read: (from: number, len: number) =>
            Promise.resolve(altered.slice(from - opened.payload.at, from - opened.payload.at + len)),
        };
        const written: number[] = [];
        const sink = { write: ({ bytes }: { bytes: Uint8Array }) => void written.push(bytes.length) };
        const reading = readFiles({ gm, opened: { ...opened, source }, fileKey: fileKeyOf(1), sink });
        expect(await codeOf(reading)).toBe("BID_NOT_OPENED");
        // What was handed out before is genuine: the first segment, or nothing.
        if (at < SEALED_LEN) expect(written).toEqual([]);
        else expect(written.length).toBe(4);
      }),
      cases(30, 5000),
    );
  },
  timeoutMs,
);

test(
  "a package that is cut, or has more, is none",
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(genuine.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 30 }),
        async (len, more) => {
          expect(await believed(genuine.subarray(0, len))).toBe(false);
          expect(await believed(Buffer.concat([genuine, more]))).toBe(false);
          expect(await believed(Buffer.concat([genuine.subarray(0, len), more, genuine.subarray(len)]))).toBe(false);
        },
      ),
      cases(40, 3000),
    );
  },
  timeoutMs,
);

const header = encodeCanonical(headerOf());
const three = sealStream(streamOf([...SMALL, { name: "a", bytes: filler(2 * SEGMENT_LEN + 1) }]), fileKeyOf(1), header);

test(
  "segments in any other order, number or combination open nothing, though the bidder signed them so",
  async () => {
    const order = fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }).filter((places) => places.join() !== "0,1,2");
    await fc.assert(
      fc.asyncProperty(order, async (places) => {
        const segments = places.map((place) => three[place] ?? new Uint8Array(0));
        const forged = await openBytes(forge({ segments }));
        verifyPackage(gm, forged);
        expect(await codeOf(filesOf(forged, fileKeyOf(1)))).toBe("BID_NOT_OPENED");
      }),
      cases(10, 300),
    );
  },
  timeoutMs,
);

const theirs = forgeEntries({ fileKey: fileKeyOf(9), header: { packageId: "_".repeat(21) + "w" } });
const ours = forgeEntries();

test(
  "with any of its entries another package's it is refused; with all of them it is that package",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 62 }), async (which) => {
        const mixed = ours.map((entry, place) => ((which << 1) & (1 << place) ? (theirs[place] ?? entry) : entry));
        expect(await believed(bytesOf(mixed))).toBe(false);
      }),
      cases(25, 300),
    );
    expect(sameFiles(await readWhole(bytesOf(theirs), fileKeyOf(9)), SMALL)).toBe(true);
  },
  timeoutMs,
);

test(
  "a package opens with no other file key",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 0, maxLength: 64 }), async (fileKey) => {
        fc.pre(Buffer.compare(fileKey, fileKeyOf(1)) !== 0);
        expect(await codeOf(filesOf(opened, fileKey))).toBe("BID_NOT_OPENED");
      }),
      cases(100, 10_000),
    );
  },
  timeoutMs,
);

test("the genuine one is taken, with each step by itself", async () => {
  const again = await openPackage({ gm, crc32, source: opened.source });
  expect(verifyPackage(gm, again).signer.der.length).toBeGreaterThan(0);
  await verifyPayload({ gm, crc32, opened: again });
  expect(sameFiles(await filesOf(again, fileKeyOf(1)), [...SMALL, two])).toBe(true);
});
