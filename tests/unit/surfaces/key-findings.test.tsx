// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NOW, READY, REQUEST, Refusal, announceKeys, clearStage, sent, stage, viewWith } from "./stage.ts";
import { render, type ComponentChild } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApprovalWindow } from "../../../extension/surfaces/approval/approval.tsx";
import { PopupWindow } from "../../../extension/surfaces/popup/popup.tsx";
import { ReportPage } from "../../../extension/surfaces/report/report.tsx";

/** What the program finds between a person and their key, where they look for it. */
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

async function show(content: ComponentChild): Promise<void> {
  render(content, root);
  await vi.advanceTimersByTimeAsync(50);
}

/** Each surface that shows it, without a single key. */
const surfaces: Readonly<Record<string, () => ComponentChild>> = {
  approval() {
    stage.answers.approval = () => viewWith({ keys: [] });
    return <ApprovalWindow id={REQUEST} />;
  },
  popup() {
    stage.answers.popup = () => ({ site: { state: "none" }, host: READY, keys: [], waiting: [], pinPaused: false });
    return <PopupWindow />;
  },
  report() {
    stage.answers.report = () => ({ text: "{}\n" });
    return <ReportPage />;
  },
};

const finds = (...causes: readonly string[]) => {
  stage.answers.diagnose = () => ({ findings: causes.map((cause) => ({ cause, verdict: "bad" })) });
};
const sentences = () => Array.from(root.querySelectorAll(".findings li"), ({ textContent }) => textContent);
const asked = () => sent.filter(({ verb }) => verb === "diagnose").length;

describe.each(Object.keys(surfaces))("%s", (surface) => {
  test("tells a person without a key in the computer to plug it in now", async () => {
    finds("no-key");
    await show(surfaces[surface]?.());
    expect(sentences()).toEqual(["没有插入CA锁。请现在把CA锁插入这台电脑。"]);
  });

  test("shows each cause, and of one that a newer program names where it is explained", async () => {
    finds("driver-hung", "other-software", "of-a-newer-program");
    await show(surfaces[surface]?.());
    expect(sentences()).toEqual([
      expect.stringContaining("驱动没有响应"),
      expect.stringContaining("其他CA或平台的控件"),
      expect.stringContaining("certbridge-host doctor"),
    ]);
  });

  test("says nothing where nothing was found, and nothing where it could not be looked for", async () => {
    finds();
    await show(surfaces[surface]?.());
    expect(root.querySelector(".findings")).toBeNull();
    render(null, root);
    stage.answers.diagnose = () => {
      throw new Refusal({ code: "HOST_FAILED", details: null, message: "", retriable: true });
    };
    await show(surfaces[surface]?.());
    expect(root.querySelector(".findings")).toBeNull();
  });
});

test("the approval window looks once, and again when the person asks for it", async () => {
  finds("no-key");
  await show(surfaces["approval"]?.());
  await vi.advanceTimersByTimeAsync(6000);
  expect(asked()).toBe(1);
  finds("key-empty");
  const again = Array.from(root.querySelectorAll("button")).find(({ textContent }) => textContent === "重新检测");
  again?.click();
  await vi.advanceTimersByTimeAsync(50);
  expect(asked()).toBe(2);
  expect(sentences()).toEqual([expect.stringContaining("还没有初始化")]);
});

test("another key that is plugged in is looked at without asking", async () => {
  finds("no-key");
  await show(surfaces["popup"]?.());
  expect(sentences()).toEqual([expect.stringContaining("没有插入CA锁")]);
  finds("key-empty");
  await vi.advanceTimersByTimeAsync(500);
  announceKeys("another");
  await vi.advanceTimersByTimeAsync(500);
  expect(sentences()).toEqual([expect.stringContaining("还没有初始化")]);
});

test("every cause that doctor has and the extension is told has words of its own, each with something to do", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/formats/doctor.md"), "utf8");
  const [, table = ""] = page.split("| `cause` |");
  const causes = Array.from((table.split("\n\n")[0] ?? "").matchAll(/^\| `([\w-]+)` \|/gm), ([, cause = ""]) => cause);
  expect(causes.length).toBeGreaterThan(15);
  // Doctor's alone: to the extension it is a program that it may not start.
  finds(...causes.filter((cause) => cause !== "policy"));
  await show(surfaces["popup"]?.());
  expect(new Set(sentences()).size).toBe(causes.length - 1);
  for (const sentence of sentences()) {
    expect(sentence).toMatch(/。.*请/);
    expect(sentence).not.toContain("另一个问题");
  }
});
