// @vitest-environment happy-dom
import { NOW, REQUEST, announce, clearStage, keyNamed, sent, stage, viewWith } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OpenBid } from "@certbridge/protocol/host";
import type { ApprovalView, Outcome } from "@certbridge/protocol/surface";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";

/** The windows of `decrypt` and `rehearse`. */

let root: HTMLElement;
const close = vi.fn<() => void>();

beforeEach(() => {
  clearStage();
  vi.useFakeTimers({ now: NOW });
  vi.stubGlobal("close", close);
  close.mockClear();
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open(view: ApprovalView, outcome?: Outcome): Promise<void> {
  stage.answers.approval = () => view;
  stage.answers.accept = () => outcome;
  render(<ApprovalWindow id={REQUEST} />, root);
  await vi.advanceTimersByTimeAsync(1000);
}

async function agree(): Promise<void> {
  const pin = root.querySelector<HTMLInputElement>("#pin");
  if (pin) pin.value = "246810";
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await vi.advanceTimersByTimeAsync(50);
}

const text = () => root.textContent ?? "";
const accepted = () => sent.filter(({ verb }) => verb === "accept").map(({ params }) => params);

const decrypting = {
  operation: "decrypt",
  lot: {
    platformName: "江南公共资源交易平台（演示）",
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: "2026-11-23T01:30:00Z",
  },
  stampedAt: "2026-11-23T01:30:40Z",
  clockBehind: false,
  needed: [{ authority: "江苏数科CA", serialTail: "3F2A", notAfter: "2027-06-30T04:00:00Z" }],
} as const;

const asked = (change: object = {}) => ({ asked: { ...decrypting, needed: [...decrypting.needed], ...change } });

describe("decrypt", () => {
  test("which lot, which time; then it says when it was done, and stays", async () => {
    await open(viewWith(asked()), { operation: "decrypt", releasedAt: "2026-11-23T01:31:07Z" });
    for (const fact of ["江南公共资源交易平台", "滨江路改造工程", "JN-2026-118", "1标段", "开标时间已到"]) {
      expect(text()).toContain(fact);
    }
    expect(root.querySelector("button[type=submit]")?.textContent).toBe("我要解密");
    await agree();
    expect(accepted()).toMatchObject([{ key: { credentialId: null } }]);
    expect(accepted()[0]).not.toHaveProperty("key.clockAccepted");
    expect(root.querySelector("[role=alert] h2")?.textContent).toMatch(/^已解密 \d\d:31:07$/);
    expect(document.activeElement?.textContent).toBe("关闭窗口");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(close).not.toHaveBeenCalled();
    (document.activeElement as HTMLElement).click();
    expect(close).toHaveBeenCalledOnce();
  });

  test("the wrong lock: which one it must be, and which one is there; the right one goes on by itself", async () => {
    const wrong = { ...keyNamed("b", { serialTail: "91C0" }), opens: false };
    await open(viewWith({ ...asked(), keys: [wrong] }));
    expect(text()).toContain(
      "插错锁：本标书须用尾号3F2A的CA锁（江苏数科CA，有效期至2027年6月30日），当前插入的是91C0。",
    );
    expect(root.querySelector("input[name=certificate]:disabled")).not.toBeNull();
    stage.answers.approval = () => viewWith({ ...asked(), keys: [wrong, keyNamed("a")] });
    announce(null);
    await vi.advanceTimersByTimeAsync(1000);
    expect(text()).not.toContain("插错锁");
    expect(root.querySelectorAll("input[name=certificate]:checked")).toHaveLength(1);
  });

  test("a certificate that has expired since opens it all the same", async () => {
    await open(
      viewWith({ ...asked(), keys: [keyNamed("a", { state: "expired" })].map((key) => ({ ...key, opens: true })) }),
    );
    expect(root.querySelectorAll("input[name=certificate]:checked")).toHaveLength(1);
  });

  test("no lock at all: which one to insert", async () => {
    await open(viewWith({ ...asked(), keys: [] }));
    expect(text()).toContain("请插入CA锁：江苏数科CA，尾号3F2A，有效期至2027年6月30日。");
  });

  test("nobody knows which lock: the window says what to look for", async () => {
    const wrong = { ...keyNamed("b", { serialTail: "91C0" }), opens: false };
    await open(viewWith({ ...asked({ needed: [] }), keys: [wrong] }));
    expect(text()).toContain("插错锁：当前的证书（尾号91C0）打不开这份标书。");
  });

  test("a clock that is behind: both times, and nothing without a decision", async () => {
    await open(viewWith(asked({ clockBehind: true })));
    expect(text()).toContain("两个时间不一致");
    await agree();
    expect(accepted()).toEqual([]);
    expect(text()).toContain("请先核对时间，再勾选“我已核对”。");
    expect(document.activeElement?.id).toBe("clock-accepted");
    root.querySelector<HTMLInputElement>("#clock-accepted")?.click();
    await agree();
    expect(accepted()).toMatchObject([{ key: { clockAccepted: true } }]);
  });
});

const bid: OpenBid = {
  packageId: REQUEST,
  lot: { ...decrypting.lot, platformId: "demo-a", origins: ["https://bid-a.demo.test"], sequence: 1 },
  keyId: keyNamed("a").keyId,
  authority: "江苏数科CA",
  serialTail: "3F2A",
  notAfter: "2027-06-30T04:00:00Z",
  madeAt: "2026-11-20T01:30:00Z",
  rehearsedAt: null,
  receiptAt: null,
  readiness: "amber",
  results: [],
};

describe("rehearse", () => {
  test.each([
    ["green", "试解密成功。", [{ rule: "trial-opening", outcome: "good" }], null],
    ["amber", "试解密成功，但有下列情况请留意。", [{ rule: "second-recipient", outcome: "warning" }], "无备用"],
    [
      "red",
      "这份标书现在打不开。",
      [{ rule: "renewed-certificate", outcome: "bad" }],
      "证书已更换，这份标书将无法解密。",
    ],
  ] as const)("%s is said with its reasons", async (readiness, title, results, reason) => {
    const view = viewWith({ asked: { operation: "rehearse", bid } });
    await open(view, { operation: "rehearse", readiness, results: [...results] });
    expect(text()).toContain("还没有试过");
    await agree();
    expect(root.querySelector("[role=alert] h2")?.textContent).toBe(title);
    if (reason !== null) expect(root.querySelector(".findings")?.textContent).toContain(reason);
    else expect(root.querySelector(".findings")).toBeNull();
  });

  test("a bid that is not of this computer: the window says so, and there is nothing to agree to", async () => {
    await open(viewWith({ asked: { operation: "rehearse", bid: null } }));
    expect(text()).toContain("这台电脑没有这份标书的记录");
    expect(root.querySelector("button[type=submit]")).toBeNull();
  });
});
