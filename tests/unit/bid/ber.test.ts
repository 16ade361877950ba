/** Strings in chunks: as finely as the field cuts them, and no finer. docs/formats/legacy-package.md, What other programs make */
import { openLegacyPackage } from "@certbridge/bid";
import { expect, test } from "vitest";
import { createBerReader } from "../../../packages/bid/src/legacy/ber.ts";
import { gm } from "../../support/authority.ts";
import { codeOf } from "../../support/bid.ts";
import { makeForeign } from "../../support/legacy-foreign.ts";

const FREE_CHUNKS = 16_384;

/** One string of so many chunks of so many octets, and what comes out. */
async function read(chunks: number, chunkLen: number): Promise<number> {
  const chunk = Buffer.concat([Buffer.of(4, 0x82, chunkLen >> 8, chunkLen & 0xff), Buffer.alloc(chunkLen)]);
  const parts = [Buffer.of(0x24, 0x80), ...Array.from({ length: chunks }, () => chunk), Buffer.of(0, 0)];
  const whole = Buffer.concat(parts);
  const pieces = [whole.subarray(0, 1000), whole.subarray(1000)].values();
  const reader = createBerReader(async () => pieces.next().value ?? null);
  let len = 0;
  for await (const block of reader.octets(4)) len += block.length;
  await reader.end();
  return len;
}

test("so many chunks of nothing are read, and not one more", async () => {
  expect(await read(FREE_CHUNKS, 0)).toBe(0);
  expect(await codeOf(read(FREE_CHUNKS + 1, 0))).toBe("MALFORMED");
});

test("of the usual lengths there may be any number", async () => {
  expect(await read(2 * FREE_CHUNKS, 256)).toBe(2 * FREE_CHUNKS * 256);
  expect(await read(5 * FREE_CHUNKS, 1000)).toBe(5 * FREE_CHUNKS * 1000);
  expect(await codeOf(read(2 * FREE_CHUNKS, 127))).toBe("MALFORMED");
});

test("a package of empty chunks is refused where they begin", async () => {
  const head = makeForeign(new Uint8Array(5000), { lengths: "indefinite", signedChunk: 1000 });
  const chunksAt = Buffer.from(head).indexOf(Buffer.of(0x24, 0x80)) + 2;
  expect(chunksAt).toBeGreaterThan(2);
  let readLen = 0;
  const source = {
    size: 16 * 1024 * 1024,
    read: async (at: number, len: number) => {
      readLen += len;
      const bytes = new Uint8Array(len).map((_, place) => ((at + place - chunksAt) % 2 === 0 ? 4 : 0));
      if (at < chunksAt) bytes.set(head.subarray(at, chunksAt));
      return bytes;
    },
  };
  expect(await codeOf(openLegacyPackage({ gm, source }))).toBe("MALFORMED");
  expect(readLen).toBe(1024 * 1024);
});
