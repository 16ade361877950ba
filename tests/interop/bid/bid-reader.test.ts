import { type BidderKeys, createDemoAuthorities, demoBidders, obtainKeys } from "@certbridge/demo/bidders";
import { createPieceHash } from "@certbridge/bid";
import { hexOf } from "@certbridge/pki";
import type { BidNotice } from "@certbridge/protocol/bid";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { type PlainFile, type SealedBid, sealBid } from "../../support/sealed-bid.ts";

/** A Java reader, written from the format's pages alone, opens a package of this run. */

const CLASSPATH = ["bcprov", "bcpkix", "bcutil"].map((jar) => `/usr/share/java/${jar}.jar`).join(":");
const sources = ["BidReader.java", "Messages.java"].map((name) => join(import.meta.dirname, name));
const folder = "build/interop/bid-reader";

const SEGMENT_LEN = 1_048_576;
const files: readonly PlainFile[] = [
  { name: "商务标.pdf", bytes: Uint8Array.from({ length: SEGMENT_LEN + 1 }, (_, at) => (at * 7) % 251) },
  { name: "空.txt", bytes: new Uint8Array(0) },
  { name: 'a "quoted" name.txt', bytes: new TextEncoder().encode("投标函") },
];

const notice: BidNotice = {
  format: "shared-certificate-notice:1",
  platformId: "demo-a",
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "一标段",
  openingTime: "2026-12-20T01:30:00Z",
  sequence: 1,
};

let keys: BidderKeys;
let bid: SealedBid;
let trusted: readonly string[];
const place = (name: string) => join(folder, name);
function write(name: string, bytes: Uint8Array): string {
  writeFileSync(place(name), bytes);
  return place(name);
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  execFileSync("javac", ["-Xlint:-deprecation", "-nowarn", "-cp", CLASSPATH, "-d", folder, ...sources], {
    stdio: "pipe",
  });
  const { jiangnan } = createDemoAuthorities(gm);
  keys = obtainKeys(gm, jiangnan, demoBidders.jianye);
  bid = await sealBid(gm, keys, notice, files);
  trusted = [write("root.cer", jiangnan.root), write("sub.cer", jiangnan.sub)];
  write("recipient.cer", keys.encryption);
  write("recipient.key", keys.encryptionKey);
});

interface Change {
  readonly bytes?: Uint8Array;
  readonly recipient?: readonly [certificate: Uint8Array, key: Uint8Array];
  readonly trusted?: readonly string[];
}

function open(change: Change = {}): { readonly opened: boolean; readonly lines: readonly string[] } {
  const [certificate, key] = change.recipient ?? [keys.encryption, keys.encryptionKey];
  const args = [
    write("bid.cbid", change.bytes ?? bid.bytes),
    write("with.cer", certificate),
    write("with.key", key),
    ...(change.trusted ?? trusted),
  ];
  const run = [
    "-Dfile.encoding=UTF-8",
    "-Dstdout.encoding=UTF-8",
    "-cp",
    `${CLASSPATH}:${folder}`,
    "BidReader",
    ...args,
  ];
  const { status, stdout, stderr } = spawnSync("java", run, { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return { opened: status === 0, lines: stdout.trim().split("\n") };
}

function flip(at: number): Uint8Array {
  const other = bid.bytes.slice();
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

/** The payload's CRC-32 is another in both places of the frame: it is the same package to every hash and signature. */
function withCrc(): Uint8Array {
  const other = bid.bytes.slice();
  const text = Buffer.from(other);
  const local = text.indexOf("payload", 0, "latin1") - 30;
  const central = text.lastIndexOf("payload", text.length, "latin1") - 46;
  for (const at of [local + 14, central + 16]) other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

/** SM3 in pieces, hexadecimal. */
function hashOf(bytes: Uint8Array): string {
  const hash = createPieceHash(gm, SEGMENT_LEN);
  hash.update(bytes);
  return hexOf(hash.digest());
}

describe("the Java reader", () => {
  test("is two files of under 300 lines", () => {
    for (const source of sources) expect(readFileSync(source, "utf8").split("\n").length).toBeLessThan(300);
  });

  test("opens the package of this run: signer, names, lengths, hashes", () => {
    const { opened, lines } = open();
    expect(lines[0]).toContain(demoBidders.jianye.name);
    expect(lines.slice(1)).toEqual(files.map(({ name, bytes }) => `${bytes.length} ${hashOf(bytes)} ${name}`));
    expect(opened).toBe(true);
  });

  test.each<[string, () => Change, string]>([
    ["a byte of the first local header", () => ({ bytes: flip(8) }), "frame"],
    ["a byte of the header", () => ({ bytes: flip(130) }), ""],
    ["another CRC-32 of the payload", () => ({ bytes: withCrc() }), "payload"],
    ["a byte of the payload", () => ({ bytes: flip(bid.bytes.length - 1_000_000) }), "payload"],
    ["another bidder's key", () => ({ recipient: [keys.encryption, gm.sm2KeyPair().privateKey] }), "not opened"],
    ["a certificate that is no recipient's", () => ({ recipient: [keys.signing, keys.signingKey] }), "not opened"],
    ["no trusted root", () => ({ trusted: trusted.slice(1) }), "chain"],
  ])("refuses %s", (_what, change, reason) => {
    const { opened, lines } = open(change());
    expect(opened).toBe(false);
    expect(lines[0]).toContain(`refused: ${reason}`);
  });
});
