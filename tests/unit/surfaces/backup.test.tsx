// @vitest-environment happy-dom
import { NOW, REQUEST, Refusal, clearStage, keyNamed, locks, sent, stage, viewWith } from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { OperationError } from "@certbridge/protocol/errors";
import type { ApprovalView } from "@certbridge/protocol/surface";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";

/** The backup key file in the windows: saved after `encrypt`, used in place of a key at `decrypt`. */

let root: HTMLElement;
const copied: string[] = [];
/** What the browser was told to download: its name. */
const saved: string[] = [];

beforeEach(() => {
  clearStage();
  copied.length = 0;
  saved.length = 0;
  vi.useFakeTimers({ now: NOW });
  vi.stubGlobal("close", () => undefined);
  vi.stubGlobal(
    "BroadcastChannel",
    class extends EventTarget {
      postMessage() {}
      close() {}
    },
  );
  Object.defineProperty(navigator, "clipboard", {
    configurable: true,
    value: { writeText: (text: string) => Promise.resolve(void copied.push(text)) },
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms = 50) => vi.advanceTimersByTimeAsync(ms);
const text = () => root.textContent ?? "";
const one = <T extends HTMLElement>(selector: string): T => {
  const found = root.querySelector<T>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${text()}`);
  return found;
};
const press = async (words: string) => {
  const button = Array.from(root.querySelectorAll("button")).find(({ textContent }) => textContent === words);
  if (button === undefined) throw new Error(`no button says ${words}: ${text()}`);
  button.click();
  await pass();
};

const lot = {
  platformName: "江南公共资源交易平台（演示）",
  projectCode: "JN-2026-118",
  projectName: "滨江路改造工程",
  lot: "1标段",
  openingTime: "2026-11-23T01:30:00Z",
};
const PASSPHRASE = "0123-4567-89AB-CDEF-GHJK";
const PACKAGE = "AAECAwQFBgcICQoLDA0ODw";

async function open(view: ApprovalView) {
  stage.answers.approval = () => view;
  render(<ApprovalWindow id={REQUEST} />, root);
  await pass(1000);
}

describe("after encrypting", () => {
  async function encrypted(hasBackup = true) {
    stage.answers.prepareBid = ({ keyId }) => ({
      hash: "1e".repeat(32),
      prepared: { keyId, recipients: [{ role: "own", authority: "江苏数科CA", serialTail: "3F2A" }], results: [] },
    });
    stage.answers.accept = () => ({ operation: "encrypt", packageId: PACKAGE, hasBackup });
    stage.answers.backupKey = () => ({ file: "AQID", passphrase: PASSPHRASE });
    const asked = { platformId: "demo-a", origins: ["https://bid-a.demo.test"], sequence: 1, ...lot };
    await open(viewWith({ asked: { operation: "encrypt", lot: asked, files: [{ name: "a.pdf", len: 1 }] } }));
    one<HTMLInputElement>("#pin").value = "246810";
    one("button[type=submit]").click();
    await pass();
  }

  test("it is offered, nothing is asked for before; then saved, and its code is shown in five groups, until it is noted", async () => {
    await encrypted();
    expect(text()).toContain("加密完成，已试解密成功。");
    expect(locks).toEqual([`approval:${REQUEST}`]);
    expect(sent.filter(({ verb }) => verb === "backupKey")).toEqual([]);
    await press("另存备用密钥文件");
    expect(sent.slice(-2)).toEqual([
      { verb: "backupKey", params: { id: REQUEST } },
      { verb: "noteBackup", params: { packageId: PACKAGE } },
    ]);
    expect(saved).toEqual([`${PACKAGE}.cbkey`]);
    const groups = Array.from(root.querySelectorAll("#passphrase span"), ({ textContent }) => textContent);
    expect(groups).toEqual(PASSPHRASE.split("-"));
    expect(text()).toContain("两样都在谁手里，谁就能打开这份标书，开标前也一样");
    await press("复制");
    expect(copied).toEqual([PASSPHRASE]);
    await press("再存一次文件");
    expect(saved).toHaveLength(2);
    await press("我已抄写");
    expect(root.innerHTML).not.toContain("GHJK");
    expect(text()).toContain(`${PACKAGE}.cbkey`);
    expect(root.querySelector("#backup-save")).toBeNull();
  });

  test("where the key is gone it says so, and what to do; another failure can be tried again", async () => {
    await encrypted();
    stage.answers.backupKey = () => {
      throw new Refusal(new OperationError("INTERRUPTED").toRecord());
    };
    await press("另存备用密钥文件");
    expect(text()).toContain("没有生成备用密钥文件，请重试。");
    stage.answers.backupKey = () => {
      throw new Refusal(new OperationError("CONSENT_EXPIRED").toRecord());
    };
    await press("另存备用密钥文件");
    expect(text()).toContain("需要备用，请重新加密并上传");
    expect(root.querySelector("#backup-save")).toBeNull();
    expect(saved).toEqual([]);
  });

  test("where none can be had, none is offered", async () => {
    await encrypted(false);
    expect(text()).toContain("加密完成，已试解密成功。");
    expect(text()).not.toContain("备用密钥文件");
  });
});

describe("at the opening", () => {
  const asked = (change: object = {}) => ({
    operation: "decrypt" as const,
    lot,
    stampedAt: "2026-11-23T01:30:40Z",
    clockBehind: false,
    needed: [{ authority: "江苏数科CA", serialTail: "3F2A", notAfter: "2027-06-30T04:00:00Z" }],
    ...change,
  });

  async function pick(file: File) {
    const field = one("#backup-file");
    Object.defineProperty(field, "files", { value: [file], configurable: true });
    field.dispatchEvent(new Event("change"));
    await pass();
  }

  async function submit(typed?: string) {
    if (typed !== undefined) one<HTMLInputElement>("#backup-passphrase").value = typed;
    // The buttons are armed anew where what is asked has changed.
    await pass(1000);
    one("button[type=submit]").click();
    await pass();
  }

  const accepted = () => sent.filter(({ verb }) => verb === "accept").map(({ params }) => params);
  const file = new File([Uint8Array.of(1, 2, 3)], "AAEC.cbkey");

  test.each([
    ["no key is there", []],
    ["another key is there", [{ ...keyNamed("b", { serialTail: "91C0" }), opens: false }]],
    ["the key itself is there", [keyNamed("a")]],
  ])("can be chosen where %s: file and code, no certificate, no PIN", async (_where, keys) => {
    await open(viewWith({ asked: asked(), keys }));
    stage.answers.accept = () => ({ operation: "decrypt", releasedAt: "2026-11-23T01:31:07Z" });
    await press("使用备用密钥文件");
    expect(root.querySelector("#pin")).toBeNull();
    expect(root.querySelector("input[name=certificate]")).toBeNull();
    expect(text()).toContain("不交出证书和签名");
    await submit();
    expect(one("#backup-file-problem").textContent).toBe("请先选择备用密钥文件。");
    expect(document.activeElement).toBe(one("#backup-file"));
    await pick(file);
    expect(text()).toContain("AAEC.cbkey");
    await submit("0123-4567");
    expect(one("#passphrase-problem").textContent).toContain("20位");
    expect(accepted()).toEqual([]);
    await submit("0123 4567 89ab cdef ghjk");
    expect(accepted()).toEqual([
      {
        id: REQUEST,
        hash: "0f".repeat(32),
        key: null,
        backup: { file: "AQID", passphrase: "0123 4567 89ab cdef ghjk" },
      },
    ]);
    expect(text()).toContain("已解密");
  });

  test("a wrong code leaves file and code to be put right; after several it has to wait", async () => {
    await open(viewWith({ asked: asked() }));
    await press("使用备用密钥文件");
    await pick(file);
    const refuse = (retryAt: string | null) => () => {
      throw new Refusal(new OperationError("BACKUP_KEY_REFUSED", { fault: "not-opened", retryAt }).toRecord());
    };
    stage.answers.accept = refuse(null);
    await submit(PASSPHRASE);
    expect(one("#passphrase-problem").textContent).toContain("开启码不对，或备用密钥文件已损坏");
    expect(one<HTMLInputElement>("#backup-passphrase").value).toBe(PASSPHRASE);
    expect(document.activeElement).toBe(one("#backup-passphrase"));
    stage.answers.accept = refuse(new Date(Date.now() + 15_000).toISOString());
    await submit();
    expect(one("#passphrase-problem").textContent).toContain("之后再试");
    await submit();
    expect(accepted()).toHaveLength(2);
    await pass(15_000);
    await submit();
    expect(accepted()).toHaveLength(3);
  });

  test("what is no backup key file is not even sent", async () => {
    await open(viewWith({ asked: asked() }));
    await press("使用备用密钥文件");
    await pick(new File([new Uint8Array(8 * 1024 + 1)], "标书.cbid"));
    await submit(PASSPHRASE);
    expect(one("#passphrase-problem").textContent).toContain("备用密钥文件已损坏");
    expect(accepted()).toEqual([]);
  });

  test("the file of another bid is said to be that", async () => {
    await open(viewWith({ asked: asked() }));
    await press("使用备用密钥文件");
    await pick(file);
    stage.answers.accept = () => {
      throw new Refusal(new OperationError("BACKUP_KEY_REFUSED", { fault: "another-bid", retryAt: null }).toRecord());
    };
    await submit(PASSPHRASE);
    expect(one("#passphrase-problem").textContent).toContain("另一个标段");
  });

  test("one goes back to the key, and what was picked is let go of", async () => {
    await open(viewWith({ asked: asked() }));
    await press("使用备用密钥文件");
    await pick(file);
    await press("改用CA锁");
    expect(one("#pin")).toBeDefined();
    await press("使用备用密钥文件");
    expect(text()).not.toContain("AAEC.cbkey");
  });

  test("two clocks that differ are decided on as with a key", async () => {
    await open(viewWith({ asked: asked({ clockBehind: true }) }));
    await press("使用备用密钥文件");
    await pick(file);
    await submit(PASSPHRASE);
    expect(accepted()).toEqual([]);
    one("#clock-accepted").click();
    await submit(PASSPHRASE);
    expect(accepted()).toMatchObject([{ backup: { clockAccepted: true } }]);
  });

  test("no other verb offers it", async () => {
    await open(viewWith({ keys: [] }));
    expect(text()).not.toContain("备用密钥文件");
  });
});
