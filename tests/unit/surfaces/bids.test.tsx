// @vitest-environment happy-dom
import { NOW, READY, REQUEST, Refusal, clearStage, identity, keyNamed, sent, stage } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import { readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import { gm } from "../../support/authority.ts";
import { BidsPage } from "../../../extension/surfaces/bids/bids.tsx";

let root: HTMLElement;

beforeEach(() => {
  clearStage();
  vi.useFakeTimers({ now: NOW });
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.useRealTimers();
});

const bid = (change: Partial<OpenBid> = {}): OpenBid => ({
  packageId: REQUEST,
  lot: {
    platformId: "demo-a",
    platformName: "江南公共资源交易平台（演示）",
    origins: ["https://bid-a.demo.test"],
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: "2026-11-26T05:41:07Z",
    sequence: 1,
  },
  keyId: keyNamed("a").keyId,
  authority: "江苏数科CA",
  serialTail: "3F2A",
  notAfter: "2027-06-30T04:00:00Z",
  madeAt: "2026-11-20T01:30:00Z",
  rehearsedAt: "2026-11-21T01:30:00Z",
  receiptAt: null,
  rungs: { recipients: 1, backupAt: null, exportedAt: null },
  readiness: "green",
  results: [{ rule: "trial-opening", outcome: "good" }],
  ...change,
});

async function open(bids: OpenBid[], keys = [keyNamed("a")]): Promise<void> {
  stage.answers.bids = () => ({ host: READY, keys, bids });
  render(<BidsPage />, root);
  await vi.advanceTimersByTimeAsync(100);
}

const pass = () => vi.advanceTimersByTimeAsync(50);
const text = () => root.textContent ?? "";
const one = (selector: string) => {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${text()}`);
  return found;
};

async function beginTrial(pin: string): Promise<void> {
  one("button[aria-label='试解密 滨江路改造工程 1标段']").click();
  await pass();
  (one("input[type=password]") as HTMLInputElement).value = pin;
  one("button[type=submit]").click();
  await pass();
}

test("none: what to do so that there is one", async () => {
  await open([]);
  expect(text()).toContain("还没有等待开标的标书。");
});

test.each([
  ["green", [{ rule: "trial-opening", outcome: "good" }], "可以解密", "上次试解密成功：2026年11月21日"],
  ["amber", [{ rule: "pin-tries", outcome: "warning" }], "请留意", "PIN码剩下的次数不多"],
  ["red", [{ rule: "renewed-certificate", outcome: "bad" }], "打不开", "证书已更换，这份标书将无法解密。"],
] as const)("%s says why in one sentence", async (readiness, results, word, why) => {
  await open([bid({ readiness, results: [...results] })]);
  expect(one("h2").textContent).toBe(`滨江路改造工程 1标段 ${word}`);
  expect(one(".bid-why").textContent).toContain(why);
  expect(text()).toContain("还有 3天4小时");
  // All of its times are of one clock.
  expect(text()).toContain("加密时间 2026年11月20日 09:30:00（北京时间）");
});

test("what cannot be opened leads to the platform's page", async () => {
  await open([bid({ readiness: "red", results: [{ rule: "renewed-certificate", outcome: "bad" }] })]);
  expect(text()).toContain("请在 江南公共资源交易平台（演示） 的网页上，截止前重新加密并上传。");
  one(".notice button").click();
  await pass();
  expect(stage.pages).toEqual(["https://bid-a.demo.test/"]);
});

test("one that a newer package took the place of is quiet, and its record can still be had", async () => {
  const fresh = encodeBase64Url(new Uint8Array(16).fill(9));
  const results: OpenBid["results"] = [
    { rule: "renewed-certificate", outcome: "bad" },
    { rule: "second-recipient", outcome: "warning" },
  ];
  await open([bid({ packageId: fresh }), bid({ readiness: "red", results, supersededBy: fresh })]);
  const card = one(`[aria-labelledby=bid-${REQUEST}]`);
  expect(card.className).toBe("bid bid-superseded");
  expect(card.querySelector("h2")?.textContent).toBe("滨江路改造工程 1标段 已由新文件替代");
  expect(card.textContent).toContain("平台已对同一标段较新的一份标书出具回执。");
  expect(card.textContent).not.toMatch(/打不开|重新加密|已更换/);
  expect(card.querySelector(".notice, details, .primary")).toBeNull();
  expect(card.querySelector("button[aria-label^=保存存证报告]")).not.toBeNull();
});

test("a trial seals the PIN for a consent of its own, and shows what became of it", async () => {
  await open([bid({ readiness: "amber", results: [{ rule: "trial-opening", outcome: "unknown" }] })]);
  stage.answers.rehearseBid = () => {
    stage.answers.bids = () => ({ host: READY, keys: [keyNamed("a")], bids: [bid()] });
    return bid();
  };
  await beginTrial("246810");
  const [asked] = sent.flatMap(({ verb, params }) => (verb === "rehearseBid" ? [params] : []));
  const { consentId, sealedPin, ...named } = asked as { consentId: string; sealedPin: string };
  expect(named).toEqual({ packageId: REQUEST, keyId: keyNamed("a").keyId });
  const plaintext = gm.sm2Decrypt(identity.privateKey, decodeBase64Url(sealedPin)) ?? new Uint8Array();
  expect(new TextDecoder().decode(readSealedPin(consentId, plaintext) ?? undefined)).toBe("246810");
  expect(one("h2").textContent).toContain("可以解密");
  expect(root.querySelector("input[type=password]")).toBeNull();
});

test("a wrong PIN is said at its field, which is empty again", async () => {
  await open([bid()]);
  stage.answers.rehearseBid = () => {
    throw new Refusal(new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null }).toRecord());
  };
  await beginTrial("000000");
  expect(one(".field-problem").textContent).toContain("PIN码错误，还剩2次");
  expect((one("input[type=password]") as HTMLInputElement).value).toBe("");
  expect(document.activeElement).toBe(one("input[type=password]"));
});

test("a software certificate's holder is threatened with no lock; a locked key says whom to call", async () => {
  await open([bid()], [keyNamed("a", { carrier: "software" })]);
  stage.answers.rehearseBid = () => {
    throw new Refusal(new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null }).toRecord());
  };
  await beginTrial("000000");
  expect(one(".field-problem").textContent).toContain("次数用完后须等候一段时间");
  render(null, root);
  await open([bid()], [keyNamed("a", { carrier: "usb-key", authorityPhone: "025-1234" })]);
  await beginTrial("000000");
  expect(one(".field-problem").textContent).toContain("次数用完CA锁会锁死");
  stage.answers.rehearseBid = () => {
    throw new Refusal(new OperationError("PIN_LOCKED", { retryAt: null }).toRecord());
  };
  (one("input[type=password]") as HTMLInputElement).value = "000000";
  one("button[type=submit]").click();
  await pass();
  expect(one(".field-problem").textContent).toContain("025-1234");
});

describe("a bid whose key nobody sees", () => {
  const lacking = () => bid({ readiness: "amber", results: [{ rule: "key-present", outcome: "warning" }] });
  const looks = () => sent.filter(({ verb }) => verb === "diagnose").length;

  test("says so, and what was found about drivers and keys, once for all bids", async () => {
    stage.answers.diagnose = () => ({ findings: [{ cause: "driver-hung", verdict: "bad" }] });
    await open([lacking(), { ...lacking(), packageId: encodeBase64Url(new Uint8Array(16).fill(9)) }]);
    expect(one(".bid-why").textContent).toContain("已经插入的，请看本页的CA锁检测结果");
    expect(one(".findings h2").textContent).toBe("CA锁检测结果");
    expect(one(".findings li").textContent).toContain("驱动没有响应");
    expect(looks()).toBe(1);
    stage.answers.diagnose = () => ({ findings: [] });
    stage.answers.reach = () => ({ site: "answers", at: null });
    one("#rescue").click();
    await pass();
    expect(looks()).toBe(2);
    expect(one(".findings").textContent).toContain("请插入须用的那一把");
  });

  test("is asked about only where there is one", async () => {
    stage.answers.diagnose = () => ({ findings: [{ cause: "driver-hung", verdict: "bad" }] });
    await open([bid(), { ...lacking(), packageId: "A".repeat(22), supersededBy: REQUEST }]);
    expect(looks()).toBe(0);
  });
});

test("the key is not there: which one to insert, and no field to type into", async () => {
  await open([bid()], [keyNamed("b", { serialTail: "91C0" })]);
  one("button[aria-label='试解密 滨江路改造工程 1标段']").click();
  await pass();
  expect(text()).toContain("请插入CA锁：江苏数科CA，尾号3F2A，有效期至2027年6月30日。");
  expect((one("input[type=password]") as HTMLInputElement).disabled).toBe(true);
});

test("the evidence report of a bid is saved under its id; where it cannot be had the reason stands beside the button", async () => {
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:report");
  const saved: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  await open([bid()]);
  stage.answers.bidEvidence = () => ({ html: "<!doctype html>" });
  const button = one('button[aria-label="保存存证报告：滨江路改造工程 1标段"]');
  button.click();
  await pass();
  expect(saved).toEqual([`存证报告-${REQUEST}.html`]);
  const problems = () =>
    Array.from(root.querySelectorAll("[role=alert].field-problem"), (one) => one.textContent).join("");
  expect(problems()).toBe("");

  stage.answers.bidEvidence = () => {
    throw new Refusal(new OperationError("STORE_BUSY").toRecord());
  };
  button.click();
  await pass();
  expect(problems()).not.toBe("");
  expect(saved).toHaveLength(1);
  vi.restoreAllMocks();
});
