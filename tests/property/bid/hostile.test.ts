/** Whatever comes: each parser gives what was written, or refuses in words that callers know. */
import { createPayloadReader, openPackage, payloadKeys, sealSegment, verifyPackage } from "@certbridge/bid";
import { ProofError } from "@certbridge/pki";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { codeOf, crc32, fileKeyOf, headerOf, memorySource, SEGMENT_LEN, signTrailer } from "../../support/bid.ts";
import { bytesOf, forgeEntries, SMALL, streamOf } from "../../support/bid-forger.ts";
import { archiveOf, countOf, type Entry } from "../../support/oracles/bid.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const fileKey = fileKeyOf(1);
const header = encodeCanonical(headerOf());
const entries = forgeEntries();
const genuine = bytesOf(entries);

/** Bytes of a text: cut, doubled, changed in a few places, or with a JSON value that is odd. */
function mangled(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const text = Buffer.from(bytes);
  const at = fc.nat(Math.max(0, bytes.length - 1));
  const odd = fc.constantFrom(
    "null",
    "1e999",
    "-0",
    "[]",
    "{}",
    '""',
    '"\\u0000"',
    "9007199254740993",
    "true",
    " ",
    ",",
  );
  return fc.oneof(
    fc.tuple(at, fc.integer({ min: 1, max: 255 })).map(([place, mask]) => {
      const altered = text.slice();
      altered[place] = (altered[place] ?? 0) ^ mask;
      return altered;
    }),
    fc.tuple(at, at).map(([a, b]) => Buffer.concat([text.subarray(0, a), text.subarray(b)])),
    fc.tuple(at, odd).map(([place, value]) => {
      const end = text.indexOf(",", place);
      const colon = text.lastIndexOf(":", place) + 1;
      return Buffer.concat([text.subarray(0, colon), Buffer.from(value), text.subarray(Math.max(colon, end))]);
    }),
    fc.json().map((json) => Buffer.from(json)),
    fc.uint8Array({ maxLength: 300 }),
  );
}

/** What a door may say. */
const refusals: readonly string[] = ["MALFORMED", "SIGNATURE_INVALID", "CONTENT_MISMATCH", "BID_NOT_OPENED"];

/** What stands before the payload, and behind it: local headers, small entries, directory and end, whose numbers are chosen. */
const { stretches } = archiveOf(entries);
const payloadAt = stretches.find(([, bytes]) => bytes.length >= SEGMENT_LEN)?.[0] ?? 0;
const behindAt = stretches.find(([at]) => at > payloadAt)?.[0] ?? 0;
const tailAt = stretches.at(-1)?.[0] ?? 0;

test(
  "a frame with numbers of any kind is read as it was written, or refused",
  async () => {
    const numbers = fc.constantFrom(0n, 1n, 20n, 0xffffn, 0xffffffffn, 2n ** 36n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);
    const change = fc.record({
      at: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: tailAt, max: genuine.length - 8 }) },
        { weight: 1, arbitrary: fc.nat(payloadAt - 8) },
        { weight: 1, arbitrary: fc.integer({ min: behindAt, max: tailAt }) },
      ),
      value: fc.oneof(numbers, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      len: fc.constantFrom(1, 2, 4, 8),
    });
    const altered = genuine.slice();
    const [front, behind] = [genuine.slice(0, payloadAt), genuine.slice(behindAt)];
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        altered.set(front);
        altered.set(behind, behindAt);
        for (const { at, value, len } of changes) {
          const field = Buffer.alloc(8);
          field.writeBigUInt64LE(value);
          altered.set(field.subarray(0, len), at);
        }
        const same =
          Buffer.compare(altered.subarray(0, payloadAt), front) === 0 &&
          Buffer.compare(altered.subarray(behindAt), behind) === 0;
        const said = await codeOf(openPackage({ gm, crc32, source: memorySource(altered) }));
        expect(said).toBe(same ? "accepted" : "MALFORMED");
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

test(
  "bytes that are no archive at all are refused",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.nat(1 << 21), async (bytes, more) => {
        // As long as a package may be, with such an end.
        const source = { size: more + bytes.length, read: (at: number, len: number) => Promise.resolve(end(at, len)) };
        const end = (at: number, len: number) => {
          const read = new Uint8Array(len);
          for (let i = 0; i < len; i++) read[i] = bytes[at + i - more] ?? 0;
          return read;
        };
        expect(await codeOf(openPackage({ gm, crc32, source }))).toBe("MALFORMED");
      }),
      cases(2000, 200_000),
    );
  },
  timeoutMs,
);

const contentOf = (name: string): Uint8Array => {
  const content = entries.find((entry) => entry.name === name)?.content;
  if (typeof content !== "object") throw new Error(`no ${name}`);
  return content;
};

