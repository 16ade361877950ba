// @vitest-environment happy-dom
import {
  HASH,
  REQUEST,
  NOW,
  Refusal,
  announce,
  announceKeys,
  clearStage,
  keyNamed,
  sent,
  stage,
  viewWith,
} from "./stage.ts";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ApprovalView } from "@certbridge/protocol/surface";
import { ApprovalWindow, requestIdOf } from "../../../extension/surfaces/approval/approval.tsx";

const PIN = "246810";

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

/** Lets promises and effects that are under way come to rest, then some time pass. */
async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(50);
  if (ms > 0) await vi.advanceTimersByTimeAsync(ms);
}

async function open(view: ApprovalView): Promise<void> {
  stage.answers.approval = () => view;
  render(<ApprovalWindow id={REQUEST} />, root);
  await pass();
}

function one(selector: string): HTMLElement {
  const found = root.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`${selector} is not on the screen: ${root.textContent}`);
  return found;
}

function input(selector: string): HTMLInputElement {
  const found = one(selector);
  if (!(found instanceof HTMLInputElement)) throw new Error(`${selector} is no field`);
  return found;
}

const sealedKey = { keyId: keyNamed("a").keyId, sealedPin: expect.any(String) as string, credentialId: null };

const verbs = () => sent.map(({ verb }) => verb).filter((verb) => verb !== "approval");
const confirmButton = () => one("button[type=submit]");
const armed = () => confirmButton().getAttribute("aria-disabled") !== "true";
const chosenKeys = () => root.querySelectorAll("input[name=certificate]:checked").length;

async function agree(pin: string | null = PIN): Promise<void> {
  if (pin !== null) input("#pin").value = pin;
  confirmButton().click();
  await pass();
}

describe("who asks", () => {
  test("name and whole origin, the host emphasised", async () => {
    await open(viewWith());
    expect(one(".asker").textContent).toContain("江南公共资源交易平台（演示）");
    expect(one(".origin").textContent).toBe("https://bid-a.demo.test");
    expect(one(".origin strong").textContent).toBe("bid-a.demo.test");
  });

  test("a site that a person added is said to be one, and its port is shown", async () => {
    await open(viewWith({ platform: { origin: "https://t.example.com:8443", name: null } }));
    expect(one(".asker").textContent).toContain("您自行添加的网站");
    expect(one(".origin").textContent).toBe("https://t.example.com:8443");
    expect(one(".origin strong").textContent).toBe("t.example.com");
  });
});

describe("the choice of certificate", () => {
  test("the only one that fits is preselected, and the PIN field has the focus", async () => {
    await open(viewWith());
    expect(chosenKeys()).toBe(1);
    expect(document.activeElement).toBe(one("#pin"));
  });

  test("of two that fit none is preselected, and nothing is sent until one is chosen", async () => {
    await open(viewWith({ keys: [keyNamed("a"), keyNamed("b", { serialTail: "91C0" })] }));
    expect(chosenKeys()).toBe(0);
    await pass(900);
    confirmButton().click();
    await pass();
    expect(verbs()).toEqual([]);
    expect(one("#certificates-problem").textContent).toBe("请先选择一张证书。");
    expect(document.activeElement?.getAttribute("name")).toBe("certificate");

    input("input[name=certificate][value^=b]").click();
    await pass();
    await agree();
    expect(sent.at(-1)).toEqual({
      verb: "accept",
      params: { id: REQUEST, hash: HASH, key: { ...sealedKey, keyId: keyNamed("b").keyId } },
    });
  });

  test("a second key that arrives takes the preselection back", async () => {
    await open(viewWith());
    stage.answers.approval = () => viewWith({ keys: [keyNamed("a"), keyNamed("b")] });
    announce(null);
    await pass();
    expect(chosenKeys()).toBe(0);
  });

  test("what cannot be used is shown with its reason and cannot be chosen; the one beside it is preselected", async () => {
    await open(
      viewWith({
        keys: [
          keyNamed("a", { state: "expired", notAfter: "2026-11-11T00:00:00Z" }),
          keyNamed("b", { state: "no-signing-use" }),
          keyNamed("c", { pin: { triesLeft: 0, retryAt: null } }),
          keyNamed("d", { state: "not-yet-valid", notBefore: "2027-01-01T12:00:00Z" }),
          keyNamed("e"),
        ],
      }),
    );
    expect(root.querySelectorAll("input[name=certificate]:disabled")).toHaveLength(4);
    const reasons = Array.from(root.querySelectorAll(".key-obstacle"), ({ textContent }) => textContent);
    expect(reasons).toEqual([
      "已于 2026年11月11日 过期，不能使用",
      "不是签名证书，不能用于此操作",
      "PIN码已锁死，须联系CA解锁",
      "尚未生效，2027年1月1日 起可用",
    ]);
    expect(input("input[name=certificate]:checked").value).toBe(keyNamed("e").keyId);
  });

  test("each card names holder, CA, last four of the serial, expiry and carrier, and is honest about software", async () => {
    await open(viewWith({ keys: [keyNamed("a", { carrier: "software" })] }));
    const card = one(".card").textContent;
    for (const fact of [
      "江南建设工程有限公司",
      "江苏数科CA",
      "尾号3F2A",
      "2028年1月1日",
      "软件证书",
      "安全程度低于CA锁",
    ]) {
      expect(card).toContain(fact);
    }
  });
});

