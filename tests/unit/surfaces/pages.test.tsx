// @vitest-environment happy-dom
import { NOW, READY, REQUEST, announce, clearStage, keyNamed, permissionRequests, sent, stage } from "./stage.ts";
import { render, type ComponentChild } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PopupView } from "@certbridge/protocol/surface";
import { OptionsPage } from "../../../extension/surfaces/options/options.tsx";
import { PopupWindow } from "../../../extension/surfaces/popup/popup.tsx";
import { readOrigin } from "../../../extension/surfaces/state/options.ts";
import { WelcomePage } from "../../../extension/surfaces/welcome/welcome.tsx";

const A = { origin: "https://bid-a.demo.test", name: "江南公共资源交易平台（演示）" };
const WAITING = { id: REQUEST, platform: A, operation: "login", tabId: 3 };

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

async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(50 + ms);
}

async function show(surface: ComponentChild): Promise<void> {
  render(surface, root);
  await pass();
}

async function press(words: string): Promise<void> {
  const found = Array.from(root.querySelectorAll("button")).find(({ textContent }) => textContent === words);
  if (!found) throw new Error(`no button ${words}: ${root.textContent}`);
  found.click();
  await pass();
}

const text = () => root.textContent ?? "";
const asked = (verb: string) => sent.filter((each) => each.verb === verb).map(({ params }) => params);

describe("popup", () => {
  const view: PopupView = {
    site: { state: "participating", platform: A },
    host: READY,
    keys: [],
    waiting: [],
    pinPaused: false,
  };
  const popup = async (change: Partial<PopupView>) => {
    stage.answers.popup = () => ({ ...view, ...change });
    await show(<PopupWindow />);
  };

  test("the bid that is opened next leads to it, and first aid is one click away", async () => {
    await popup({ next: { packageId: "AAECAwQFBgcICQoLDA0ODw", openingTime: "2026-11-26T05:41:07Z", renewed: "bad" } });
    expect(text()).toContain("2026年11月26日 13:41:07（北京时间）");
    expect(text()).toContain("证书已更换，这份标书将无法解密。请重新加密并上传。");
    await press("查看标书");
    await press("开标急救");
    expect(stage.pages.slice(-2)).toEqual([
      "https://stage.test/bids.html#AAECAwQFBgcICQoLDA0ODw",
      "https://stage.test/bids.html#rescue",
    ]);
  });

  test("asks for the tab over which it opened", async () => {
    await popup({});
    expect(asked("popup")).toEqual([{ tabId: 7, url: "https://bid-a.demo.test/login" }]);
  });

  test.each([
    ["participating", { state: "participating", platform: A }, "可以在网页上使用证书"],
    ["needs-permission", { state: "needs-permission", platform: A }, "首次使用"],
    ["not-participating", { state: "not-participating", origin: "https://phish.test" }, "本网站不在互认平台名录中。"],
    ["insecure", { state: "insecure", origin: "http://bid-a.demo.test" }, "没有使用安全连接"],
    ["none", { state: "none" }, "请打开招标投标平台的网页"],
  ] as const)("a page that is %s", async (_, site, words) => {
    await popup({ site });
    expect(text()).toContain(words);
  });

  test("one click asks the browser for the permission, and then the page is to be reloaded", async () => {
    await popup({ site: { state: "needs-permission", platform: A } });
    stage.answers.popup = () => view;
    await press("允许在此网站使用");
    expect(permissionRequests).toEqual([{ origins: ["https://bid-a.demo.test/*"] }]);
    expect(text()).toContain("刷新网页后即可使用");
  });

  test("keys with their ends and credentials; a program that is missing with its buttons", async () => {
    await popup({ keys: [keyNamed("a", { notAfter: "2026-12-13T02:00:00Z" })] });
    for (const fact of ["尾号3F2A", "还有 20 天到期", "还没有登记凭证", "互认通程序正常（版本 0.1.0）"]) {
      expect(text()).toContain(fact);
    }
    stage.answers.popup = () => ({ ...view, host: { state: "missing" } });
    announce(null);
    await pass();
    await press("下载安装");
    expect(stage.pages).toEqual(["https://stage.test/welcome.html"]);
  });

  test("a waiting request is brought to the front; paused PINs go on", async () => {
    await popup({ waiting: [WAITING], pinPaused: true });
    await press("去确认");
    await press("继续");
    expect(asked("showWaiting")).toEqual([{ id: REQUEST }]);
    expect(asked("resumePin")).toEqual([{ origin: A.origin }]);
  });
});

