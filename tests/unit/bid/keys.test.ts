import {
  commitmentOf,
  encodeKeyBlockContent,
  isCommitted,
  openKeys,
  parseKeyBlockContent,
  payloadKeys,
  wipeKeys,
} from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { fileKeyOf, headerOf } from "../../support/bid.ts";
import { keySchedule } from "../../support/oracles/bid.ts";

const header = encodeCanonical(headerOf());
const other = encodeCanonical(headerOf({ openingTime: "2026-12-15T01:30:01Z" }));
const fileKey = fileKeyOf(1);

describe("keys of a package", () => {
  test("are those of another HKDF", () => {
    const { commitment, key, prefix } = keySchedule(fileKey, header);
    expect(Buffer.from(commitmentOf(gm, fileKey, header))).toEqual(commitment);
    const keys = payloadKeys(gm, fileKey, header);
    expect([Buffer.from(keys.key), Buffer.from(keys.prefix)]).toEqual([key, prefix]);
  });

  test("are others for another file key, and for another header", () => {
    const all = [
      [fileKey, header],
      [fileKeyOf(2), header],
      [fileKey, other],
    ] as const;
    const made = all.flatMap(([key, said]) => [commitmentOf(gm, key, said), payloadKeys(gm, key, said).key]);
    expect(new Set(made.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(6);
  });

  test.each([31, 33])("a file key of %i bytes is none", (len) => {
    expect(() => commitmentOf(gm, new Uint8Array(len), header)).toThrow(RangeError);
    expect(() => payloadKeys(gm, new Uint8Array(len), header)).toThrow(RangeError);
    expect(isCommitted(gm, new Uint8Array(len), header, new Uint8Array(32))).toBe(false);
  });

  test("are given only to the commitment's file key and header", () => {
    const commitment = commitmentOf(gm, fileKey, header);
    expect(openKeys(gm, fileKey, header, commitment)).toEqual(payloadKeys(gm, fileKey, header));
    const wrong = [
      () => openKeys(gm, fileKeyOf(2), header, commitment),
      () => openKeys(gm, fileKey, other, commitment),
      () => openKeys(gm, fileKey, header, commitment.subarray(1)),
      () => openKeys(gm, fileKey, header, Uint8Array.of(...commitment, 0)),
      () => openKeys(gm, fileKey.subarray(1), header, commitment),
    ];
    for (const open of wrong) expect(open).toThrow(new OperationError("BID_NOT_OPENED"));
  });

  test("every byte of the commitment counts", () => {
    for (let at = 0; at < 32; at++) {
      const commitment = commitmentOf(gm, fileKey, header);
      commitment[at] = (commitment[at] ?? 0) ^ 0x80;
      expect(isCommitted(gm, fileKey, header, commitment)).toBe(false);
    }
  });

  test("are wiped", () => {
    const keys = payloadKeys(gm, fileKey, header);
    wipeKeys(keys);
    expect(keys).toEqual({ key: new Uint8Array(16), prefix: new Uint8Array(7) });
  });
});

describe("the content of a key block", () => {
  const content = encodeKeyBlockContent(gm, fileKey, header);

  test("is file key, commitment and header", () => {
    expect(Buffer.from(content)).toEqual(Buffer.concat([fileKey, commitmentOf(gm, fileKey, header), header]));
    expect(parseKeyBlockContent(gm, content)).toEqual({ fileKey, header: headerOf(), headerBytes: header });
  });

  test("with any byte changed is none", () => {
    for (let at = 0; at < content.length; at++) {
      const altered = content.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(parseKeyBlockContent(gm, altered), String(at)).toBeNull();
    }
  });

  test("of any other length is none", () => {
    for (let len = 0; len < content.length; len++) expect(parseKeyBlockContent(gm, content.slice(0, len))).toBeNull();
    expect(parseKeyBlockContent(gm, Uint8Array.of(...content, 0))).toBeNull();
  });

  test.each([
    ["no JSON", Buffer.from("{")],
    ["a key too many", encodeCanonical({ ...headerOf(), more: 1 })],
    ["another spelling", Buffer.from(JSON.stringify(headerOf(), null, 1))],
    ["more than 2,048 bytes", encodeCanonical({ ...headerOf(), projectName: "招".repeat(700) })],
  ])("with a header that is none is none, though its commitment holds: %s", (_what, said) => {
    const forged = Buffer.concat([fileKey, commitmentOf(gm, fileKey, said), said]);
    expect(parseKeyBlockContent(gm, forged)).toBeNull();
    expect(() => encodeKeyBlockContent(gm, fileKey, said)).toThrow(OperationError);
  });

  test("gives bytes of its own: the caller may wipe what was decrypted", () => {
    const decrypted = content.slice();
    const read = parseKeyBlockContent(gm, decrypted);
    decrypted.fill(0);
    expect(read).toEqual({ fileKey, header: headerOf(), headerBytes: header });
  });
});