describe("buttons are armed late", () => {
  test("nothing happens before 800 ms, neither by click nor by Enter", async () => {
    await open(viewWith());
    input("#pin").value = PIN;
    await vi.advanceTimersByTimeAsync(700);
    expect(armed()).toBe(false);
    confirmButton().click();
    one("form").dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
    one(".decision button[type=button]").click();
    await vi.advanceTimersByTimeAsync(10);
    expect(verbs()).toEqual([]);
    await vi.advanceTimersByTimeAsync(100);
    expect(armed()).toBe(true);
    await agree();
    expect(verbs()).toEqual(["accept"]);
  });

  test("armed anew when the window comes to the front", async () => {
    await open(viewWith());
    await pass(900);
    expect(armed()).toBe(true);
    window.dispatchEvent(new Event("focus"));
    await pass();
    expect(armed()).toBe(false);
    await pass(800);
    expect(armed()).toBe(true);
  });

  test("armed anew when what is asked changes under the person", async () => {
    await open(viewWith());
    await pass(900);
    expect(armed()).toBe(true);
    stage.answers.approval = () => viewWith({ platform: { origin: "https://bid-b.demo.test", name: "岭北" } });
    announce(null);
    await vi.advanceTimersByTimeAsync(20);
    expect(armed()).toBe(false);
    await pass(800);
    expect(armed()).toBe(true);
  });
});

