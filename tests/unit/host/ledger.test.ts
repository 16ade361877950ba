import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { afterAll, describe, expect, test } from "vitest";
import { failureOf, openLedger, readLedger } from "../../../apps/host/src/ledger.ts";
import type { Attempt } from "../../../apps/host/src/ledger.ts";
import type { LogLine } from "../../../apps/host/src/log.ts";
import { gm } from "../../support/authority.ts";
import { temporaryFolder } from "../../support/host.ts";

const temporary = temporaryFolder();
afterAll(temporary.remove);

const BID = encodeBase64Url(new Uint8Array(16).fill(0xfb));
const FILE = `${"fb".repeat(16)}.jsonl`;
let count = 0;

function open() {
  const folder = join(temporary.path, `ledger-${++count}`);
  mkdirSync(folder);
  const lines: LogLine[] = [];
  const time = { now: Date.parse("2026-11-23T09:31:07Z") };
  const log = async (line: LogLine) => void lines.push(line);
  const ledger = openLedger({ gm, folder, clock: () => time.now, version: "0.1.0", log });
  return { ledger, folder, path: join(folder, FILE), lines, time };
}

const done: Attempt = { step: "trial", failure: null };
const failed: Attempt = { step: "release", failure: failureOf(new OperationError("ORDER_REFUSED", { rule: "lot" })) };

async function three() {
  const opened = open();
  await opened.ledger.add(BID, done);
  await opened.ledger.add(BID, { ...failed, stampedAt: new Date("2026-12-20T01:31:00Z") });
  const head = await opened.ledger.add(BID, done);
  return { ...opened, head, content: readFileSync(opened.path) };
}

describe("the ledger of a bid", () => {
  test("has a line per attempt, each bound to the one before, and says how far it goes", async () => {
    const { ledger, head } = await three();
    const read = await ledger.read(BID);
    expect(read).toMatchObject({ brokenAt: null, entries: 3, head: head.head });
    expect(read?.lines.map(({ entry, step, failure }) => [entry, step, failure])).toEqual([
      [1, "trial", null],
      [2, "release", { layer: "platform", code: "ORDER_REFUSED", rule: "lot" }],
      [3, "trial", null],
    ]);
    expect(read?.lines[1]).toMatchObject({ at: "2026-11-23T09:31:07.000Z", stampedAt: "2026-12-20T01:31:00.000Z" });
    expect(read?.headAfter(3)).toEqual(head.head);
    expect(read?.headAfter(4)).toBeNull();
  });

  test("as a stranger reads it by the page: SM3 of each line, from the label and the package id on", async () => {
    const { content } = await three();
    let previous = gm.sm3(Buffer.concat([Buffer.from("shared-certificate/ledger/v1\0"), Buffer.alloc(16, 0xfb)]));
    for (const line of content.toString("utf8").trimEnd().split("\n")) {
      expect((JSON.parse(line) as { previous: string }).previous).toBe(encodeBase64Url(previous));
      previous = gm.sm3(Buffer.from(line));
    }
  });

  test("there is none of another bid", async () => {
    const { ledger } = await three();
    expect(await ledger.read(encodeBase64Url(new Uint8Array(16)))).toBeNull();
  });

  test("a byte that was altered, a line that was taken out or moved, and another bid's ledger are found", async () => {
    const { content } = await three();
    const lines = content.toString("utf8").trimEnd().split("\n");
    const [first = "", second = "", third = ""] = lines;
    const broken = (...of: string[]) =>
      readLedger(gm, BID, Buffer.from(of.map((line) => `${line}\n`).join(""))).brokenAt;
    expect(broken(first, second, third)).toBeNull();
    expect(broken(first, second.replace("platform", "person"), third)).toBe(3);
    expect(broken(first.replace("trial", "trail"), second, third)).toBe(1);
    expect(broken(first, third)).toBe(2);
    expect(broken(second, first, third)).toBe(1);
    expect(broken(first, `${second} `, third)).toBe(2);
    expect(broken("no line", second, third)).toBe(1);
    expect(readLedger(gm, encodeBase64Url(new Uint8Array(16)), content).brokenAt).toBe(1);
  });

  test("what is broken is kept and gone on from, and nothing repairs it", async () => {
    const { ledger, path, content } = await three();
    writeFileSync(path, content.subarray(0, content.length - 20));
    await ledger.add(BID, done);
    const read = await ledger.read(BID);
    expect(read).toMatchObject({ brokenAt: 3, entries: 4 });
    expect(read?.lines.map(({ entry }) => entry)).toEqual([1, 2, 4]);
  });

  test("two that write at once lose no line", async () => {
    const { ledger } = open();
    await Promise.all(Array.from({ length: 8 }, () => ledger.add(BID, done)));
    expect(await ledger.read(BID)).toMatchObject({ brokenAt: null, entries: 8 });
  });

  test("a megabyte at most, and of what no person agreed to the half; an opening never fails for it", async () => {
    const { ledger, path, lines } = await three();
    const grow = (len: number) => writeFileSync(path, `${"x".repeat(1023)}\n`.repeat(len / 1024));
    grow(512 * 1024);
    await ledger.note(BID, { ...failed, unasked: true });
    expect(lines).toMatchObject([{ event: "ledger", operation: "release" }]);
    await ledger.add(BID, failed);
    grow(1024 * 1024);
    await expect(ledger.add(BID, failed)).rejects.toMatchObject({ code: "TOO_LARGE" });
    await ledger.note(BID, failed);
    expect(lines).toHaveLength(2);
  });
});

test.each([
  [new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null }), "person", null],
  [new OperationError("KEY_NOT_FOUND"), "key", null],
  [new OperationError("PLATFORM_UNPROVED", { what: "order" }), "platform", null],
  [new OperationError("ORDER_REFUSED", { rule: "too-late" }), "platform", "too-late"],
  [new OperationError("CLOCK_BEHIND", { stampedAt: "", localAt: "" }), "clock", null],
  [new OperationError("BID_REFUSED", { rule: "trial-opening" }), "package", "trial-opening"],
  [new OperationError("BID_REFUSED", { rule: "signing-certificate" }), "key", "signing-certificate"],
  [new OperationError("STORE_BUSY"), "program", null],
  [new Error("with a word that must not go on"), "program", null],
])("%s lies where it lies", (error, layer, rule) => {
  const failure = failureOf(error);
  expect(failure).toEqual({ layer, rule, code: error instanceof OperationError ? error.code : "INTERNAL" });
  expect(JSON.stringify(failure)).not.toContain("word");
});
