/** Evidence of a bid and its page, altered by whoever wants them to say something else. */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { verifyEvidenceFile, writeEvidenceFile } from "../../../apps/host/src/evidence-file/file.ts";
import { isSound, judgeEvidence } from "../../../apps/host/src/evidence-file/judge.ts";
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
const page = new TextEncoder().encode(writeEvidenceFile(gm, desk.host.identity, evidence));
const ledger = decodeBase64Url(evidence.ledger);
const [encrypted = new Date(0)] = judgeEvidence(gm, registry, evidence).countersignatures.map(
  ({ stampedAt }) => stampedAt,
);

/** How long the lines are that the last countersigned head covers. */
const coveredLen = ledger.reduce((ends: number[], byte, at) => (byte === 0x0a ? [...ends, at] : ends), [])[3] ?? 0;

test(
  "any single byte of the lines that were countersigned: it is seen, and no line is proved by more than before",
  () => {
    fc.assert(
      fc.property(fc.nat(coveredLen - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = ledger.slice();
        other[at] = (other[at] ?? 0) ^ change;
        const judged = judgeEvidence(gm, registry, { ...evidence, ledger: text(other) });
        expect(isSound(judged)).toBe(false);
        const broken = judged.ledger.brokenAt ?? 0;
        expect(broken).toBeGreaterThan(0);
        for (const { ground, notAfter } of judged.lines.slice(broken - 1))
          expect([ground, notAfter]).toEqual(["self", null]);
      }),
      cases(300, 20_000),
    );
  },
  timeoutMs,
);

test(
  "lines taken out, repeated or moved: seen",
  () => {
    const lines = new TextDecoder().decode(ledger).trimEnd().split("\n");
    fc.assert(
      fc.property(fc.array(fc.nat(lines.length - 1), { minLength: 0, maxLength: 8 }), (order) => {
        const isPrefix = order.every((line, at) => line === at);
        fc.pre(!(isPrefix && order.length >= 4));
        const other = order.map((line) => `${lines[line] ?? ""}\n`).join("");
        if (other === "") return;
        const judged = judgeEvidence(gm, registry, { ...evidence, ledger: text(new TextEncoder().encode(other)) });
        // What was cut off at the end may have been lost with the disk: said, and held against nobody.
        expect(judged.findings.some(({ outcome }) => outcome === "fails" || outcome === "open")).toBe(true);
        // What is left at the beginning is still known to have been there at encrypting.
        if (order[0] === 0 && order[1] !== 1 && order.length === 1)
          expect(judged.lines[0]?.notAfter).toEqual(encrypted);
      }),
      cases(200, 10_000),
    );
  },
  timeoutMs,
);

/** The door: whatever comes is refused in words, or is the very page. */
function outcomeOf(content: Uint8Array): string {
  try {
    const verified = verifyEvidenceFile(gm, registry, content);
    return verified.pageHolds && isSound(verified) ? "holds" : "does not hold";
  } catch (error) {
    if (OperationError.is(error, "MALFORMED")) return error.code;
    throw error;
  }
}

test(
  "a file with anything done to it never holds, and never ends in anything but words",
  () => {
    expect(outcomeOf(page)).toBe("holds");
    fc.assert(
      fc.property(hostileBytes([page]), (content) => {
        fc.pre(Buffer.compare(content, page) !== 0);
        expect(outcomeOf(content)).not.toBe("holds");
      }),
      cases(1000, 100_000),
    );
  },
  timeoutMs,
);

test(
  "any single byte of the page changed: it does not hold",
  () => {
    fc.assert(
      fc.property(fc.nat(page.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const other = page.slice();
        other[at] = (other[at] ?? 0) ^ change;
        expect(outcomeOf(other)).not.toBe("holds");
      }),
      cases(300, 20_000),
    );
  },
  timeoutMs,
);
