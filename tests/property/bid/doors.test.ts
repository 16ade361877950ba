/**
 * Every message of a bid as its reader gets it, whatever comes: what is taken says what was signed, and the rest is refused by a code that
 * readers know. The JSON inside is in texts.test.ts, envelopes and time stamps in property/pki.
 */
import { encodeKeyBlockContent, parseKeyBlockContent } from "@certbridge/bid";
import { oid, parseSignedData, signData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { canonicalJson, encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT, BID_REPORT, NOTICE, ORDER, RELEASED_KEY } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { readNotice, readOrder, readReceipt } from "@certbridge/trust";
import { isRefusal } from "@certbridge/verify";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readReport } from "../../../apps/host/src/evidence.ts";
import { readLedger } from "../../../apps/host/src/ledger.ts";
import { readReleasedKey } from "../../../packages/verify/src/released-key.ts";
import { DAY, gm } from "../../support/authority.ts";
import { fileKeyOf, headerOf } from "../../support/bid.ts";
import { bidTexts } from "../../support/bid-texts.ts";
import { openBidding } from "../../support/bidding.ts";
import { openAuthority } from "../../support/host.ts";
import { hostileBytes } from "../../support/malformed/bytes.ts";
import { hostileWords } from "../../support/malformed/words.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const bidding = openBidding(openAuthority(), Math.floor(Date.now() / 1000) * 1000);
const { registry, origin, platform } = bidding;
const asker = { registry, origin };
const text = (len: number) => Buffer.alloc(len, 7).toString("base64url");

function sign(contentType: string, content: Uint8Array): Uint8Array {
  const { certificate, privateKey } = platform;
  return signData(gm, { contentType, content, certificate, privateKey, signedAt: new Date(bidding.openingAt - DAY) });
}

const [released] = bidTexts["released key"].samples;
const [report] = bidTexts.report.samples;
const receipt = { packageId: text(16), signatureSm3: text(32) };

interface Door {
  readonly contentType: string;
  readonly samples: readonly Uint8Array[];
  /** What it says. */
  readonly read: (der: Uint8Array) => unknown;
}

const doors: Readonly<Record<string, Door>> = {
  notice: {
    contentType: NOTICE,
    samples: [bidding.notice(), bidding.notice({ sequence: 9, lot: "2标段" })],
    read: (der) => readNotice(gm, asker, der).said,
  },
  order: {
    contentType: ORDER,
    samples: [bidding.order(), bidding.order({ change: { lot: "2标段" } })],
    read: (der) => readOrder(gm, asker, der).said,
  },
  receipt: {
    contentType: BID_RECEIPT,
    samples: [bidding.receipt(receipt), bidding.receipt({ ...receipt, packageId: text(16).replace(/^./, "A") })],
    read: (der) => readReceipt(gm, asker, der).said,
  },
  "released key": {
    contentType: RELEASED_KEY,
    samples: [sign(RELEASED_KEY, encodeCanonical(released))],
    read: (der) => readReleasedKey(gm, der, true).said,
  },
  report: {
    contentType: BID_REPORT,
    samples: [sign(BID_REPORT, encodeCanonical(report))],
    read: (der) => readReport(gm, der).report,
  },
};

const everything = Object.values(doors).flatMap(({ samples }) => samples);

/** The text of what it says; null where it is refused. */
function tell({ read }: Door, der: Uint8Array): string | null {
  try {
    return canonicalJson(read(der));
  } catch (error) {
    const known =
      isRefusal(error) || ["MALFORMED", "PLATFORM_UNPROVED", "ORDER_REFUSED"].some((code) => hasCode(error, code));
    if (!known) throw error;
    return null;
  }
}

const hasCode = (error: unknown, code: string) => error instanceof OperationError && error.code === code;

