/** The messages inside of an evidence report, altered and signed over by a program that says anything: refused, or judged as they were. */
import { isDeepStrictEqual } from "node:util";
import type { BidEvidence } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { isSound, judgeEvidence, type Judged } from "../../../apps/host/src/evidence-file/judge.ts";
import { readReport } from "../../../apps/host/src/evidence.ts";
import { gm } from "../../support/authority.ts";
import { openDesk, text } from "../../support/bid-desk.ts";
import { evidenceOf, liveThrough } from "../../support/evidence.ts";
import { temporaryFolder } from "../../support/host.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const desk = await openDesk(folder.path);
const { packageId } = await liveThrough(desk);
const evidence = await evidenceOf(desk, packageId);
const { registry } = desk.bidding;
const genuine = judgeEvidence(gm, registry, evidence);

const bytesOf = (field: string | null | undefined): Uint8Array => {
  if (field === null || field === undefined) throw new Error("a message expected");
  return decodeBase64Url(field);
};
const { signed } = evidence;
if (signed === null) throw new Error("a signature expected");

/** Each message of the evidence, and the evidence with another one in its place. */
const messages = {
  report: [bytesOf(evidence.report), (report) => ({ ...evidence, report })],
  receipt: [bytesOf(evidence.receipt), (receipt) => ({ ...evidence, receipt })],
  notice: [bytesOf(evidence.notice), (notice) => ({ ...evidence, notice })],
  opening: [bytesOf(evidence.openings[0]), (opening) => ({ ...evidence, openings: [opening] })],
  signature: [bytesOf(signed.signature), (signature) => ({ ...evidence, signed: { ...signed, signature } })],
  trailer: [bytesOf(signed.trailer), (trailer) => ({ ...evidence, signed: { ...signed, trailer } })],
  header: [bytesOf(evidence.header), (header) => ({ ...evidence, header })],
  chain: [bytesOf(evidence.chain[0]), (above) => ({ ...evidence, chain: [above] })],
} as const satisfies Readonly<Record<string, readonly [Uint8Array, (other: string) => BidEvidence]>>;

/** What people are told by it. */
function told({ bidder, platformName, lines, report, notice, receipt, openings, countersignatures, findings }: Judged) {
  const said = <T extends { readonly said: unknown; readonly stampedAt: Date }>({ said: words, stampedAt }: T) => ({
    words,
    stampedAt,
  });
  return {
    bidder,
    platformName,
    report: report?.report ?? null,
    notice,
    receipt: receipt === null ? null : said(receipt),
    openings: openings.map(said),
    lines,
    countersignatures,
    findings,
  };
}
const original = told(genuine);

const GROUNDS = ["self", "key", "platform"] as const;

/** Nothing is told that the genuine one did not tell, and where less is told a finding says so. */
function isLess(other: Judged): void {
  const now = told(other);
  expect(now.findings.some(({ outcome }, at) => outcome !== original.findings[at]?.outcome)).toBe(true);
  // All of the genuine ones hold: none can be better.
  for (const [at, { check }] of now.findings.entries()) expect(check).toBe(original.findings[at]?.check);
  for (const part of ["report", "notice", "receipt"] as const) {
    if (now[part] !== null) expect(now[part]).toEqual(original[part]);
  }
  for (const opening of now.openings) expect(original.openings).toContainEqual(opening);
  for (const countersignature of now.countersignatures) {
    expect(original.countersignatures).toContainEqual(countersignature);
  }
  for (const [at, { ground, notAfter }] of now.lines.entries()) {
    const before = original.lines[at];
    expect(GROUNDS.indexOf(ground)).toBeLessThanOrEqual(GROUNDS.indexOf(before?.ground ?? "self"));
    if (notAfter !== null) expect(notAfter.getTime()).toBeGreaterThanOrEqual(before?.notAfter?.getTime() ?? Infinity);
  }
}

test("the genuine one holds in everything", () => {
  expect(isSound(genuine)).toBe(true);
  expect(original.findings.filter(({ outcome }) => outcome !== "holds")).toEqual([]);
});

test.each(Object.entries(messages))(
  "the %s with anything done to it: refused, seen, or judged as the genuine one",
  (_name, [bytes, put]) => {
    fc.assert(
      fc.property(hostileBytes([bytes]), (altered) => {
        let judged: Judged;
        try {
          judged = judgeEvidence(gm, registry, put(text(altered)));
        } catch (error) {
          if (OperationError.is(error, "MALFORMED")) return;
          throw error;
        }
        if (!isDeepStrictEqual(told(judged), original)) isLess(judged);
      }),
      cases(60, 10_000),
    );
  },
  timeoutMs,
);

test(
  "a report alone: refused by its code, or what its bidder signed",
  () => {
    const { report: der } = messages;
    const before = readReport(gm, der[0]);
    fc.assert(
      fc.property(hostileBytes([der[0]]), (altered) => {
        try {
          const { report, signer } = readReport(gm, altered);
          expect(report).toEqual(before.report);
          expect(signer.der).toEqual(before.signer.der);
        } catch (error) {
          if (!OperationError.is(error, "MALFORMED")) throw error;
        }
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);
