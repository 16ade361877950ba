// @vitest-environment happy-dom
import {
  NOW,
  READY,
  REQUEST,
  Refusal,
  announceProgress,
  clearStage,
  identity,
  keyNamed,
  locks,
  sent,
  stage,
  viewWith,
} from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import type { OwnPackage } from "@certbridge/protocol/surface";
import { gm } from "../../support/authority.ts";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";
import { OwnPage } from "../../../extension/surfaces/own/own.tsx";

/** The windows in which a bidder opens their own bid: a site's request, and the page without a site. */

let root: HTMLElement;
const close = vi.fn<() => void>();
const SIGNATURE = "A".repeat(43);

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

const own = (change: Partial<OwnPackage> = {}): OwnPackage => ({
  packageId: REQUEST,
  header: "eyJ9",
  keyBlock: "MIIB",
  signatureSm3: SIGNATURE,
  len: 4_200_000,
  lot: {
    platformName: "江南公共资源交易平台（演示）",
    projectCode: "JN-2026-118",
    projectName: "滨江路改造工程",
    lot: "1标段",
    openingTime: "2026-11-23T01:30:00Z",
  },
  isForeign: false,
  needed: [{ authority: "江苏数科CA", serialTail: "3F2A", notAfter: "2028-01-01T00:00:00Z" }],
  recipientTails: ["E0E0"],
  ...change,
});

const FILES = [
  { name: "报价.xlsx", size: 6000 },
  { name: "技术标.pdf", size: 3_145_728 },
];

