// @vitest-environment happy-dom
import { NOW, READY, REQUEST, Refusal, clearStage, identity, sent, stage, viewWith } from "./stage.ts";
import { render, type ComponentChild } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { readSealedPin } from "@certbridge/protocol/host/sealed-pin";
import type { HostState, SurfaceParams } from "@certbridge/protocol/surface";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";
import { OptionsPage } from "../../../extension/surfaces/options/options.tsx";
import { PopupWindow } from "../../../extension/surfaces/popup/popup.tsx";
import { WelcomePage } from "../../../extension/surfaces/welcome/welcome.tsx";
import { gm } from "../../support/authority.ts";

/** The companion program as the surfaces show it: who it is, that it changed, that it does not know us. */
const other = encodeBase64Url(gm.sm2KeyPair().publicKey);

const CHANGED: Extract<HostState, { state: "changed" }> = {
  state: "changed",
  version: "0.1.0",
  trusted: READY.identity,
  found: { publicKey: other, fingerprint: "FFFF-0000-FFFF-0000-FFFF", since: "2026-11-23T01:30:00Z" },
};

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

/** Every surface, with a program in this state. */
const surfaces: Readonly<Record<string, (host: HostState) => ComponentChild>> = {
  approval(host) {
    stage.answers.approval = () => viewWith({ host, ...(host.state === "ready" ? {} : { keys: [] }) });
    return <ApprovalWindow id={REQUEST} />;
  },
  popup(host) {
    stage.answers.popup = () => ({ site: { state: "none" }, host, keys: [], waiting: [], pinPaused: false });
    return <PopupWindow />;
  },
  options(host) {
    stage.answers.options = () => ({ sites: [] });
    stage.answers.program = () => host;
    return <OptionsPage />;
  },
  welcome(host) {
    stage.answers.welcome = () => ({ host, waiting: null });
    return <WelcomePage />;
  },
};

async function show(surface: string, host: HostState): Promise<void> {
  render(surfaces[surface]?.(host), root);
  await pass();
}

const text = () => root.textContent ?? "";
const buttons = () => Array.from(root.querySelectorAll("button"), ({ textContent }) => textContent);

async function press(words: string): Promise<void> {
  const found = Array.from(root.querySelectorAll("button")).find(({ textContent }) => textContent === words);
  if (!found) throw new Error(`no button ${words}: ${text()}`);
  found.click();
  await pass();
}

const trusted = () => sent.filter(({ verb }) => verb === "trustHost").map(({ params }) => params);

describe.each(Object.keys(surfaces))("%s", (surface) => {
  test("says that the program has another identity, which both are, and since when; and asks for no PIN", async () => {
    await show(surface, CHANGED);
    expect(text()).toContain("互认通程序换了身份");
    expect(text()).toMatch(/原先信任：0A3F-91C0-77B2-1D4E-5566（2026年10月1日 \d\d:\d\d:\d\d 起）/);
    expect(text()).toMatch(/现在检测到：FFFF-0000-FFFF-0000-FFFF（2026年11月23日 \d\d:\d\d:\d\d 首次出现）/);
    expect(buttons()).toContain("信任新的互认通程序");
    if (surface !== "welcome") expect(buttons()).toContain("查看修复方法");
    expect(root.querySelector("#pin")).toBeNull();
  });

  test("takes the person's word for it late, once, and for what they saw", async () => {
    await show(surface, CHANGED);
    await press("信任新的互认通程序");
    expect(trusted()).toEqual([]);
    await pass(800);
    await press("信任新的互认通程序");
    expect(trusted()).toEqual([{ publicKey: other }]);
  });

  test("says that the program does not know this browser, and what to run", async () => {
    await show(surface, { state: "unpaired", version: "0.1.0" });
    expect(text()).toContain(
      "互认通程序还不认识这个浏览器。请在命令行重新运行 ~/.local/share/certbridge/certbridge-host install",
    );
    expect(buttons()).toContain("重新检测");
    expect(root.querySelector("#pin")).toBeNull();
  });

  test("says that the extension is the older one", async () => {
    await show(surface, { state: "extension-outdated", found: "0.1.0", needed: "0.2.0" });
    expect(text()).toContain("请升级互认通扩展。当前 0.1.0，需要与互认通程序 0.2.0 配套的版本。");
    expect(root.querySelector("#pin")).toBeNull();
  });
});

test("a program that the browser may not start: where installing again does not help, it may be a policy", async () => {
  await show("popup", { state: "forbidden" });
  expect(text()).toContain("可能是管理员的策略禁止了它");
  render(null, root);
  await show("popup", { state: "failed" });
  expect(text()).not.toContain("策略");
});

test("a trust that comes too late, for yet another program, is told", async () => {
  await show("popup", CHANGED);
  await pass(800);
  stage.answers.trustHost = () => {
    throw new Refusal({ code: "HOST_CHANGED", details: null, message: "", retriable: false });
  };
  await press("信任新的互认通程序");
  expect(root.querySelector(".field-problem")?.textContent).toContain("互认通程序换了身份");
});

test("the approval window goes on once the person trusts", async () => {
  await show("approval", CHANGED);
  await pass(800);
  stage.answers.approval = () => viewWith();
  await press("信任新的互认通程序");
  expect(root.querySelector("#pin")).not.toBeNull();
});

test.each(["popup", "options"])("%s shows the fingerprint of the program that is trusted", async (surface) => {
  await show(surface, READY);
  expect(text()).toContain("身份指纹 0A3F-91C0-77B2-1D4E-5566，2026年10月1日 起信任");
});

test.each([
  ["shadow", "有浏览器会先启动另一个程序"],
  ["manifest", "还允许别的扩展启动互认通程序"],
  ["permissions", "其他用户可以改动互认通程序的文件"],
  ["of-a-newer-program", "互认通程序报告了一个安全问题"],
])("what the program says of its own installation is passed on: %s", async (hazard, words) => {
  await show("popup", { ...READY, hazards: [hazard] });
  expect(text()).toContain(words);
  expect(text()).toContain("certbridge-host doctor");
});

test("the PIN leaves the window sealed for the program that was shown, and for this request", async () => {
  await show("approval", READY);
  await pass(900);
  const field = root.querySelector<HTMLInputElement>("#pin");
  if (field) field.value = "246810";
  await press("确认登录");
  const accepted = sent.find(({ verb }) => verb === "accept")?.params as SurfaceParams<"accept"> | undefined;
  const plaintext = gm.sm2Decrypt(identity.privateKey, decodeBase64Url(accepted?.key?.sealedPin ?? ""));
  const pin = plaintext === null ? null : readSealedPin(REQUEST, plaintext);
  expect(new TextDecoder().decode(pin ?? new Uint8Array(0))).toBe("246810");
  expect(JSON.stringify(sent)).not.toContain("246810");
});