describe("welcome", () => {
  test("looks for the program every two seconds, and comes back to the waiting page once it is there", async () => {
    stage.answers.welcome = () => ({ host: { state: "missing" }, waiting: WAITING });
    await show(<WelcomePage />);
    expect(text()).toContain("未检测到互认通程序。安装后会自动回到本页继续。");
    expect(text()).toContain("certbridge-host install");
    expect(asked("showWaiting")).toEqual([]);
    stage.answers.welcome = () => ({ host: READY, waiting: WAITING });
    await pass(2000);
    expect(asked("showWaiting")).toEqual([{ id: REQUEST }]);
    await pass(4000);
    expect(asked("showWaiting")).toHaveLength(1);
    await press("回到等待的页面");
    expect(asked("showWaiting")).toHaveLength(2);
  });

  test("does not run away from a person who opened it with everything ready", async () => {
    stage.answers.welcome = () => ({ host: READY, waiting: WAITING });
    await show(<WelcomePage />);
    await pass(4000);
    expect(asked("showWaiting")).toEqual([]);
    expect(text()).toContain("回到等待的页面");
  });
});

describe("options", () => {
  beforeEach(() => {
    stage.answers.options = () => ({
      sites: [
        { platform: A, source: "registry", granted: false },
        { platform: { origin: "https://own.example.com", name: null }, source: "person", granted: true },
      ],
    });
  });

  async function add(typed: string): Promise<void> {
    const field = root.querySelector<HTMLInputElement>("#origin");
    if (field) field.value = typed;
    await press("添加");
  }

  test("only a person's own site can be removed; a site without permission is allowed by one click", async () => {
    await show(<OptionsPage />);
    expect(root.querySelectorAll(".site-row")).toHaveLength(2);
    await press("移除");
    await press("允许");
    expect(asked("removeSite")).toEqual([{ origin: "https://own.example.com" }]);
    expect(permissionRequests).toEqual([{ origins: ["https://bid-a.demo.test/*"] }]);
    expect(text()).toContain("已允许 https://bid-a.demo.test");
  });

  test("a site is added only after the browser's permission", async () => {
    await show(<OptionsPage />);
    stage.grants = false;
    await add("https://new.example.com/login?x=1");
    expect(asked("addSite")).toEqual([]);
    expect(text()).toContain("浏览器没有允许");
    stage.grants = true;
    await add("https://new.example.com/login?x=1");
    expect(asked("addSite")).toEqual([{ origin: "https://new.example.com" }]);
    expect(text()).toContain("已添加 https://new.example.com");
  });

  test("what is no https address is refused beside the field, and the browser is not asked", async () => {
    await show(<OptionsPage />);
    await add("http://new.example.com");
    expect(root.querySelector("#origin-problem")?.textContent).toContain("只能添加 https 开头的网址");
    expect(permissionRequests).toEqual([]);
  });

  test.each([
    ["bid.example.com", { origin: "https://bid.example.com" }],
    ["  https://bid.example.com:8443/a#b ", { origin: "https://bid.example.com:8443" }],
    ["https://招标.example.com", { origin: "https://xn--otu08i.example.com" }],
    ["", { problem: "options_add_error_empty" }],
    ["http://bid.example.com", { problem: "options_add_error_https" }],
    ["javascript://bid.example.com", { problem: "options_add_error_https" }],
    ["https://", { problem: "options_add_error_form" }],
    ["https://*.example.com", { problem: "options_add_error_form" }],
    ["https://user:pw@bid.example.com", { problem: "options_add_error_form" }],
    ["https://localhost", { problem: "options_add_error_form" }],
    ["two words", { problem: "options_add_error_form" }],
  ])("%s", (typed, read) => {
    expect(readOrigin(typed)).toEqual(read);
  });
});
