/** The words for what is written down of a bid: one for each thing that can be, and none that people are not to read. */
import { OperationError } from "@certbridge/protocol/errors";
import { preflightRules } from "@certbridge/protocol/host";
import type { RefusalCode } from "@certbridge/verify";
import { describe, expect, test } from "vitest";
import { LAYERS, RULES, STEPS } from "../../../apps/host/src/bid-words.ts";
import {
  CHECKS,
  failureWords,
  GROUNDS,
  OUTCOMES,
  refusalWords,
  ruleWords,
} from "../../../apps/host/src/evidence-file/words.ts";
import { failureOf } from "../../../apps/host/src/ledger.ts";

/** What a server can answer to a released key: of its package, of the key, of whose certificate released it. */
type Refusal = Extract<
  RefusalCode,
  | `PACKAGE_${string}`
  | `RELEASED_KEY_${string}`
  | `CHAIN_${string}`
  | `CERTIFICATE_${string}`
  | "OPENING_NOT_BEGUN"
  | "TIME_STAMP_REFUSED"
  | "REVOCATION_UNAVAILABLE"
  | "SUBJECT_UNKNOWN"
>;

/** The compiler names what is missing. */
const refusals: Readonly<Record<Refusal, true>> = {
  PACKAGE_MALFORMED: true,
  PACKAGE_SIGNATURE_INVALID: true,
  PACKAGE_PAYLOAD_MISMATCH: true,
  PACKAGE_CONTENT_INVALID: true,
  PACKAGE_NOT_OPENED: true,
  PACKAGE_OF_ANOTHER_LOT: true,
  PACKAGE_NOTICE_UNKNOWN: true,
  PACKAGE_LATE: true,
  PACKAGE_NOT_RECEIVED: true,
  RELEASED_KEY_MALFORMED: true,
  RELEASED_KEY_SIGNATURE_INVALID: true,
  RELEASED_KEY_WRONG: true,
  RELEASED_KEY_OF_ANOTHER_SIGNER: true,
  RELEASED_KEY_OF_ANOTHER_PACKAGE: true,
  RELEASED_KEY_OF_ANOTHER_ORDER: true,
  RELEASED_KEY_UNSIGNED: true,
  RELEASED_KEY_LATE: true,
  CHAIN_INVALID: true,
  CHAIN_UNTRUSTED: true,
  CERTIFICATE_EXPIRED: true,
  CERTIFICATE_NOT_YET_VALID: true,
  CERTIFICATE_REVOKED: true,
  CERTIFICATE_USAGE: true,
  OPENING_NOT_BEGUN: true,
  TIME_STAMP_REFUSED: true,
  REVOCATION_UNAVAILABLE: true,
  SUBJECT_UNKNOWN: true,
};

describe("the words of a bid's record", () => {
  test.each(Object.keys(refusals))("a platform's %s is a sentence", (code) => {
    expect(refusalWords(code)).toMatch(new RegExp(`^平台称.+（${code}）$`));
  });

  test.each(preflightRules)("the rule %s has a name", (rule) => {
    expect(ruleWords(rule)).toMatch(/\p{Script=Han}/u);
  });

  test("a failure says where, what and by which rule; what a newer program knows stays as it is", () => {
    const of = (error: OperationError) => failureWords(failureOf(error) ?? { layer: "program", code: "", rule: null });
    expect(of(new OperationError("BID_REFUSED", { rule: "key-present" }))).toBe(
      "证书或CA锁 · 投标前检查未通过：须用的证书在本机（BID_REFUSED key-present）",
    );
    expect(of(new OperationError("NOTICE_REFUSED", { rule: "committee-certificate" }))).toMatch(
      /^平台 · [^A-Z]+（NOTICE/,
    );
    expect(of(new OperationError("ORDER_REFUSED", { rule: "too-early" }))).toContain("未到开标时间");
    for (const code of ["INTERRUPTED", "STORAGE_FULL", "CANCELLED", "STORE_BUSY"] as const) {
      expect(of(new OperationError(code))).toMatch(/ · [^A-Z]+（[A-Z_]+）$/);
    }
    expect(failureWords({ layer: "program", code: "OF_TOMORROW", rule: "of-tomorrow" })).toContain("OF_TOMORROW");
    expect(ruleWords("toString")).toBe("toString");
  });

  test("no word is one that people are not to read", () => {
    const words = [STEPS, LAYERS, RULES, CHECKS, GROUNDS, OUTCOMES].flatMap((list) =>
      Object.values(list).flatMap((each: object | string) => (typeof each === "string" ? each : Object.values(each))),
    );
    expect(words.length).toBeGreaterThan(50);
    for (const word of words) expect(word).not.toMatch(/令牌|载体|信封|私钥|容器|会话|哈希|演练|撤销|撤回|\bhash/);
  });
});
