// @vitest-environment happy-dom
import { HASH, NOW, REQUEST, Refusal, announceProgress, clearStage, keyNamed, sent, stage, viewWith } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OperationError } from "@certbridge/protocol/errors";
import type { PreflightResult } from "@certbridge/protocol/host";
import type { PreparedBid, SurfaceResult } from "@certbridge/protocol/surface";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";

/** The window of `encrypt`: files, who can open them, and the long work. */

let root: HTMLElement;
const close = vi.fn<() => void>();

/** The channel to the workshop, with what was said on it; the test answers. */
const channels: FakeChannel[] = [];

class FakeChannel extends EventTarget {
  readonly name: string;
  readonly said: unknown[] = [];
  closed = false;

  constructor(name: string) {
    super();
    this.name = name;
    channels.push(this);
  }

  postMessage(message: unknown): void {
    this.said.push(message);
  }

  close(): void {
    this.closed = true;
  }
}

beforeEach(() => {
  clearStage();
  channels.length = 0;
  vi.useFakeTimers({ now: NOW });
  vi.stubGlobal("close", close);
  vi.stubGlobal("BroadcastChannel", FakeChannel);
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

const pass = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const text = () => root.textContent ?? "";
const accepted = () => sent.filter(({ verb }) => verb === "accept").map(({ params }) => params);
const one = (selector: string) => {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${text()}`);
  return found;
};

const lot = {
  platformId: "demo-a",
  platformName: "江南公共资源交易平台（演示）",
  origins: ["https://bid-a.demo.test"],
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "1标段",
  openingTime: "2026-11-26T05:41:07Z",
  sequence: 1,
};

const prepared = (change: Partial<PreparedBid> = {}): PreparedBid => ({
  keyId: keyNamed("a").keyId,
  recipients: [{ role: "own", authority: "江苏数科CA", serialTail: "3F2A" }],
  results: [],
  ...change,
});

const PREPARED_HASH = "1e".repeat(32);

async function open(
  files: { name: string; len: number }[] | null = null,
  said = prepared(),
  keys = [keyNamed("a")],
  profile: { profile?: "legacy" } = {},
) {
  const asked = { operation: "encrypt", lot: { ...lot, ...profile }, files } as const;
  stage.answers.approval = () => viewWith({ asked, keys });
  stage.answers.prepareBid = ({ keyId }) => ({ hash: PREPARED_HASH, prepared: { ...said, keyId } });
  render(<ApprovalWindow id={REQUEST} />, root);
  await pass(1000);
}

async function pick(...files: File[]): Promise<void> {
  const field = one("#bid-files");
  Object.defineProperty(field, "files", { value: files, configurable: true });
  field.dispatchEvent(new Event("change"));
  await pass();
}

async function agree(): Promise<void> {
  const pin = root.querySelector<HTMLInputElement>("#pin");
  if (pin) pin.value = "246810";
  root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
  await pass();
}

/** A background that works until the test says what came of it. */
function working() {
  let settle: (result: SurfaceResult<"accept">) => void = () => undefined;
  let refuse: (error: Refusal) => void = () => undefined;
  stage.answers.accept = () =>
    new Promise((resolve, reject) => {
      settle = resolve;
      refuse = reject;
    });
  return {
    done: (packageId: string, results: readonly PreflightResult[] = []) =>
      settle({ operation: "encrypt", packageId, hasBackup: true, results: [...results] }),
    failed: (error: OperationError) => refuse(new Refusal(error.toRecord())),
  };
}

const bidFile = (name: string, len = 3) => new File([new Uint8Array(len)], name);

describe("what is to be encrypted", () => {
  test("lot and opening, with how long it still is", async () => {
    await open();
    for (const fact of ["滨江路改造工程", "JN-2026-118", "1标段", "还有 3天4小时"]) expect(text()).toContain(fact);
    expect(text()).not.toContain("旧格式");
    expect(one(".opening-time").textContent).toBe("2026年11月26日 13:41:07（北京时间）");
  });

  test("that a bid is of the old format, and what is missing then", async () => {
    await open(null, prepared(), undefined, { profile: "legacy" });
    expect(text()).toContain("旧格式少两项保证");
    expect(text()).toContain("格式旧格式");
  });

  test("the page's own files are said to be readable by it, and cannot be changed here", async () => {
    await open([
      { name: "报价.xlsx", len: 2048 },
      { name: "标书\u202E.pdf", len: 1024 },
    ]);
    expect(text()).toContain("本平台网页可以读取这些文件");
    expect(text()).toContain("共 2 个，3 KB");
    expect(root.querySelector("#bid-files")).toBeNull();
    expect(root.innerHTML).not.toMatch(/\u202E/);
  });

  test("without any the person picks, takes away, and cannot go on with none", async () => {
    await open();
    await agree();
    expect(one("#bid-files-problem").textContent).toBe("请先选择投标文件。");
    expect(document.activeElement).toBe(one("#bid-files"));
    await pick(bidFile("报价.xlsx"), bidFile("标书.pdf", 2048));
    expect(Array.from(root.querySelectorAll(".item-name"), ({ textContent }) => textContent)).toEqual([
      "报价.xlsx",
      "标书.pdf",
    ]);
    expect(one("#bid-files-problem").textContent).toBe("");
    one("button[aria-label='移除 报价.xlsx']").click();
    await pass();
    expect(text()).toContain("共 1 个，2 KB");
    expect(document.activeElement).toBe(one("#bid-files"));
    expect(accepted()).toEqual([]);
  });

  test("more than a package holds are not added", async () => {
    await open();
    await pick(...Array.from({ length: 1001 }, (_, at) => bidFile(`${at}.pdf`, 0)));
    expect(one("#bid-files-problem").textContent).toBe("最多 1000 个文件，没有加入。请先把文件打包，或减少文件。");
    expect(root.querySelectorAll(".item")).toHaveLength(0);
    await pick(Object.defineProperty(bidFile("大.zip"), "size", { value: 65 * 1024 ** 3 }));
    expect(one("#bid-files-problem").textContent).toContain("文件合计超过 64 GB");
  });
});

describe("who can open it", () => {
  test("the own key alone: no spare, in red", async () => {
    await open();
    expect(one(".recipients").textContent).toBe("您的证书：江苏数科CA，尾号3F2A");
    expect(one(".finding-bad").textContent).toContain("无备用");
  });

  test("spare and committee are named, and nothing is red", async () => {
    const recipients: PreparedBid["recipients"] = [
      { role: "own", authority: "江苏数科CA", serialTail: "3F2A" },
      { role: "second", authority: "江苏数科CA", serialTail: "77B2" },
      { role: "committee", authority: "演示CA", serialTail: "0001" },
    ];
    await open(null, prepared({ recipients }));
    expect(one(".recipients").textContent).toContain("您的备用证书：江苏数科CA，尾号77B2");
    expect(one(".recipients").textContent).toContain("应急解密委员会");
    expect(root.querySelector(".finding-bad")).toBeNull();
  });

  test("a further key that is dead on the day is named as such, and is no spare", async () => {
    const recipients: PreparedBid["recipients"] = [
      { role: "own", authority: "江苏数科CA", serialTail: "3F2A" },
      { role: "expiring-second", authority: "江苏数科CA", serialTail: "77B2" },
    ];
    await open(null, prepared({ recipients }));
    const said = "您的另一证书：江苏数科CA，尾号77B2。有效期不到开标后15天，不算备用";
    expect(one(".recipients").textContent).toContain(said);
    expect(one(".finding-bad").textContent).toContain("无备用");
  });

  test("what is proved to be wrong is said before the PIN, and blocks", async () => {
    await open(null, prepared({ results: [{ rule: "encryption-certificate", outcome: "bad" }] }));
    await pick(bidFile("标书.pdf"));
    expect(text()).toContain("加密证书到开标时已不能使用，这份标书将无法解密。");
    await agree();
    expect(accepted()).toEqual([]);
    expect(one("#who-problem").textContent).toContain("请换一张证书");
  });

  test("is asked for the key that is chosen, and for another one anew", async () => {
    await open(null, prepared(), [keyNamed("a"), keyNamed("b")]);
    expect(text()).toContain("选定证书后，这里列出谁能打开这份标书。");
    for (const key of ["a", "b"]) {
      one(`input[name=certificate][value^=${key}]`).click();
      await pass();
    }
    const asked = sent.filter(({ verb }) => verb === "prepareBid").map(({ params }) => params);
    expect(asked).toEqual(["a", "b"].map((key) => ({ id: REQUEST, keyId: keyNamed(key).keyId })));
  });

  test("what cannot be found out now can be asked again", async () => {
    await open();
    stage.answers.prepareBid = () => {
      throw new Refusal(new OperationError("HOST_FAILED").toRecord());
    };
    render(null, root);
    render(<ApprovalWindow id={REQUEST} />, root);
    await pass(1000);
    expect(text()).toContain("互认通程序没有响应");
    await pick(bidFile("标书.pdf"));
    await agree();
    expect(accepted()).toEqual([]);
    stage.answers.prepareBid = ({ keyId }) => ({ hash: PREPARED_HASH, prepared: { ...prepared(), keyId } });
    one("section .actions button").click();
    await pass();
    expect(text()).toContain("您的证书：江苏数科CA");
  });
});

describe("the work", () => {
  test("files go to the workshop until it has taken them; the consent is for what was said of the key", async () => {
    await open();
    const file = bidFile("标书.pdf");
    await pick(file);
    const work = working();
    await agree();
    expect(accepted()).toMatchObject([{ hash: PREPARED_HASH, key: { keyId: keyNamed("a").keyId } }]);
    expect(JSON.stringify(sent)).not.toContain("标书.pdf");
    const [channel] = channels;
    expect(channel?.name).toBe(`bid-files:${REQUEST}`);
    await pass(1200);
    expect(channel?.said.length).toBeGreaterThan(2);
    expect(channel?.said[0]).toEqual({ v: 1, kind: "bid-files", id: REQUEST, files: [file] });
    const taken = { v: 1, kind: "bid-files-taken", id: REQUEST };
    channel?.dispatchEvent(new MessageEvent("message", { data: taken }));
    const said = channel?.said.length;
    await pass(2000);
    expect(channel?.said.length).toBe(said);
    expect(channel?.closed).toBe(true);
    work.done("p");
    await pass();
  });

  test("the page's own files need no channel", async () => {
    await open([{ name: "报价.xlsx", len: 2048 }]);
    working();
    await agree();
    expect(accepted()).toHaveLength(1);
    expect(channels).toEqual([]);
  });

  test("a wrong PIN comes back to the same window with the same files", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    const work = working();
    await agree();
    work.failed(new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null }));
    await pass();
    expect(one("#pin-problem").textContent).toContain("PIN码错误，还剩2次");
    expect(text()).toContain("标书.pdf");
    expect(channels[0]?.closed).toBe(true);
    await pass(1000);
    await agree();
    expect(channels).toHaveLength(2);
  });

  test("how far, how fast, how long still; then it can be saved, and stays", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    const work = working();
    await agree();
    for (const done of [0, 100, 200, 300, 400]) {
      announceProgress(REQUEST, done * 1024 ** 2, 1000 * 1024 ** 2);
      await pass(1000);
    }
    expect(one("h1").textContent).toBe("正在加密……");
    expect(document.activeElement).toBe(one("h1"));
    expect(text()).toContain("40%");
    expect(text()).toContain("每秒 100 MB");
    expect(text()).toContain("剩余 6秒");
    expect(root.querySelector(".countdown")).toBeNull();
    announceProgress(REQUEST, 800 * 1024 ** 2, 1000 * 1024 ** 2);
    await pass();
    expect(one("h1").textContent).toBe("正在试解密……");
    work.done("AAECAwQFBgcICQoLDA0ODw", [
      { rule: "revocation", outcome: "unreachable" },
      { rule: "clock", outcome: "unknown" },
      { rule: "second-recipient", outcome: "warning" },
    ]);
    await pass();
    expect(one("[role=alert] h2").textContent).toBe("加密完成，已试解密成功。");
    // What nobody answered in the meantime, and nothing that was said before.
    expect(one(".findings").textContent).toBe("暂时查不到证书吊销状态，已记录，可以继续。");
    expect(text()).toContain("保存到本地");
    await pass(60_000);
    expect(close).not.toHaveBeenCalled();
    one(".notice .actions button").click();
    await pass();
    // There is no such file system here: the window says what to do instead.
    expect(text()).toContain("请从网页上取回已上传的那一份");
  });

  test("progress of another request moves nothing", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    working();
    await agree();
    announceProgress("B".repeat(21) + "A", 1, 2);
    await pass();
    expect(root.querySelector("progress")).toBeNull();
  });

  test("is ended by one button; the window says that nothing was made", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    const work = working();
    await agree();
    announceProgress(REQUEST, 1, 2);
    await pass();
    one(".decision button").click();
    work.failed(new OperationError("CANCELLED"));
    await pass();
    expect(sent.at(-1)).toEqual({ verb: "decline", params: { id: REQUEST } });
    expect(text()).toContain("已取消加密，没有生成加密投标文件。");
    expect(HASH).not.toBe(PREPARED_HASH);
  });

  test("a failure in the middle says that nothing was encrypted, and why", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    const work = working();
    await agree();
    announceProgress(REQUEST, 1, 2);
    await pass();
    work.failed(new OperationError("CONTENT_UNREADABLE", { name: "标书.pdf" }));
    await pass();
    expect(one("[role=alert] h2").textContent).toBe("没有加密成功");
    expect(text()).toContain("无法读取文件“标书.pdf”");
  });

  test("a check that failed is said in its own words", async () => {
    await open();
    await pick(bidFile("标书.pdf"));
    const work = working();
    await agree();
    work.failed(new OperationError("BID_REFUSED", { rule: "trial-opening" }));
    await pass();
    expect(text()).toContain("试解密失败，这把CA锁打不开这份标书。");
  });
});