describe.each(Object.entries(doors))("%s", (_name, door) => {
  const genuine = door.samples.map((der) => tell(door, der));

  test(
    "altered, cut, nested, of another kind: it says what was signed, or is refused",
    () => {
      expect(genuine).not.toContain(null);
      fc.assert(
        fc.property(hostileBytes(door.samples, everything), (der) => {
          const said = tell(door, der);
          if (said !== null && der[0] !== 0x7b) expect(genuine).toContain(said);
        }),
        // SignedData has its ten thousand in property/pki, the JSON inside in texts.test.ts.
        cases(1500, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "signed by the right key, whatever it says: its one text, or refused",
    () => {
      const contents = door.samples.map((der) => JSON.parse(canonicalJson(contentOf(der))) as object);
      fc.assert(
        fc.property(hostileWords(contents), (content) => {
          const said = tell(door, sign(door.contentType, content));
          if (said !== null) expect(said).toBe(Buffer.from(content).toString("utf8"));
        }),
        cases(100, 30_000),
      );
    },
    timeoutMs,
  );
});

function contentOf(der: Uint8Array): unknown {
  return JSON.parse(Buffer.from(parseSignedData(der).content ?? []).toString("utf8"));
}

test(
  "a stamp that is altered in any place is no stamp: an order is refused, or as it was",
  () => {
    const [order = new Uint8Array(0)] = doors["order"]?.samples ?? [];
    const token = parseSignedData(order).signers[0]?.unsignedAttributes(oid.signatureTimeStamp)[0] ?? new Uint8Array(0);
    const from = Buffer.from(order).indexOf(Buffer.from(token));
    const { stampedAt } = readOrder(gm, asker, order);
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const altered = order.slice();
        altered[from + at] = (altered[from + at] ?? 0) ^ mask;
        try {
          expect(readOrder(gm, asker, altered).stampedAt).toEqual(stampedAt);
        } catch (error) {
          if (!(error instanceof OperationError)) throw error;
          refused++;
        }
      }),
      cases(300, 100_000),
    );
    expect(refused).toBeGreaterThan(150);
  },
  timeoutMs,
);

test(
  "a key block's content: what was put in, or none",
  () => {
    const header = headerOf();
    const content = encodeKeyBlockContent(gm, fileKeyOf(1), encodeCanonical(header));
    const committed = hostileWords([header]).map((said) => {
      const salt = gm.sm3(said);
      const commitment = gm.hkdfSm3(fileKeyOf(1), salt, COMMITMENT, 32);
      return new Uint8Array(Buffer.concat([fileKeyOf(1), commitment, said]));
    });
    let taken = 0;
    const runs = cases(10_000, 1_000_000);
    fc.assert(
      fc.property(fc.oneof(committed, hostileBytes([content])), (bytes) => {
        const read = parseKeyBlockContent(gm, bytes);
        if (read === null) return;
        taken++;
        expect(Buffer.compare(encodeKeyBlockContent(gm, read.fileKey, read.headerBytes), bytes)).toBe(0);
        expect(Buffer.compare(encodeCanonical(read.header), read.headerBytes)).toBe(0);
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(runs.numRuns / 100);
  },
  timeoutMs,
);

const COMMITMENT = new TextEncoder().encode("shared-certificate/bid/v1 commitment");

test(
  "a ledger: it is read, and where no break is told every line but the last is one that was written",
  () => {
    const packageId = text(16);
    const lines: string[] = [];
    let previous = gm.sm3(ledgerStartOf(packageId));
    for (const [index, step] of (["trial", "encrypt", "submit", "release"] as const).entries()) {
      const [sample] = bidTexts["ledger line"].samples;
      const line = canonicalJson({ ...sample, entry: index + 1, previous: encodeBase64Url(previous), step });
      lines.push(line);
      previous = gm.sm3(new TextEncoder().encode(line));
    }
    const content = Buffer.from(`${lines.join("\n")}\n`);
    expect(readLedger(gm, packageId, content)).toMatchObject({ brokenAt: null, entries: 4 });
    const words = hostileWords(lines.map((line) => JSON.parse(line) as object));
    const swapped = fc
      .array(
        fc.oneof(
          fc.constantFrom(...lines),
          words.map((bytes) => Buffer.from(bytes).toString("utf8")),
        ),
        { maxLength: 6 },
      )
      .map((some) => new Uint8Array(Buffer.from(`${some.join("\n")}\n`)));
    fc.assert(
      fc.property(fc.oneof(swapped, hostileBytes([new Uint8Array(content)])), (bytes) => {
        const read = readLedger(gm, packageId, bytes);
        if (read.brokenAt !== null) return;
        const said = read.lines.map((line) => canonicalJson(line)).slice(0, -1);
        expect(said).toEqual(lines.slice(0, said.length));
      }),
      cases(10_000, 1_000_000),
    );
  },
  timeoutMs,
);

const ledgerStartOf = (packageId: string) =>
  Buffer.concat([Buffer.from("shared-certificate/ledger/v1\0"), Buffer.from(packageId, "base64url")]);
