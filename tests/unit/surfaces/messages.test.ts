import { HASH, REQUEST, Refusal, announce, browser, clearStage, stage } from "./stage.ts";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { OperationError } from "@certbridge/protocol/errors";
import { tError } from "../../../extension/platform/i18n.ts";
import { COMMAND_LINE, SOME_BROWSER } from "../../../apps/host/src/parent.ts";
import { askBackground, onSurfaceChange } from "../../../extension/platform/surface-messages.ts";

beforeEach(clearStage);

/** What the browser hands over, whatever the background meant. */
function browserDelivers(message: unknown): void {
  vi.spyOn(browser.runtime, "sendMessage").mockImplementationOnce(async () => message);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof OperationError ? error.code : "no error";
}

describe("one question, one answer", () => {
  test("a result is parsed by its verb's schema", async () => {
    stage.answers.welcome = () => ({ host: { state: "missing" }, waiting: null });
    expect(await askBackground("welcome", {})).toEqual({ host: { state: "missing" }, waiting: null });
  });

  test("an answer without result, as JSON leaves it, is an answer", async () => {
    browserDelivers({ v: 1, ok: true });
    expect(await askBackground("decline", { id: REQUEST })).toBeUndefined();
  });

  test("an error record becomes an OperationError with its details", async () => {
    stage.answers.accept = () => {
      throw new Refusal({
        code: "PIN_LOCKED",
        details: { retryAt: "2026-11-23T01:32:00Z" },
        message: "",
        retriable: false,
      });
    };
    const work = askBackground("accept", { id: REQUEST, hash: HASH, key: null });
    await expect(work).rejects.toMatchObject({ code: "PIN_LOCKED", details: { retryAt: "2026-11-23T01:32:00Z" } });
  });

  test.each([undefined, null, "ok", { ok: true }, { v: 2, ok: true, result: {} }, { v: 1, ok: true, result: {} }])(
    "what is no answer of the grammar is our own fault: %o",
    async (message) => {
      browserDelivers(message);
      expect(await codeOf(askBackground("welcome", {}))).toBe("INTERNAL");
    },
  );

  test("a background that is gone is an interruption", async () => {
    vi.spyOn(browser.runtime, "sendMessage").mockRejectedValueOnce(new Error("Receiving end does not exist"));
    expect(await codeOf(askBackground("welcome", {}))).toBe("INTERRUPTED");
  });
});

test("changes are heard until one stops listening; other messages are not taken for changes", () => {
  const heard: (string | null)[] = [];
  const stop = onSurfaceChange((ended) => heard.push(ended));
  announce(null);
  announce(REQUEST);
  announce("no id");
  // A page that was taken over speaks from a tab.
  announce(null, { tab: { id: 1 } });
  stop();
  announce(null);
  expect(heard).toEqual([null, REQUEST]);
});

const NOON = "2026-11-29T04:00:00Z";

describe("errors in words", () => {
  test.each([
    ["a gap is filled", tError("HOST_OUTDATED", { found: "0.0.9", needed: "0.1.0" }), "当前 0.0.9，需要 0.1.0 或更高"],
    ["the file is named", tError("CONTENT_UNREADABLE", { name: "投标函.pdf" }), "“投标函.pdf”"],
    ["the reason is told apart", tError("CERTIFICATE_UNUSABLE", { reason: "expired" }), "证书已过期"],
    ["a lock for good", tError("PIN_LOCKED", { retryAt: null }), "联系签发证书的CA解锁"],
    ["a lock for a while", tError("PIN_LOCKED", { retryAt: new Date().toISOString() }), "之后再试"],
    ["a driver that crashed", tError("DRIVER_FAILED", { fault: "ended" }), "驱动出错了"],
    ["one that hangs", tError("DRIVER_FAILED", { fault: "hung" }), "驱动没有响应"],
    ["one that is left alone", tError("DRIVER_FAILED", { fault: "paused" }), "请10分钟后再试"],
    ["one that is another file", tError("DRIVER_FAILED", { fault: "changed" }), "驱动文件与登记时不同"],
    ["one that others can write", tError("DRIVER_FAILED", { fault: "writable" }), "其他用户可以改动"],
    ["one that cannot be loaded", tError("DRIVER_FAILED", { fault: "not-loaded" }), "系统加载不了CA锁的驱动"],
    ["one of 32 bits", tError("DRIVER_FAILED", { fault: "wrong-architecture" }), "另一种系统或处理器"],
    ["who has a key", tError("DEVICE_BUSY", { by: "Edge · 南京公共资源", since: NOON }), "正被Edge · 南京公共资源使用"],
    ["a browser", tError("DEVICE_BUSY", { by: SOME_BROWSER, since: NOON }), "正被另一个浏览器使用"],
    ["for a site", tError("DEVICE_BUSY", { by: `${SOME_BROWSER} · 甲`, since: NOON }), "正被另一个浏览器 · 甲使用"],
    ["a command", tError("DEVICE_BUSY", { by: COMMAND_LINE, since: NOON }), "正被命令行中的互认通程序使用"],
  ])("%s", (_, sentence, part) => {
    expect(sentence).toContain(part);
    expect(sentence).not.toMatch(/\$\d/);
  });
});
