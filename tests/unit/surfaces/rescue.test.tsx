// @vitest-environment happy-dom
import { NOW, READY, REQUEST, Refusal, clearStage, keyNamed, sent, stage } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type CarriedBid, writeOpenBidsFile } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { OpenBid } from "@certbridge/protocol/host";
import { BidsPage } from "../../../extension/surfaces/bids/bids.tsx";

/** 开标急救 and 换电脑 in the page 我的标书. */
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
  location.hash = "";
  vi.useRealTimers();
});

const ORIGIN = "https://bid-a.demo.test";

type Outcome = OpenBid["results"][number]["outcome"];

const bid = (change: Partial<OpenBid> = {}): OpenBid => ({
  packageId: REQUEST,
  lot: {
    platformId: "demo-a",
    platformName: "江南公共资源交易平台（演示）",
    origins: [ORIGIN],
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: "2026-11-26T05:41:07Z",
    sequence: 1,
  },
  keyId: keyNamed("a").keyId,
  authority: "江苏演示CA",
  notAfter: "2028-01-01T00:00:00Z",
  serialTail: "3F2A",
  madeAt: "2026-11-20T01:30:00Z",
  rehearsedAt: "2026-11-21T01:30:00Z",
  receiptAt: null,
  rungs: { recipients: 2, backupAt: null, exportedAt: null },
  readiness: "green",
  results: [
    { rule: "key-present", outcome: "good" },
    { rule: "trial-opening", outcome: "good" },
    { rule: "encryption-certificate", outcome: "good" },
    { rule: "pin-tries", outcome: "good" },
    { rule: "second-recipient", outcome: "good" },
  ],
  ...change,
});

async function open(bids: OpenBid[], keys = [keyNamed("a")]): Promise<void> {
  stage.answers.bids = () => ({ host: READY, keys, bids });
  stage.answers.reach ??= () => ({ site: "answers", at: new Date(Date.now()).toISOString() });
  render(<BidsPage />, root);
  await vi.advanceTimersByTimeAsync(100);
}