/** The payload is not read by what is tested here: one number stands for all of it. */
const payloadLen = contentOf("payload").length;

function sourceOf(changes: Readonly<Record<string, Uint8Array>>) {
  const light = entries.map((entry): Entry => {
    if (entry.name === "payload") return { ...entry, content: payloadLen, crc: 0 };
    return { ...entry, content: changes[entry.name] ?? entry.content };
  });
  const { stretches, len } = archiveOf(light);
  const read = (from: number, count: number) => {
    const bytes = Buffer.alloc(count);
    for (const [at, stretch] of stretches) {
      const begin = Math.max(from, at);
      const end = Math.min(from + count, at + stretch.length);
      if (begin < end) stretch.copy(bytes, begin - from, begin - at, end - at);
    }
    return Promise.resolve(bytes);
  };
  return { size: len, read };
}

test.each(["header.json", "trailer.json", "commitment", "key-block.p7m"])(
  "%s of any kind is the one that was signed, or refused",
  async (name) => {
    await fc.assert(
      fc.asyncProperty(mangled(contentOf(name)), async (content) => {
        fc.pre(Buffer.compare(content, contentOf(name)) !== 0);
        const verified = openPackage({ gm, crc32, source: sourceOf({ [name]: content }) }).then((opened) =>
          verifyPackage(gm, opened),
        );
        expect(refusals).toContain(await codeOf(verified));
      }),
      cases(150, 10_000),
    );
  },
  timeoutMs,
);

test(
  "a header of any kind in a package that fits it is read as it was written, or refused",
  async () => {
    await fc.assert(
      fc.asyncProperty(mangled(header), async (headerBytes) => {
        const trailer = encodeCanonical({
          ...(JSON.parse(Buffer.from(contentOf("trailer.json")).toString()) as object),
          headerSm3: Buffer.from(gm.sm3(headerBytes)).toString("base64url"),
        });
        const source = sourceOf({ "header.json": headerBytes, "trailer.json": trailer });
        try {
          const { header: said } = await openPackage({ gm, crc32, source });
          expect(Buffer.compare(encodeCanonical(said), headerBytes)).toBe(0);
        } catch (error) {
          if (!OperationError.is(error, "MALFORMED")) throw error;
        }
      }),
      cases(200, 10_000),
    );
  },
  timeoutMs,
);

test(
  "a signature of any kind is the bidder's in its one spelling, or refused",
  async () => {
    const signature = signTrailer(contentOf("trailer.json"));
    await fc.assert(
      fc.asyncProperty(mangled(signature), async (content) => {
        fc.pre(content.length > 0 && Buffer.compare(content, signature) !== 0);
        const opened = await openPackage({ gm, crc32, source: sourceOf({ "META-INF/signature.p7s": content }) });
        try {
          verifyPackage(gm, opened);
          expect.unreachable();
        } catch (error) {
          if (!(error instanceof ProofError) && !OperationError.is(error, "MALFORMED")) throw error;
        }
      }),
      cases(200, 10_000),
    );
  },
  timeoutMs,
);

const keys = payloadKeys(gm, fileKey, header);
const index = encodeCanonical({ files: SMALL.map(({ name, bytes }) => ({ name, size: bytes.length })) });
/** What is not padding. */
const said = streamOf(SMALL).subarray(
  0,
  4 + index.length + SMALL.reduce((sum, { bytes }) => sum + bytes.length + 32, 0),
);

test(
  "a stream of any kind, rightly sealed, is the one stream of the files that it gives, or opens with one answer",
  () => {
    const behind = said.subarray(4 + index.length);
    const streams = fc.oneof(
      mangled(index).map((bytes) => Buffer.concat([countOf(bytes.length), bytes, behind])),
      mangled(said.subarray(0, 4 + index.length)).map((bytes) => Buffer.concat([bytes, behind])),
      fc.tuple(fc.nat(8000), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const altered = Buffer.concat([said], 8001);
        altered[at] = (altered[at] ?? 0) ^ mask;
        return altered;
      }),
    );
    const plain = new Uint8Array(SEGMENT_LEN);
    fc.assert(
      fc.property(streams, (bytes) => {
        plain.fill(0);
        plain.set(bytes);
        const reader = createPayloadReader({ gm, keys, segments: 1 });
        try {
          const pieces = reader.take(sealSegment(gm, keys, 0, true, plain));
          const files = reader.end().map(({ name }, file) => ({ name, bytes: pieces[file]?.bytes ?? plain }));
          expect(Buffer.compare(streamOf(files), plain)).toBe(0);
        } catch (error) {
          if (!OperationError.is(error, "BID_NOT_OPENED")) throw error;
        }
      }),
      cases(100, 10_000),
    );
  },
  timeoutMs,
);