describe("the answer", () => {
  test("Escape declines, at once", async () => {
    await open(viewWith());
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    await pass();
    expect(sent.at(-1)).toEqual({ verb: "decline", params: { id: REQUEST } });
    expect(root.textContent).toContain("已拒绝");
  });

  test("a wrong PIN is said with the tries left; the field is empty and has the focus", async () => {
    await open(viewWith());
    stage.answers.accept = () => {
      throw new Refusal({
        code: "PIN_INCORRECT",
        details: { triesLeft: 2, retryAt: null },
        message: "",
        retriable: true,
      });
    };
    await pass(900);
    await agree();
    expect(one("#pin-problem").textContent).toBe("PIN码错误，还剩2次。次数用完CA锁会锁死，须找CA解锁。");
    const pin = input("#pin");
    expect([pin.value, document.activeElement === pin, pin.getAttribute("aria-invalid")]).toEqual(["", true, "true"]);
    expect(pin.getAttribute("aria-describedby")).toContain("pin-problem");
    expect(document.body.innerHTML).not.toContain(PIN);
  });

  test("a software certificate is not threatened with a lock", async () => {
    await open(viewWith({ keys: [keyNamed("a", { carrier: "software" })] }));
    stage.answers.accept = () => {
      throw new Refusal({
        code: "PIN_INCORRECT",
        details: { triesLeft: 1, retryAt: null },
        message: "",
        retriable: true,
      });
    };
    await pass(900);
    await agree();
    expect(one("#pin-problem").textContent).toBe("PIN码错误，还剩1次。次数用完后须等候一段时间才能再试。");
  });

  test("while the PIN has to wait nothing is sent", async () => {
    const retryAt = new Date(NOW + 65_000).toISOString();
    await open(viewWith({ keys: [keyNamed("a", { pin: { triesLeft: 0, retryAt } })] }));
    expect(one("#pin-hint").textContent).toMatch(/^请在 \d\d:\d\d:\d\d 之后再试（剩余 1分5秒）。$/);
    await pass(900);
    await agree();
    expect(verbs()).toEqual([]);
  });

  test("an empty PIN is asked for", async () => {
    await open(viewWith());
    await pass(900);
    await agree("");
    expect(one("#pin-problem").textContent).toBe("请输入PIN码。");
    expect(verbs()).toEqual([]);
  });

  test("two clicks ask once, and slow work is spoken of after a second", async () => {
    await open(viewWith());
    stage.answers.accept = () => new Promise<undefined>(() => undefined);
    await pass(900);
    await agree();
    confirmButton().click();
    await pass();
    expect(verbs()).toEqual(["accept"]);
    expect(one(".working").textContent).toBe("");
    await pass(1000);
    expect(one(".working").textContent).toContain("正在处理");
  });

  test("done closes the window", async () => {
    const close = vi.spyOn(window, "close").mockImplementation(() => undefined);
    await open(viewWith());
    await pass(900);
    await agree();
    expect(root.textContent).toContain("已完成");
    await pass(700);
    expect(close).toHaveBeenCalledOnce();
    close.mockRestore();
  });

  test("a request that the page took back is over", async () => {
    await open(viewWith());
    announce(REQUEST);
    await pass();
    expect(root.textContent).toContain("这个请求已结束");
    expect(root.querySelector("form")).toBeNull();
  });

  test("time runs out in sight: seen, spoken, and then over", async () => {
    await open(viewWith({ expiresAt: NOW + 62_000 }));
    expect(one(".countdown").textContent).toContain("剩余 1分2秒");
    await pass(2000);
    expect(one(".bar [role=status]").textContent).toContain("1分0秒");
    await pass(60_000);
    expect(root.textContent).toContain("等待确认的时间已过");
  });
});

describe("what is in the way", () => {
  test.each([
    ["missing", { state: "missing" }, "未检测到互认通程序。安装后会自动回到本页继续。", "下载安装"],
    ["forbidden", { state: "forbidden" }, "浏览器不允许启动互认通程序", "查看修复方法"],
    ["failed", { state: "failed" }, "互认通程序没有响应", "查看修复方法"],
    ["sandboxed", { state: "sandboxed", version: "0.1.0" }, "由Snap或Flatpak安装，在沙箱中运行", "查看修复方法"],
    ["outdated", { state: "outdated", found: "0.0.9", needed: "0.1.0" }, "当前 0.0.9，需要 0.1.0", "升级"],
  ] as const)("the host is %s: told apart, in place, with its button", async (_, host, words, button) => {
    await open(viewWith({ host, keys: [] }));
    expect(root.textContent).toContain(words);
    expect(one("button.primary").textContent).toBe(button);
  });

  test("when the program has come, the window goes on by itself", async () => {
    await open(viewWith({ host: { state: "missing" }, keys: [] }));
    stage.answers.approval = () => viewWith();
    await pass(2000);
    expect(confirmButton().textContent).toBe("确认登录");
  });

  test("no certificate, and PINs paused", async () => {
    await open(viewWith({ keys: [] }));
    expect(root.textContent).toContain("请先导入证书");
    stage.answers.approval = () => viewWith({ pinPaused: true });
    announce(null);
    await pass();
    expect(root.textContent).toContain("已暂停为此网站输入PIN码");
  });
});

test("the request's id comes from the window's address", () => {
  expect(requestIdOf(`chrome-extension://x/approval.html?id=${REQUEST}`)).toBe(REQUEST);
  expect(requestIdOf(`chrome-extension://x/approval.html#id=${REQUEST}`)).toBe(REQUEST);
  expect(requestIdOf(`chrome-extension://x/approval.html#${REQUEST}`)).toBe(REQUEST);
});