const text = () => root.textContent ?? "";
const one = <E extends HTMLElement>(selector: string) => {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${text()}`);
  return found;
};
const stepsOf = () =>
  Object.fromEntries(
    Array.from(root.querySelectorAll(".rescue-step"), (step) => [
      (step.querySelector("dt")?.textContent ?? "").slice(1),
      `${step.querySelector(".step-mark")?.textContent ?? ""} ${step.querySelector("dd")?.textContent ?? ""}`,
    ]),
  );

async function press(ms = 100): Promise<void> {
  one("#rescue").click();
  await vi.advanceTimersByTimeAsync(ms);
}

describe("开标急救", () => {
  test("all is well: each step says so", async () => {
    await open([bid()]);
    await press();
    expect(one(".rescue-summary").textContent).toBe("检查完成：1份标书，没有发现问题。");
    expect(document.activeElement).toBe(one(".rescue-summary"));
    expect(stepsOf()).toMatchObject({
      CA锁: "✓ 须用的CA锁在这台电脑上，尾号3F2A。",
      证书: "✓ 到开标时有效。",
      PIN码: "✓ 还剩3次。",
      备用: "✓ 另一把CA锁：有 · 备用密钥文件：无 · 已导出到另一台电脑：无",
      时间: "✓ 与平台的时间一致。",
      平台: "✓ 网站能访问。",
    });
    expect(stepsOf()["试解密"]).toContain("✓ 上次试解密成功");
  });

  test("each thing that is wrong says what to do", async () => {
    stage.answers.reach = () => ({ site: "silent", at: null });
    const results: OpenBid["results"] = [
      { rule: "key-present", outcome: "warning" },
      { rule: "trial-opening", outcome: "bad" },
      { rule: "encryption-certificate", outcome: "bad" },
      { rule: "signing-certificate", outcome: "warning" },
      { rule: "pin-tries", outcome: "bad" },
      { rule: "second-recipient", outcome: "warning" },
      { rule: "clock", outcome: "warning" },
    ];
    const rungs = { recipients: 1, backupAt: "2026-11-20T01:30:00Z", exportedAt: "2026-11-20T01:30:00Z" };
    await open([bid({ readiness: "red", results, rungs })], []);
    await press();
    expect(text()).toContain("检查完成：1份标书中，1份需要处理");
    expect(stepsOf()).toMatchObject({
      CA锁: expect.stringMatching(/^! 请插入CA锁：江苏演示CA，尾号3F2A，有效期至/),
      证书: "✗ 加密证书到开标时已不能使用，这份标书将无法解密。请换一张证书。",
      PIN码: "✗ PIN码已锁死，标书将无法解密。请联系签发的CA解锁。",
      备用: "! 另一把CA锁：无 · 备用密钥文件：有 · 已导出到另一台电脑：有",
      时间: "! 这台电脑的时间不准。请校准时间后再试。",
      平台: "! 网站没有回答。请检查网络，或换一个网络再试。",
    });
    expect(stepsOf()["试解密"]).toContain("✗ 试解密失败");
  });

  test("what a newer package took the place of is not looked at, and not counted", async () => {
    const fresh = encodeBase64Url(new Uint8Array(16).fill(9));
    const gone: OpenBid["results"] = [{ rule: "renewed-certificate", outcome: "bad" }];
    const old = bid({ readiness: "red", results: gone, supersededBy: fresh });
    await open([bid({ packageId: fresh }), old]);
    await press();
    expect(one(".rescue-summary").textContent).toBe("检查完成：1份标书，没有发现问题。");
    expect(root.querySelectorAll(".rescue-steps")).toHaveLength(1);
    await open([old]);
    await press();
    expect(one(".rescue-summary").textContent).not.toContain("1份");
  });

  test("a clock that differs from the platform's, and a trial that was made only when it was encrypted", async () => {
    stage.answers.reach = () => ({ site: "answers", at: new Date(Date.now() - 192_000).toISOString() });
    await open([bid({ rehearsedAt: null })]);
    await press();
    expect(stepsOf()["时间"]).toMatch(/^! 这台电脑的时间与平台相差3分1[23]秒/);
    expect(stepsOf()["试解密"]).toContain("– 加密时试解密成功，之后没有再试。");
  });

  test("revocation and the clock by a stamp: asked now, and each answer has its words", async () => {
    const asked: unknown[] = [];
    const words = async (revocation: Outcome, clock: Outcome) => {
      const results: OpenBid["results"] = [
        { rule: "revocation", outcome: revocation },
        { rule: "clock", outcome: clock },
      ];
      stage.answers.bids = (params) => {
        asked.push(params);
        return { host: READY, keys: [keyNamed("a")], bids: [bid({ results })] };
      };
      await press();
      return [stepsOf()["吊销"], stepsOf()["时间"]];
    };
    await open([bid()]);
    expect(await words("good", "good")).toEqual(["✓ CA的吊销列表中没有这些证书。", "✓ 已与时间戳核对，时间准确。"]);
    // The site agrees; that nobody signed for the time is said all the same.
    expect(await words("unreachable", "unreachable")).toEqual([
      "! 暂时查不到证书吊销状态，已记录，可以继续。",
      "! 连不上时间戳服务，这台电脑的时间没有核对，已记录，可以继续。请确认时间准确。",
    ]);
    expect(text()).toContain("1份需要处理");
    expect(await words("bad", "warning")).toEqual([
      "✗ 证书已吊销，不能使用。请联系签发的CA。",
      "! 这台电脑的时间不准。请校准时间后再试。",
    ]);
    expect((await words("warning", "good"))[0]).toBe(
      "! 证书已吊销，不能再用来加密新的标书。已加密的这份，密钥还在就仍打得开：请试解密确认，并联系签发的CA。",
    );
    expect(await words("unknown", "unknown")).toEqual([
      "– 证书吊销状态还没有查询：加密、试解密和开标急救时，按证书写明的地址向CA查询。",
      "✓ 与平台的时间一致。",
    ]);
    expect(asked).toEqual(Array.from({ length: 5 }, () => ({ ask: true })));
    stage.answers.reach = () => ({ site: "answers", at: new Date(Date.now() - 192_000).toISOString() });
    expect((await words("good", "unreachable"))[1]).toContain("! 这台电脑的时间与平台相差3分");
  });

  test("what does not answer in ten seconds is said, and keeps nothing else waiting", async () => {
    stage.answers.reach = () => new Promise(() => undefined);
    await open([bid()]);
    await press(9_900);
    expect(text()).toContain("正在检查，最多10秒……");
    await vi.advanceTimersByTimeAsync(200);
    expect(stepsOf()["平台"]).toBe("! 10秒内没有回答。请重新检查。");
    expect(stepsOf()["CA锁"]).toContain("✓");
    expect(text()).toContain("1份需要处理");
  });

  test("a program that does not answer is said as such, and the platforms were asked at the same time", async () => {
    await open([bid()]);
    stage.answers.bids = () => new Promise(() => undefined);
    await press(10_100);
    expect(one(".rescue-summary").textContent).toContain("互认通程序10秒内没有回答");
    expect(sent.filter(({ verb }) => verb === "reach")).toHaveLength(1);
    stage.answers.bids = () => ({ host: { state: "missing" }, keys: [], bids: [] });
    await press();
    expect(one(".rescue-summary").textContent).toContain("互认通程序没有就绪");
  });

  test("the popup's button checks at once; a reminder leads to its bid", async () => {
    location.hash = "#rescue";
    await open([bid()]);
    expect(text()).toContain("检查完成");
    render(null, root);
    location.hash = `#${REQUEST}`;
    await open([bid({ packageId: encodeBase64Url(new Uint8Array(16).fill(1)) }), bid()]);
    expect(document.activeElement).toBe(one(`#bid-${REQUEST}`));
  });
});

