import { readFileSync } from "node:fs";
import { pbkdf2Sync } from "node:crypto";
import { createPassphrase, encodeBackupKey, parseBackupKey, readPassphrase } from "@certbridge/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";

const page = readFileSync("docs/formats/backup-key.md", "utf8");
/** The header of the page's example, as its bytes stand in a package. */
const header = new TextEncoder().encode(/^```json\n(.*)\n```$/m.exec(page)?.[1]);
const passphrase = "0123-4567-89AB-CDEF-GHJK";
const count = (from: number, len: number) => Uint8Array.from({ length: len }, (_, at) => from + at);
const fileKey = count(0x20, 32);
const fresh = count(0, 28);
const whole = encodeBackupKey(gm, { header, fileKey, passphrase, fresh });

const said = JSON.parse(new TextDecoder().decode(whole)) as Readonly<Record<string, unknown>>;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function isMalformed(change: Readonly<Record<string, unknown>>): boolean {
  try {
    parseBackupKey(encodeCanonical({ ...said, ...change }));
    return false;
  } catch (error) {
    return OperationError.is(error, "MALFORMED");
  }
}

describe("the backup key file", () => {
  test("gives the file key for its passphrase, and says first which bid it is for", () => {
    const read = parseBackupKey(whole);
    expect(read.header).toMatchObject({ lot: "1标段", openingTime: "2026-12-20T01:30:00Z" });
    expect(read.headerBytes).toEqual(header);
    expect(read.open(gm, passphrase)).toEqual(fileKey);
  });

  test("is what its page says, with Node's PBKDF2", () => {
    const key = pbkdf2Sync("0123456789ABCDEFGHJK", fresh.subarray(0, 16), 600_000, 16, "sm3");
    expect(page).toContain(`| key | \`${hex(key)}\` |`);
    const sealed = Buffer.from(String(said["sealed"]), "base64url");
    expect(page).toContain(`| sealed | \`${hex(sealed)}\` |`);
    expect(gm.sm4GcmDecrypt(key, fresh.subarray(16), sealed, header)).toEqual(fileKey);
  });

  test("does not open by another passphrase, nor with one byte changed", () => {
    const read = parseBackupKey(whole);
    expect(read.open(gm, "0123-4567-89AB-CDEF-GHJM")).toBeNull();
    expect(read.open(gm, "0123-4567-89AB-CDEF")).toBeNull();
    const other = (name: string, at: number) => {
      const bytes = Buffer.from(String(said[name]), "base64url");
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const file = encodeCanonical({ ...said, [name]: bytes.toString("base64url") });
      expect(parseBackupKey(file).open(gm, passphrase)).toBeNull();
    };
    other("salt", 15);
    other("nonce", 0);
    other("sealed", 31);
    other("sealed", 47);
    const moved = Buffer.from(header.map((byte) => byte))
      .toString()
      .replace("2026-12-20", "2026-12-19");
    const file = encodeCanonical({ ...said, header: Buffer.from(moved).toString("base64url") });
    expect(parseBackupKey(file).header.openingTime).toBe("2026-12-19T01:30:00Z");
    expect(parseBackupKey(file).open(gm, passphrase)).toBeNull();
  });

  test.each([
    ["another format", { format: "shared-certificate-backup-key:2" }],
    ["a key too many", { more: 1 }],
    ["a key too few", { salt: undefined }],
    ["few iterations", { iterations: 99_999 }],
    ["endless iterations", { iterations: 10_000_001 }],
    ["a short salt", { salt: "AAAA" }],
    ["a short nonce", { nonce: "AAAA" }],
    ["a short key", { sealed: "AAAA" }],
    ["no header", { header: Buffer.from("{}").toString("base64url") }],
    [
      "a header in another spelling",
      { header: Buffer.from(`${Buffer.from(header).toString()} `).toString("base64url") },
    ],
  ])("refuses %s", (_what, change) => {
    expect(isMalformed(change)).toBe(true);
    expect(isMalformed({})).toBe(false);
  });

  test("refuses a file that is too long, and lengths that are not the format's", () => {
    expect(() => parseBackupKey(new Uint8Array(8193))).toThrow(OperationError);
    const options = { header, fileKey, passphrase, fresh };
    expect(() => encodeBackupKey(gm, { ...options, fileKey: count(0, 31) })).toThrow(RangeError);
    expect(() => encodeBackupKey(gm, { ...options, fresh: count(0, 27) })).toThrow(RangeError);
    expect(() => encodeBackupKey(gm, { ...options, passphrase: "0123" })).toThrow(RangeError);
  });
});

describe("passphrases", () => {
  test("have 100 bits: each of 20 bytes gives a letter, all 32 of them", () => {
    expect(createPassphrase(count(0, 20))).toBe(passphrase);
    const letters = count(0, 32).map((at) => createPassphrase(new Uint8Array(20).fill(at)).charCodeAt(0));
    expect(new Set(letters).size).toBe(32);
    expect(createPassphrase(new Uint8Array(20).fill(0xff))).toBe("ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    expect(() => createPassphrase(count(0, 19))).toThrow(RangeError);
  });

  test("are read as they were meant", () => {
    for (const typed of ["o123 4567 89ab cdef ghjk", "OI23-4567-89AB-CDEF-GHJK", "0l234567 89abcdefghjk\n"]) {
      expect(readPassphrase(typed)).toBe("0123456789ABCDEFGHJK");
    }
    for (const typed of [
      "",
      "0123-4567-89AB-CDEF-GHJ",
      "0123-4567-89AB-CDEF-GHJKM",
      "0123-4567-89AB-CDEF-GHJU",
      "标123-4567-89AB-CDEF-GHJK",
    ]) {
      expect(readPassphrase(typed)).toBeNull();
    }
  });
});
