/** Whatever comes: each parser gives what was written, or refuses in words that callers know. */
import {
  commitmentOf,
  createPayloadReader,
  encodeKeyBlockContent,
  openPackage,
  parseKeyBlockContent,
  payloadKeys,
  sealSegment,
  verifyPackage,
} from "@certbridge/bid";
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

/** Offsets of directory and end, whose numbers are chosen. */
const tailAt = archiveOf(entries).stretches.at(-1)?.[0] ?? 0;

test(
  "a frame with numbers of any kind is read as it was written, or refused",
  async () => {
    const numbers = fc.constantFrom(0n, 1n, 20n, 0xffffn, 0xffffffffn, 2n ** 36n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);
    const change = fc.record({
      at: fc.integer({ min: tailAt, max: genuine.length - 8 }),
      value: fc.oneof(numbers, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      len: fc.constantFrom(1, 2, 4, 8),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const tail = Buffer.from(genuine.subarray(tailAt));
        for (const { at, value, len } of changes) {
          const field = Buffer.alloc(8);
          field.writeBigUInt64LE(value);
          field.copy(tail, at - tailAt, 0, len);
        }
        const same = Buffer.compare(tail, genuine.subarray(tailAt)) === 0;
        const read = (at: number, len: number) =>
          Promise.resolve(
            at >= tailAt ? tail.subarray(at - tailAt, at - tailAt + len) : Buffer.from(genuine.subarray(at, at + len)),
          );
        // One read is whole in the tail, or before it.
        const whole = (at: number, len: number) =>
          at < tailAt && at + len > tailAt
            ? Promise.resolve(Buffer.concat([genuine.subarray(at, tailAt), tail]).subarray(0, len))
            : read(at, len);
        const said = await codeOf(openPackage({ gm, crc32, source: { size: genuine.length, read: whole } }));
        expect(said).toBe(same ? "accepted" : "MALFORMED");
      }),
      cases(300, 50_000),
    );
  },
  timeoutMs,
);

test(
  "bytes that are no archive at all are refused",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (bytes) => {
        expect(await codeOf(openPackage({ gm, crc32, source: memorySource(bytes) }))).toBe("MALFORMED");
      }),
      cases(200, 20_000),
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
      cases(150, 20_000),
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
      cases(200, 50_000),
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
      cases(200, 50_000),
    );
  },
  timeoutMs,
);

const keys = payloadKeys(gm, fileKey, header);
const stream = streamOf(SMALL);
const index = encodeCanonical({ files: SMALL.map(({ name, bytes }) => ({ name, size: bytes.length })) });

test(
  "a stream of any kind, rightly sealed, gives the files that its index says, or opens with one answer",
  async () => {
    const beginning = fc.oneof(
      mangled(index).map((said) => Buffer.concat([countOf(said.length), said, stream.subarray(4 + index.length)])),
      mangled(stream.subarray(0, 4 + index.length)).map((said) =>
        Buffer.concat([said, stream.subarray(4 + index.length)]),
      ),
      fc.tuple(fc.nat(8000), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const altered = Buffer.from(stream);
        altered[at] = (altered[at] ?? 0) ^ mask;
        return altered;
      }),
    );
    const plain = new Uint8Array(SEGMENT_LEN);
    fc.assert(
      fc.property(beginning, (bytes) => {
        plain.fill(0);
        plain.set(bytes.subarray(0, SEGMENT_LEN));
        fc.pre(Buffer.compare(plain, stream) !== 0);
        const reader = createPayloadReader({ gm, keys, segments: 1 });
        try {
          reader.take(sealSegment(gm, keys, 0, true, plain));
          expect.unreachable();
        } catch (error) {
          if (!OperationError.is(error, "BID_NOT_OPENED")) throw error;
        }
      }),
      cases(100, 20_000),
    );
  },
  timeoutMs,
);

test(
  "a key block's content of any kind is what was put in, or none",
  () => {
    const content = encodeKeyBlockContent(gm, fileKey, header);
    const committed = mangled(header).map((said) => Buffer.concat([fileKey, commitmentOf(gm, fileKey, said), said]));
    fc.assert(
      fc.property(fc.oneof(mangled(content), committed), (bytes) => {
        const read = parseKeyBlockContent(gm, bytes);
        if (read === null) return;
        expect(Buffer.compare(encodeKeyBlockContent(gm, read.fileKey, read.headerBytes), bytes)).toBe(0);
        expect(Buffer.compare(encodeCanonical(read.header), read.headerBytes)).toBe(0);
      }),
      cases(300, 50_000),
    );
  },
  timeoutMs,
);