test("a renewed certificate whose key is still here has the way to encrypting anew, too", async () => {
  await open([bid({ readiness: "amber", results: [{ rule: "renewed-certificate", outcome: "warning" }] })]);
  expect(one(".bid-why").textContent).toContain("证书已更换。旧证书的密钥还在");
  one(".notice button").click();
  await vi.advanceTimersByTimeAsync(50);
  expect(stage.pages).toEqual([`${ORIGIN}/`]);
});

test("an opening is told by the clock of Beijing", async () => {
  await open([bid()]);
  expect(one(".opening-time").textContent).toBe("2026年11月26日 13:41:07（北京时间）");
});

describe("换电脑", () => {
  const carried = (): CarriedBid => ({
    format: "shared-certificate-open-bid:1",
    header: "AAAA",
    trailer: "AAAA",
    keyBlock: "AAAA",
    signatureSm3: encodeBase64Url(new Uint8Array(32)),
    encryptionCertificate: "AAAA",
    report: "AAAA",
    notice: null,
    receipt: null,
  });

  async function give(content: string): Promise<void> {
    const field = one<HTMLInputElement>("#bids-file");
    Object.defineProperty(field, "files", { configurable: true, value: [new File([content], "open-bids.cbopen")] });
    field.dispatchEvent(new Event("change"));
    await vi.advanceTimersByTimeAsync(100);
  }

  test("exporting asks for each bid, and says what the file tells", async () => {
    stage.answers.exportBid = () => ({ bid: carried() });
    await open([bid(), bid({ packageId: encodeBase64Url(new Uint8Array(16).fill(1)) })]);
    one("#bids-export").click();
    await vi.advanceTimersByTimeAsync(100);
    expect(sent.filter(({ verb }) => verb === "exportBid")).toHaveLength(2);
    expect(text()).toContain("已导出2份标书。文件里没有密钥和投标内容");
  });

  test("without a bid there is nothing to export, and importing is there all the same", async () => {
    await open([]);
    one("#bids-export").click();
    await vi.advanceTimersByTimeAsync(100);
    expect(sent.some(({ verb }) => verb === "exportBid")).toBe(false);
    expect(one("#bids-import").textContent).toBe("导入标书");
  });

  test("each bid of a file is judged by itself, and what to do about the others is said", async () => {
    let count = 0;
    stage.answers.importBid = () => {
      count += 1;
      if (count === 2) throw new Refusal(new OperationError("KEY_NOT_FOUND").toRecord());
      return { packageId: REQUEST, outcome: count === 1 ? "added" : "known" };
    };
    await open([]);
    await give(writeOpenBidsFile([carried(), carried(), carried()]));
    expect(text()).toContain("已导入1份，本机已有1份，未导入1份。");
    expect(text()).toContain("须用的CA锁不在这台电脑上。请插入后重新导入。");
    await give(writeOpenBidsFile([{ ...carried(), keyBlock: "?" }]));
    expect(text()).toContain("有标书与签名不符，没有导入。");
    await give("{}");
    expect(text()).toContain("这不是“我的标书”导出的文件。请重新选择。");
  });
});
