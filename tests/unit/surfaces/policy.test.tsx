// @vitest-environment happy-dom
import {
  announce,
  clearStage,
  keyNamed,
  NOW,
  permissionRequests,
  Refusal,
  REQUEST,
  sent,
  stage,
  viewWith,
  READY,
} from "./stage.ts";
import { policyKeys } from "@certbridge/protocol/policy";
import type { OptionsView, PolicyView } from "@certbridge/protocol/surface";
import { render, type ComponentChild } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { tError } from "../../../extension/platform/i18n.ts";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";
import { OptionsPage } from "../../../extension/surfaces/options/options.tsx";
import { PopupWindow } from "../../../extension/surfaces/popup/popup.tsx";

/** What people see of an administrator's policy. */

const A = { origin: "https://bid-a.demo.test", name: "江南公共资源交易平台（演示）" };

let root: HTMLElement;
let copied: string[];

beforeEach(() => {
  clearStage();
  vi.useFakeTimers({ now: NOW });
  copied = [];
  vi.spyOn(navigator.clipboard, "writeText").mockImplementation(async (text) => void copied.push(text));
  root = document.createElement("div");
  document.body.append(root);
});

afterEach(() => {
  render(null, root);
  root.remove();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function show(surface: ComponentChild): Promise<void> {
  render(surface, root);
  await vi.advanceTimersByTimeAsync(50);
}

async function press(words: string): Promise<void> {
  const found = Array.from(root.querySelectorAll("button")).find(({ textContent }) => textContent === words);
  if (!found) throw new Error(`no button ${words}: ${root.textContent}`);
  found.click();
  await vi.advanceTimersByTimeAsync(50);
}

const text = (selector?: string) => (selector === undefined ? root : root.querySelector(selector))?.textContent ?? "";

const refused = (policy: string) =>
  new Refusal({ code: "BLOCKED_BY_POLICY", details: { policy }, message: "", retriable: false });

test("the words are the house's, with the policy's name; an old extension is told what to do", () => {
  expect(tError("BLOCKED_BY_POLICY", { policy: "blockedOrigins" })).toBe("已被管理员禁止（blockedOrigins）。");
  expect(tError("BLOCKED_BY_POLICY", { policy: "minimumExtensionVersion" })).toContain("请升级互认通扩展");
});

describe("the approval window", () => {
  const open = async (change: Parameters<typeof viewWith>[0]) => {
    stage.answers.approval = () => viewWith(change);
    await show(<ApprovalWindow id={REQUEST} />);
  };

  test("leaves out the keys that the administrator does, with the reason on each, and chooses the one that is left", async () => {
    await open({ keys: [{ ...keyNamed("a", { carrier: "software" }), blockedBy: "allowedCarriers" }, keyNamed("b")] });
    const cards = Array.from(root.querySelectorAll<HTMLInputElement>("input[name=certificate]"));
    expect(cards.map(({ disabled, checked }) => ({ disabled, checked }))).toEqual([
      { disabled: true, checked: false },
      { disabled: false, checked: true },
    ]);
    expect(text(".key-obstacle")).toBe("由管理员设置，不能使用（allowedCarriers）");
  });

  test("whose keys are all left out says so and asks for no PIN", async () => {
    await open({ keys: [{ ...keyNamed("a"), blockedBy: "allowedAuthorities" }] });
    expect(text()).toContain("下面的证书现在都不能使用");
    expect(root.querySelector<HTMLInputElement>("#pin")?.disabled).toBe(true);
  });

  test("of an http page says that its connection is not secure, and that an administrator admits it", async () => {
    await open({ platform: { origin: "http://intranet:8080", name: null } });
    expect(text(".asker-name")).toBe("管理员添加的网站");
    expect(text(".asker-note")).toContain("没有使用安全连接");
  });

  test("that a policy ends says by which, stays, and has the words ready for the administrator", async () => {
    const close = vi.spyOn(window, "close").mockImplementation(() => undefined);
    await open({});
    stage.answers.approval = () => {
      throw refused("blockedOrigins");
    };
    announce(null);
    await vi.advanceTimersByTimeAsync(50);
    announce(REQUEST);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(text(".notice")).toContain("已被管理员禁止（blockedOrigins）。");
    expect(close).not.toHaveBeenCalled();
    await press("复制给管理员");
    expect(text(".notice")).toContain("已复制，可以发给管理员。");
    expect(copied).toHaveLength(1);
    for (const word of ["0.1.0", "blockedOrigins", "https://bid-a.demo.test", "2026-"])
      expect(copied[0]).toContain(word);
    expect(copied[0]).not.toContain("江南建设");
  });
});

test("the popup says of a blocked page by which policy, with the words ready for the administrator", async () => {
  stage.answers.popup = () => ({
    site: { state: "blocked", origin: A.origin, policy: "blockedOrigins" },
    host: READY,
    keys: [{ ...keyNamed("a"), blockedBy: "allowedCarriers" }],
    waiting: [],
    pinPaused: false,
  });
  await show(<PopupWindow />);
  expect(text(".site")).toContain("已被管理员禁止（blockedOrigins）。");
  expect(text(".keys")).toContain("由管理员设置");
  await press("复制给管理员");
  expect(copied[0]).toContain(A.origin);
});

describe("the options page", () => {
  const sites: OptionsView["sites"] = [
    { platform: A, source: "registry", granted: true, blockedBy: "blockedOrigins" },
    { platform: { origin: "https://extra.example.cn", name: "集团招标平台" }, source: "policy", granted: false },
    { platform: { origin: "http://intranet:8080", name: null }, source: "policy", granted: false },
    { platform: { origin: "https://own.example.com", name: null }, source: "person", granted: true },
  ];
  const explained: PolicyView = {
    state: "read",
    installedByAdministrator: false,
    settings: policyKeys.map((key) => ({ key, source: "default", values: [] })),
    refusesAll: null,
    problems: [],
  };
  const open = async (change: Partial<PolicyView> = {}) => {
    stage.answers.options = () => ({ sites, blockedOrigins: [A.origin, "https://never.example.cn"] });
    stage.answers.policy = () => ({ ...explained, ...change });
    await show(<OptionsPage />);
  };
  const rowOf = (key: string) =>
    Array.from(root.querySelectorAll(`tr[data-key=${key}] > *`), ({ textContent }) => textContent);
  const settings = (change: Partial<PolicyView["settings"][number]> & { key: (typeof policyKeys)[number] }) =>
    explained.settings.map((setting) => (setting.key === change.key ? { ...setting, ...change } : setting));

  test("locks what the policy sets: no button takes it away, none lets a blocked site in", async () => {
    await open();
    const rows = Array.from(root.querySelectorAll(".site-row"), (row) => ({
      policy: row.textContent?.includes("由管理员设置"),
      buttons: Array.from(row.querySelectorAll("button"), ({ textContent }) => textContent),
    }));
    expect(rows).toEqual([
      { policy: true, buttons: ["复制给管理员"] },
      { policy: true, buttons: ["允许"] },
      { policy: true, buttons: ["允许"] },
      { policy: false, buttons: ["移除"] },
    ]);
  });

  test("says which sites wait for a click, and asks the browser for an http site as such", async () => {
    await open();
    expect(text(".notice")).toContain("有 2 个网站等您允许");
    expect(text(".waiting-sites")).toBe("https://extra.example.cnhttp://intranet:8080");
    const buttons = Array.from(root.querySelectorAll<HTMLButtonElement>(".site-row button.primary"));
    for (const button of buttons) button.click();
    await vi.advanceTimersByTimeAsync(50);
    expect(permissionRequests).toEqual([
      { origins: ["https://extra.example.cn/*"] },
      { origins: ["http://intranet/*"] },
    ]);
  });

  test("does not even ask the browser for a site that is blocked", async () => {
    await open();
    const field = root.querySelector<HTMLInputElement>("#origin");
    if (field) field.value = "https://never.example.cn/login";
    await press("添加");
    expect(permissionRequests).toEqual([]);
    expect(sent.filter(({ verb }) => verb === "addSite")).toEqual([]);
    expect(text("[role=alert]")).toContain("已被管理员禁止（blockedOrigins）。");
  });

  test("without a policy says so, and what holds by default", async () => {
    await open({ state: "none" });
    expect(text()).toContain("没有管理员设置。");
    expect(rowOf("allowedCarriers").slice(1)).toEqual(["不限", "默认", "未锁定"]);
    expect(rowOf("blockedOrigins").slice(1)).toEqual(["没有", "默认", "未锁定"]);
  });

  test.each([
    ["policy", ["https://a.cn", "https://b.cn"], ["https://a.cnhttps://b.cn", "由管理员设置", "已锁定"]],
    ["policy", [], ["没有", "由管理员设置", "已锁定"]],
    ["last-good", ["https://a.cn"], ["https://a.cn", "由管理员设置；新的值有误，沿用上一次的值", "已锁定"]],
    ["broken", [], ["有误，全部禁止", "由管理员设置；值有误", "已锁定"]],
  ] as const)("explains blocked sites that are %s: %j", async (source, values, cells) => {
    await open({ settings: settings({ key: "blockedOrigins", source, values: [...values] }) });
    expect(rowOf("blockedOrigins").slice(1)).toEqual(cells);
  });

  test("tells an empty list of what is allowed from none, and a broken one that allows from one that forbids", async () => {
    await open({ settings: settings({ key: "allowedCarriers", source: "policy" }) });
    expect(rowOf("allowedCarriers")[1]).toBe("都不可以");
    render(null, root);
    await open({ settings: settings({ key: "extraPlatforms", source: "broken" }) });
    expect(rowOf("extraPlatforms")[1]).toBe("有误，不起作用");
  });

  test("shows each problem with its place and what stands there", async () => {
    await open({
      problems: [
        { place: "blockedOrigins.1", kind: "type", found: "number" },
        { place: "allowedCarriers", kind: "missing", found: "undefined" },
        { place: "", kind: "type", found: "array" },
      ],
    });
    expect(Array.from(root.querySelectorAll(".policy-problems li"), ({ textContent }) => textContent)).toEqual([
      "blockedOrigins.1 类型不对（这里是：number），没有采用。",
      expect.stringContaining("allowedCarriers requiredKeys 要求有这一项"),
      "整个设置 类型不对（这里是：array），没有采用。",
    ]);
  });

  test("says that the last policy binds while the browser reads, who installed it, and that all is refused", async () => {
    await open({ state: "kept", installedByAdministrator: true, refusesAll: "schemaVersion" });
    expect(text()).toContain("读完之前，上一次的设置继续有效");
    expect(text()).toContain("互认通扩展由管理员安装");
    expect(text("[role=alert].notice")).toContain("已被管理员禁止（schemaVersion）。");
    expect(text("[role=alert].notice")).toContain("现在全部操作都不能进行");
  });
});