describe("CA锁", () => {
  const locked = { code: "PIN_LOCKED", details: { retryAt: null }, message: "", retriable: false } as const;
  const lastTry = keyNamed("a", { pin: { triesLeft: 1, retryAt: null } });

  test("the last try is taken only once the person has said so", async () => {
    await open(viewWith({ keys: [lastTry] }));
    await pass(900);
    await agree();
    expect(verbs()).toEqual([]);
    expect(one("#last-try-problem").textContent).toBe("请先勾选上面的确认。");
    expect(document.activeElement).toBe(one("#last-try"));
    // What was typed stands: nothing was wrong with it.
    expect(input("#pin").value).toBe(PIN);
    one("#last-try").click();
    await agree();
    expect(sent.at(-1)?.params).toMatchObject({ key: { mayUseLastTry: true } });
  });

  test("where more tries are left, and of a software certificate, nothing is asked", async () => {
    await open(viewWith({ keys: [keyNamed("a", { carrier: "software", pin: { triesLeft: 1, retryAt: null } })] }));
    expect(root.querySelector("#last-try")).toBeNull();
    await pass(900);
    await agree();
    expect(sent.at(-1)?.params).toMatchObject({ key: { keyId: lastTry.keyId } });
    expect(JSON.stringify(sent.at(-1))).not.toContain("mayUseLastTry");
  });

  test("neither what was typed nor what was said of the last try goes over to another key", async () => {
    await open(viewWith({ keys: [lastTry, keyNamed("b", { pin: { triesLeft: 1, retryAt: null } })] }));
    input("input[name=certificate][value^=a]").click();
    await pass();
    input("#pin").value = PIN;
    one("#last-try").click();
    input("input[name=certificate][value^=b]").click();
    await pass();
    expect(input("#pin").value).toBe("");
    expect(input("#last-try").checked).toBe(false);
  });

  test("where the program says that it is the last try, it is asked, whatever the list says", async () => {
    await open(viewWith());
    stage.answers.accept = () => {
      throw new Refusal({ code: "PIN_LAST_TRY", details: null, message: "", retriable: true });
    };
    await pass(900);
    await agree();
    expect(one("#pin-problem").textContent).toContain("只剩最后一次");
    expect(one("#last-try")).toBeDefined();
  });

  test("one that is locked says whom to call, and no other takes its place", async () => {
    const keys = (isLocked: boolean) => [
      keyNamed("a", { authorityPhone: "025-1234", pin: { triesLeft: isLocked ? 0 : 2, retryAt: null } }),
      keyNamed("b"),
    ];
    await open(viewWith({ keys: keys(false) }));
    input("input[name=certificate][value^=a]").click();
    stage.answers.accept = () => {
      stage.answers.approval = () => viewWith({ keys: keys(true) });
      throw new Refusal(locked);
    };
    await pass(900);
    await agree();
    expect(one("#pin-problem").textContent).toContain("025-1234");
    expect(one(".key-obstacle").textContent).toContain("025-1234");
    expect(chosenKeys()).toBe(0);
  });

  test("one that another browser has says which, for whom and since when; who waits is told", async () => {
    const usedBy = { by: "Edge · 南京公共资源", since: new Date(NOW).toISOString() };
    await open(viewWith({ keys: [keyNamed("a", { usedBy })] }));
    expect(one(".card").textContent).toContain("正被Edge · 南京公共资源使用");
    stage.answers.accept = () => new Promise<undefined>(() => undefined);
    await pass(900);
    await agree();
    await pass(1000);
    expect(one(".working").textContent).toContain("正在等候CA锁：它正被Edge · 南京公共资源使用");
  });

  test("one that is pulled, or plugged in, comes and goes by itself", async () => {
    await open(viewWith());
    expect(root.querySelectorAll(".card")).toHaveLength(1);
    await pass(300);
    stage.answers.approval = () => viewWith({ keys: [] });
    announceKeys("second");
    await pass(300);
    expect(root.querySelectorAll(".card")).toHaveLength(0);
    stage.answers.approval = () => viewWith();
    announceKeys("third");
    await pass(300);
    expect(root.querySelectorAll(".card")).toHaveLength(1);
  });
});