const text = () => root.textContent ?? "";
const pass = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const one = <E extends HTMLElement = HTMLElement>(selector: string): E => {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${text()}`);
  return found;
};
const paramsOf = (verb: string) => sent.filter((each) => each.verb === verb).map(({ params }) => params);
const refuse = (code: ErrorCode, details: object | null = null) => {
  throw new Refusal(OperationError.fromRecord({ code, details }).toRecord());
};

function give(selector: string, file: File): void {
  const field = one<HTMLInputElement>(selector);
  Object.defineProperty(field, "files", { configurable: true, value: [file] });
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

describe("a site asks", () => {
  async function open(change: Partial<OwnPackage> = {}, keys = [{ ...keyNamed("a"), opens: true }]): Promise<void> {
    stage.answers.approval = () => viewWith({ asked: { operation: "decryptPackage", ...own(change) }, keys });
    stage.answers.accept = () => ({ operation: "decryptPackage", files: 2 });
    stage.answers.openedFiles = () => ({ files: FILES });
    render(<ApprovalWindow id={REQUEST} />, root);
    await pass(1000);
  }

  async function agree(): Promise<void> {
    one<HTMLInputElement>("#pin").value = "246810";
    one("button[type=submit]").click();
    await pass();
  }

  test("which bid, and what the site gets; then the files, to be saved one by one", async () => {
    await open();
    for (const fact of ["滨江路改造工程", "JN-2026-118", "1标段", "开标时间已到", "尾号E0E0", "没有文件名，没有内容"]) {
      expect(text()).toContain(fact);
    }
    expect(root.querySelector("#early")).toBeNull();
    expect(root.querySelector("#foreign-package")).toBeNull();
    await agree();
    // What was opened goes with the window.
    expect(locks).toEqual([`approval:${REQUEST}`]);
    expect(text()).toContain("已解密，文件完整");
    expect([...root.querySelectorAll("#opened-files .item-name")].map(({ textContent }) => textContent)).toEqual([
      "报价.xlsx",
      "技术标.pdf",
    ]);
    expect(one("#opened-files button").getAttribute("aria-label")).toBe("保存 报价.xlsx");
    // A key that is pressed by habit does not close it.
    expect(document.activeElement?.textContent).toContain("请在本窗口中保存");
    await pass(60_000);
    expect(close).not.toHaveBeenCalled();
  });

  test("before the opening it says so; of another platform, too", async () => {
    await open({ isForeign: true, lot: { ...own().lot, openingTime: "2026-11-24T01:30:00Z" } });
    expect(one("#early").textContent).toContain("还没有到开标时间");
    expect(one("#early").textContent).toContain("明文");
    expect(one("#foreign-package").textContent).toContain("不是当前网站");
  });

  test("the wrong key is named, and the one that is needed", async () => {
    await open({}, [{ ...keyNamed("b"), serialTail: "91C0", opens: false }]);
    expect(text()).toContain("插错锁");
    expect(one("#use-backup").textContent).toBe("使用备用密钥文件");
  });

  test("the wrong key is there, and the right one's driver fails: it is told, and looked at again when asked", async () => {
    stage.answers.diagnose = () => ({ findings: [{ cause: "driver-hung", verdict: "bad" }] });
    await open({}, [{ ...keyNamed("b"), serialTail: "91C0", opens: false }]);
    expect(one(".findings h2").textContent).toBe("CA锁检测结果");
    expect(one(".findings li").textContent).toContain("驱动没有响应");
    stage.answers.diagnose = () => ({ findings: [] });
    one(".notice-danger button").click();
    await pass();
    expect(root.querySelector(".findings")).toBeNull();
  });

  test("no key: which one to insert", async () => {
    await open({}, []);
    expect(text()).toContain("3F2A");
  });

  test("while it works it says how far, and can be ended: nothing is left", async () => {
    await open();
    stage.answers.accept = () => new Promise(() => undefined);
    await agree();
    announceProgress(REQUEST, 1_050_000, 4_200_000);
    await pass();
    expect(one("h1").textContent).toBe("正在解密……");
    expect(one("progress").getAttribute("value")).toBe("0.25");
    one(".decision button").click();
    await pass();
    expect(paramsOf("decline")).toEqual([{ id: REQUEST }]);
    expect(text()).toContain("没有留下明文");
  });

  test("what failed is told to the person, who closes the window", async () => {
    await open();
    stage.answers.accept = () => refuse("BID_NOT_OPENED");
    await agree();
    expect(one("[role=alert] h2").textContent).toBe("没有打开");
  });
});

describe("the page without a site", () => {
  async function openPage(keys = [{ ...keyNamed("a"), opens: true }]): Promise<void> {
    stage.answers.ownPackage = () => ({ own: own({ isForeign: null }), host: READY, keys });
    stage.answers.openOwnPackage = () => ({ files: 2 });
    stage.answers.openedFiles = () => ({ files: FILES });
    render(<OwnPage />, root);
    await pass();
  }

  const pick = async () => {
    give("#own-package", new File(["标书"], "我的.cbid"));
    await pass();
  };

  test("picked, opened by its key, saved; the PIN is sealed for this one opening", async () => {
    await openPage();
    await pick();
    expect(text()).toContain("滨江路改造工程");
    one("button[type=submit]").click();
    await pass();
    expect(text()).toContain("请输入PIN码");
    one<HTMLInputElement>("#pin").value = "246810";
    one("button[type=submit]").click();
    await pass();
    const [asked] = paramsOf("openOwnPackage") as { id: string; signatureSm3: string; by: { sealedPin: string } }[];
    if (asked === undefined) throw new Error("nothing was asked");
    expect(asked.signatureSm3).toBe(SIGNATURE);
    expect(paramsOf("ownPackage")).toEqual([{ id: asked.id }]);
    const plaintext = gm.sm2Decrypt(identity.privateKey, decodeBase64Url(asked.by.sealedPin));
    const pin = plaintext === null ? null : readSealedPin(asked.id, plaintext);
    expect(new TextDecoder().decode(pin ?? undefined)).toBe("246810");
    expect(locks).toEqual([`approval:${asked.id}`]);
    expect(paramsOf("openedFiles")).toEqual([{ id: asked.id }]);
    expect(root.querySelectorAll("#opened-files li")).toHaveLength(2);
  });

  test("a wrong PIN is typed again, under the same opening; what is damaged is picked anew, under another", async () => {
    await openPage();
    await pick();
    stage.answers.openOwnPackage = () => refuse("PIN_INCORRECT", { triesLeft: 2, retryAt: null });
    one<HTMLInputElement>("#pin").value = "000000";
    one("button[type=submit]").click();
    await pass();
    expect(text()).toContain("PIN码错误，还剩2次");
    expect(one<HTMLInputElement>("#pin").value).toBe("");
    stage.answers.openOwnPackage = () => refuse("BID_NOT_OPENED");
    one<HTMLInputElement>("#pin").value = "246810";
    one("button[type=submit]").click();
    await pass();
    expect(one("[role=alert] h2").textContent).toBe("没有打开");
    stage.answers.ownPackage = () => refuse("MALFORMED", { what: "bid package" });
    await pick();
    expect(one("[role=alert] h2").textContent).toBe("没有打开");
    const ids = (paramsOf("openOwnPackage") as { id: string }[]).map(({ id }) => id);
    expect(ids[0]).toBe(ids[1]);
    expect((paramsOf("ownPackage").at(-1) as { id: string }).id).not.toBe(ids[0]);
    expect(paramsOf("leaveOwnPackage")).toContainEqual({ id: ids[0] });
  });

  test("a backup key file in place of the key: what was typed stays until it is right", async () => {
    await openPage([]);
    await pick();
    expect(text()).toContain("3F2A");
    one("#use-backup").click();
    await pass();
    one("button[type=submit]").click();
    await pass();
    expect(one("#backup-file-problem").textContent).toContain("请先选择备用密钥文件");
    give("#backup-file", new File(["{}"], "a.cbkey"));
    one<HTMLInputElement>("#backup-passphrase").value = "0123 4567 89ab cdef ghjk";
    stage.answers.openOwnPackage = () => refuse("BACKUP_KEY_REFUSED", { fault: "not-opened", retryAt: null });
    one("button[type=submit]").click();
    await pass();
    expect(one("#passphrase-problem").textContent).toContain("开启码不对");
    expect(one<HTMLInputElement>("#backup-passphrase").value).toBe("0123 4567 89ab cdef ghjk");
    stage.answers.openOwnPackage = () => ({ files: 2 });
    one("button[type=submit]").click();
    await pass();
    expect(paramsOf("openOwnPackage").at(-1)).toMatchObject({
      by: { file: "e30", passphrase: "0123 4567 89ab cdef ghjk" },
    });
    expect(text()).toContain("已解密，文件完整");
  });

  test("no key, or the wrong one: what was found about drivers and keys stands with it", async () => {
    stage.answers.diagnose = () => ({ findings: [{ cause: "driver-hung", verdict: "bad" }] });
    await openPage([]);
    await pick();
    expect(one(".notice .findings li").textContent).toContain("驱动没有响应");
    one("#use-backup").click();
    await pass();
    expect(root.querySelector(".findings")).toBeNull();
    render(null, root);
    await openPage([{ ...keyNamed("b"), serialTail: "91C0", opens: false }]);
    await pick();
    expect(text()).toContain("插错锁");
    expect(one(".findings li").textContent).toContain("驱动没有响应");
  });

  test("while it is read it can be left for another file", async () => {
    await openPage();
    stage.answers.ownPackage = () => new Promise(() => undefined);
    await pick();
    expect(text()).toContain("正在核对文件是否完整");
    expect(root.querySelectorAll("h1")).toHaveLength(1);
    expect(document.activeElement).toBe(one("main h2"));
    const { id } = paramsOf("ownPackage")[0] as { id: string };
    one(".decision button").click();
    await pass();
    expect(paramsOf("leaveOwnPackage")).toContainEqual({ id });
    one("#own-package");
  });
});
