import { encodeCanonical } from "@certbridge/protocol/canonical";
import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import { filler, headerOf, makePackage, openBytes, SEALED_LEN, SEGMENT_LEN, type TestFile } from "../../support/bid.ts";
import { makeBid } from "../../support/bidding.ts";
import { traces } from "../../support/canaries.ts";
import { sm3InPieces } from "../../support/oracles/bid.ts";

/**
 * What stands in the clear tells nothing of the price: packages of other prices, names and numbers of files differ in nothing that anybody can
 * read without the key but in what was drawn by lot.
 */

const LABELS = { price: "总价 壹佰贰拾叁万肆仟伍佰陆拾柒元整", name: "报价 壹佰贰拾叁万.xlsx" };
const bids: Readonly<Record<string, readonly TestFile[]>> = {
  low: [{ name: LABELS.name, bytes: Buffer.from(LABELS.price) }],
  high: [{ name: "报价 玖仟玖佰玖拾玖万.xlsx", bytes: Buffer.from("总价 玖仟玖佰玖拾玖万元整".repeat(50)) }],
  "many files": Array.from({ length: 40 }, (_, at) => ({ name: `图纸 ${at}.dwg`, bytes: filler(1000 * at, at + 1) })),
  "just under the segment": [{ name: "a", bytes: filler(SEGMENT_LEN - 100) }],
};

interface Made {
  readonly bytes: Uint8Array;
  readonly header: object;
  readonly trailer: Readonly<Record<string, unknown>>;
  readonly keyBlockLen: number;
  readonly signatureLen: number;
}

/** As the program makes it: another file key each time, its key block encrypted. */
async function seal(files: readonly TestFile[]): Promise<Made> {
  const { certificate } = recipient;
  const fileKey = new Uint8Array(randomBytes(32));
  const { keyBlock } = makeBid("A".repeat(43), "2026-12-15T01:30:00Z", [certificate.der]);
  const bytes = await makePackage(files, { fileKey, keyBlock });
  const { entries, trailer, header } = await openBytes(bytes);
  expect(entries.header).toEqual(encodeCanonical(headerOf()));
  return {
    bytes,
    header,
    trailer: { ...trailer },
    keyBlockLen: entries.keyBlock.length,
    signatureLen: entries.signature.length,
  };
}
const recipient = party("投标人", null, { keyUsage: ["keyEncipherment"] });

let made: Readonly<Record<string, Made>>;
beforeAll(async () => {
  made = Object.fromEntries(
    await Promise.all(Object.entries(bids).map(async ([what, files]) => [what, await seal(files)])),
  );
});

/** Bytes that SM2's numbers in DER may have more or less: as many as there are numbers, whatever was encrypted or signed. */
const DER_SPREAD = 6;

describe.each(Object.keys(bids))("a package: %s", (what) => {
  test("has the header of every other, a trailer of the same fields and lengths, and their length to a few bytes of DER", () => {
    const [mine, other] = [made[what], made["low"]];
    if (mine === undefined || other === undefined) throw new Error("packages expected");
    expect(mine.header).toEqual(other.header);
    expect(Object.keys(mine.trailer)).toEqual(Object.keys(other.trailer));
    expect(mine.trailer["payloadLen"]).toBe(SEALED_LEN);
    expect(encodeCanonical(mine.trailer)).toHaveLength(encodeCanonical(other.trailer).length);
    for (const len of ["keyBlockLen", "signatureLen"] as const) {
      expect(Math.abs(mine[len] - other[len])).toBeLessThanOrEqual(DER_SPREAD);
    }
    const rest = ({ bytes, keyBlockLen, signatureLen }: Made) => bytes.length - keyBlockLen - signatureLen;
    expect(rest(mine)).toBe(rest(other));
  });

  test("holds no name, no content, no hash of either in any form", () => {
    const bytes = made[what]?.bytes ?? new Uint8Array(0);
    for (const { name, bytes: content } of bids[what]?.slice(0, 3) ?? []) {
      const secrets = [gm.sm3(content), sm3InPieces(content, SEGMENT_LEN), gm.sm3(Buffer.from(name))];
      for (const secret of secrets) expect(traces(bytes, secret)).toEqual([]);
      if (name.length > 3) expect(traces(bytes, name)).toEqual([]);
      if (content.length >= 16) expect(traces(bytes, content.subarray(0, 64))).toEqual([]);
    }
  });
});

test("whoever guesses the price cannot try the guess: the same files twice have nothing in common that depends on them", async () => {
  const [first, again] = [await seal(bids["low"] ?? []), await seal(bids["low"] ?? [])];
  for (const field of ["commitment", "keyBlockSm3", "payloadSm3"]) {
    expect(again.trailer[field]).not.toBe(first.trailer[field]);
  }
  // Of two ciphertexts one byte in 256 is the same by chance.
  let same = 0;
  const from = first.bytes.length - SEALED_LEN;
  for (let at = 0; at < 100_000; at++) if (first.bytes[from + at] === again.bytes[from + at]) same++;
  expect(same / 100_000).toBeLessThan(0.006);
});
