import { judgeOrder, judgeRelease, type ReleaseFacts } from "@certbridge/bid";
import type { Certificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { DAY, party } from "../../support/authority.ts";

const OPENING = Date.parse("2026-12-20T01:30:00Z");
const MINUTE = 60_000;
const at = (ms: number) => new Date(OPENING + ms);
const instant = (ms: number) => at(ms).toISOString();

const room = (keyUsage: "keyEncipherment" | "digitalSignature", ca?: { pathLen: null }): Certificate =>
  party("开标室", null, {
    keyUsage: [keyUsage],
    notBefore: at(-DAY),
    notAfter: at(DAY),
    ...(ca === undefined ? {} : { ca }),
  }).certificate;

const encrypting = room("keyEncipherment");

const good: ReleaseFacts = {
  order: {
    format: "shared-certificate-order:1",
    platformId: "demo-a",
    projectCode: "JN-2026-118",
    lot: "1标段",
    openingTime: instant(0),
    roomCertificate: "AA",
    nonce: "A".repeat(43),
    notAfter: instant(30 * MINUTE),
  },
  stampedAt: at(MINUTE),
  stampedFrom: at(MINUTE),
  room: encrypting,
  noticedOpening: instant(0),
  now: OPENING + 2 * MINUTE,
  header: {
    format: "shared-certificate-bid:1",
    packageId: "A".repeat(22),
    platformId: "demo-a",
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: instant(0),
    signingCertificateSm3: "A".repeat(43),
  },
};

const order = (change: Partial<ReleaseFacts["order"]>): Partial<ReleaseFacts> => ({
  order: { ...good.order, ...change },
});
const header = (change: Partial<ReleaseFacts["header"]>): Partial<ReleaseFacts> => ({
  header: { ...good.header, ...change },
});

function judge(change: Partial<ReleaseFacts>, by: (facts: ReleaseFacts) => string = judgeRelease): string {
  try {
    // A stamp that states no accuracy is exact.
    const stampedFrom = change.stampedFrom ?? change.stampedAt ?? good.stampedFrom;
    return by({ ...good, ...change, stampedFrom });
  } catch (error) {
    if (OperationError.is(error, "ORDER_REFUSED")) return error.details?.rule ?? "";
    throw error;
  }
}

describe("before a key is released", () => {
  test("everything holds", () => {
    expect(judge({})).toBe("release");
    expect(judge({}, judgeOrder)).toBe("release");
  });

  test.each<[string, Partial<ReleaseFacts>, string]>([
    ["another platform's order", order({ platformId: "demo-b" }), "lot"],
    ["another platform's bid", header({ platformId: "demo-b" }), "lot"],
    ["another project", order({ projectCode: "JN-2026-119" }), "lot"],
    ["another lot", header({ lot: "2标段" }), "lot"],
    ["an opening before the one that was encrypted for", header({ openingTime: instant(1) }), "opening"],
    ["an opening before the newest notice's", { noticedOpening: instant(1) }, "opening"],
    ["a stamp before the opening", { stampedAt: at(-1) }, "too-early"],
    [
      "an order that lives longer than half an hour",
      { stampedAt: at(0), ...order({ notAfter: instant(30 * MINUTE + 1) }) },
      "time-stamp",
    ],
    ["an order that was over when it was stamped", order({ notAfter: instant(MINUTE - 1) }), "too-late"],
    ["an order that is over", { now: OPENING + 31 * MINUTE + 1 }, "too-late"],
    ["an order whose stamp may be of before the opening, by its accuracy", { stampedFrom: at(-1) }, "too-early"],
    ["a room's certificate that cannot be encrypted to", { room: room("digitalSignature") }, "room-certificate"],
    ["a CA in place of a room", { room: room("keyEncipherment", { pathLen: null }) }, "room-certificate"],
    [
      "a room's certificate that was over",
      { room: encrypting, stampedAt: at(2 * DAY), ...order({ notAfter: instant(2 * DAY) }), now: OPENING + 2 * DAY },
      "room-certificate",
    ],
    [
      "a room's certificate that is not there yet",
      {
        stampedAt: at(-2 * DAY),
        ...order({ openingTime: instant(-2 * DAY), notAfter: instant(-2 * DAY) }),
        noticedOpening: null,
        ...header({ openingTime: instant(-2 * DAY) }),
        now: OPENING - 2 * DAY,
      },
      "room-certificate",
    ],
  ])("%s is refused", (_what, change, rule) => {
    expect(judge(change)).toBe(rule);
  });

  test.each<[string, Partial<ReleaseFacts>]>([
    ["an opening later than announced", order({ openingTime: instant(MINUTE) })],
    ["no notice that was seen", { noticedOpening: null }],
    ["a stamp at the opening", { stampedAt: at(0) }],
    ["the last minute of the order and its skew", { now: OPENING + 31 * MINUTE }],
    ["a clock that is a minute before the opening", { now: OPENING - MINUTE }],
  ])("%s is taken", (_what, change) => {
    expect(judge(change)).toBe("release");
  });

  test("a clock that alone is behind is an outcome of its own, and hides no other", () => {
    const behind = { now: OPENING - MINUTE - 1 };
    expect(judge(behind)).toBe("clock-behind");
    expect(judge(behind, judgeOrder)).toBe("clock-behind");
    expect(judge({ ...behind, stampedAt: at(-1) })).toBe("too-early");
    expect(judge({ ...behind, ...header({ lot: "2标段" }) })).toBe("lot");
  });

  test("the order alone is judged without what stands in the key block", () => {
    expect(judge(header({ lot: "2标段", openingTime: instant(DAY) }), judgeOrder)).toBe("release");
  });
});
