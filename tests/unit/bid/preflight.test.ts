import { checkBid, type PreflightFacts, readinessOf } from "@certbridge/bid";
import { preflightRules, type PreflightRule } from "@certbridge/protocol/host";
import { describe, expect, test } from "vitest";
import { DAY, NOW, party } from "../../support/authority.ts";

const now = NOW.getTime();
const OPENING = now + 20 * DAY;
const until = (ms: number) => ({ notBefore: new Date(now - DAY), notAfter: new Date(ms) });

const ca = party("CA", null, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 }, ...until(now + 3000 * DAY) });
const signing = (life = until(now + 365 * DAY), name = "江南建设") =>
  party(name, ca, { keyUsage: ["digitalSignature"], ...life }).certificate;
const encryption = (life = until(now + 365 * DAY), name = "江南建设") =>
  party(name, ca, { keyUsage: ["keyEncipherment"], ...life }).certificate;

const good: PreflightFacts = {
  now,
  openingAt: OPENING,
  signingCertificate: signing(),
  encryptionCertificate: encryption(),
  chain: [ca.certificate],
  deviceKey: true,
  trial: true,
  held: "current",
  pin: { triesLeft: 3, retryAt: null },
  clockErrorMs: 0,
  revoked: false,
  isMade: false,
  recipients: 2,
};

const outcomeOf = (rule: PreflightRule, change: Partial<PreflightFacts>) =>
  checkBid({ ...good, ...change }).find((result) => result.rule === rule)?.outcome;

const caUntil = (ms: number) =>
  party("CA", null, { keyUsage: ["keyCertSign"], ca: { pathLen: 0 }, ...until(ms) }).certificate;

describe("the check before a bid is handed in", () => {
  test("all is good, in the order of the list", () => {
    expect(checkBid(good)).toEqual(preflightRules.map((rule) => ({ rule, outcome: "good" })));
  });

  test.each<[PreflightRule, string, Partial<PreflightFacts>]>([
    ["signing-certificate", "bad", { signingCertificate: encryption() }],
    ["signing-certificate", "bad", { signingCertificate: signing(until(now - 1)) }],
    [
      "signing-certificate",
      "bad",
      { signingCertificate: signing({ notBefore: new Date(now + DAY), notAfter: new Date(OPENING + 30 * DAY) }) },
    ],
    ["signing-certificate", "bad", { signingCertificate: signing(until(OPENING - 1000)) }],
    ["signing-certificate", "warning", { signingCertificate: signing(until(OPENING)) }],
    ["signing-certificate", "warning", { signingCertificate: signing(until(OPENING + 15 * DAY - 1000)) }],
    ["signing-certificate", "good", { signingCertificate: signing(until(OPENING + 15 * DAY)) }],
    ["signing-certificate", "unknown", { chain: [] }],
    ["signing-certificate", "warning", { chain: [], signingCertificate: signing(until(OPENING)) }],
    ["signing-certificate", "bad", { chain: [caUntil(OPENING - 1000)] }],
    ["signing-certificate", "warning", { chain: [ca.certificate, caUntil(OPENING + DAY)] }],
    ["encryption-certificate", "bad", { encryptionCertificate: null }],
    ["encryption-certificate", "bad", { encryptionCertificate: signing() }],
    ["encryption-certificate", "bad", { encryptionCertificate: encryption(until(OPENING - 1000)) }],
    ["encryption-certificate", "warning", { encryptionCertificate: encryption(until(OPENING + DAY)) }],
    ["encryption-certificate", "bad", { chain: [caUntil(OPENING - 1000)] }],
    ["same-subject", "unknown", { encryptionCertificate: null }],
    ["same-subject", "bad", { encryptionCertificate: encryption(undefined, "江北建设") }],
    ["device-key", "bad", { deviceKey: false }],
    ["device-key", "good", { deviceKey: null }],
    ["device-key", "unknown", { deviceKey: null, trial: null }],
    ["device-key", "unknown", { deviceKey: null, trial: false }],
    ["trial-opening", "unknown", { trial: null }],
    ["trial-opening", "bad", { trial: false }],
    ["renewed-certificate", "warning", { held: "renewed" }],
    ["renewed-certificate", "bad", { held: "replaced" }],
    ["renewed-certificate", "unknown", { held: "absent" }],
    ["renewed-certificate", "unknown", { held: "spare" }],
    ["key-present", "good", { held: "spare" }],
    ["key-present", "good", { held: "renewed" }],
    ["key-present", "good", { held: "replaced" }],
    ["key-present", "warning", { held: "absent" }],
    ["pin-tries", "warning", { pin: { triesLeft: 2, retryAt: null } }],
    ["pin-tries", "warning", { pin: { triesLeft: 0, retryAt: "2026-11-23T09:31:07Z" } }],
    ["pin-tries", "bad", { pin: { triesLeft: 0, retryAt: null } }],
    ["pin-tries", "unknown", { pin: null }],
    ["clock", "unknown", { clockErrorMs: null }],
    ["clock", "good", { clockErrorMs: -60_000 }],
    ["clock", "warning", { clockErrorMs: -60_001 }],
    ["revocation", "unknown", { revoked: null }],
    ["revocation", "bad", { revoked: true }],
    ["revocation", "warning", { revoked: true, isMade: true }],
    ["revocation", "unreachable", { revoked: "unreachable", isMade: true }],
    ["revocation", "good", { isMade: true }],
    ["second-recipient", "warning", { recipients: 1 }],
  ])("%s is %s", (rule, outcome, change) => {
    expect(outcomeOf(rule, change)).toBe(outcome);
  });
});

test("what is bad is red, what warns is amber, and what is unknown changes nothing", () => {
  const rule = "clock";
  expect(readinessOf(checkBid(good))).toBe("green");
  expect(readinessOf([{ rule, outcome: "unknown" }])).toBe("green");
  expect(
    readinessOf([
      { rule, outcome: "unknown" },
      { rule, outcome: "warning" },
    ]),
  ).toBe("amber");
  expect(
    readinessOf([
      { rule, outcome: "warning" },
      { rule, outcome: "bad" },
    ]),
  ).toBe("red");
});
