/**
 * Every JSON of a bid, whatever comes: what is taken is the one text of its value, written again byte for byte, and what is not is
 * MALFORMED. Header, trailer, file list, notice, order, receipt, released key in both forms, backup key file, report, a ledger's line.
 */
import { parseBackupKey } from "@certbridge/bid";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPlan } from "../../../packages/bid/src/stream.ts";
import { SEGMENT_LEN } from "../../support/bid.ts";
import { type BidText, bidTexts } from "../../support/bid-texts.ts";
import { hostileWords } from "../../support/malformed/words.ts";
import { countOf } from "../../support/oracles/bid.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const first = new Uint8Array(SEGMENT_LEN);

/** What parses these bytes behind the schema, with the value that came of it. */
const behind: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  "file list": (bytes) => {
    first.fill(0, 0, 1 << 16);
    first.set(countOf(bytes.length));
    first.set(bytes.subarray(0, SEGMENT_LEN - 4), 4);
    const plan = readPlan(first);
    expect(plan.endAt).toBe(plan.hashesAt + 32 * plan.files.length);
    expect(Number.isSafeInteger(plan.endAt)).toBe(true);
    return { files: plan.files };
  },
  "backup key file": (bytes) => {
    const { header, headerBytes } = parseBackupKey(bytes);
    expect(Buffer.compare(encodeCanonical(header), headerBytes)).toBe(0);
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  },
};

/** The value, or null where it is refused. */
function orNull(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!OperationError.is(error, "MALFORMED")) throw error;
    return null;
  }
}

test.each(Object.entries<BidText>(bidTexts))(
  "%s: its one text, or MALFORMED",
  (name, { schema, maxLen, samples }) => {
    const own = samples.map((sample) => encodeCanonical(sample));
    for (const bytes of own) expect(orNull(() => parseCanonical(schema, bytes, maxLen, name))).not.toBeNull();
    let taken = 0;
    const runs = cases(10_000, 1_000_000);
    fc.assert(
      fc.property(hostileWords(samples), (bytes) => {
        const value = orNull(() => parseCanonical(schema, bytes, maxLen, name));
        const whole = behind[name];
        if (whole !== undefined) {
          const read = orNull(() => whole(bytes));
          if (read !== null) expect(read).toEqual(value);
        }
        if (value === null) return;
        taken++;
        expect(Buffer.compare(encodeCanonical(value), bytes)).toBe(0);
        expect(bytes.length).toBeLessThanOrEqual(maxLen);
      }),
      runs,
    );
    // Where next to nothing passes, nothing behind the door was tried.
    expect(taken).toBeGreaterThan(runs.numRuns / 200);
  },
  timeoutMs,
);
