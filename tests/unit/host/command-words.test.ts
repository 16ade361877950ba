/** What the command line says of a USB key or its driver that fails. */
import { OperationError } from "@certbridge/protocol/errors";
import { describe, expect, test } from "vitest";
import { explain } from "../../../apps/host/src/cli/words.ts";
import { COMMAND_LINE, SOME_BROWSER } from "../../../apps/host/src/parent.ts";

const SINCE = "2026-11-29T04:05:06Z";

describe("the command line says", () => {
  test.each<[string, OperationError, readonly string[]]>([
    [
      "which call failed with which number",
      new OperationError("DEVICE_FAILED", { call: "SKF_GetDevInfo", code: "0x0a00000f" }),
      ["（SKF_GetDevInfo 0x0a00000f）", "(SKF_GetDevInfo 0x0a00000f)"],
    ],
    [
      "who has a key, and since when",
      new OperationError("DEVICE_BUSY", { by: "Edge · 南京公共资源", since: SINCE }),
      ["正被Edge · 南京公共资源使用（从 04:05:06 UTC 开始）", "in use by Edge · 南京公共资源 (since 04:05:06 UTC)"],
    ],
    [
      "that it is a browser",
      new OperationError("DEVICE_BUSY", { by: `${SOME_BROWSER} · 甲`, since: SINCE }),
      ["正被另一个浏览器 · 甲使用", "in use by another browser · 甲 ("],
    ],
    [
      "that it is another command",
      new OperationError("DEVICE_BUSY", { by: COMMAND_LINE, since: "?" }),
      ["正被另一个命令行使用。", "in use by another terminal."],
    ],
    [
      "that somebody has it, where nobody says who",
      new OperationError("DEVICE_BUSY", { by: null, since: null }),
      ["正被另一个程序使用", "Another program"],
    ],
    [
      "which driver is needed",
      new OperationError("DRIVER_FAILED", { fault: "wrong-architecture" }),
      [`索取 ${process.platform} ${process.arch} 的驱动`, `for ${process.platform} ${process.arch}.`],
    ],
    [
      "where a driver belongs, and that shared folders stay as they are",
      new OperationError("DRIVER_FAILED", { fault: "writable" }),
      ["系统文件夹（如 /usr/lib/厂商名）", "不要改动 /tmp"],
    ],
    [
      "what helps a driver that hangs",
      new OperationError("DRIVER_FAILED", { fault: "hung" }),
      ["没有响应", "拔下CA锁重新插入"],
    ],
    [
      "that a key may not be plugged in, where none fits",
      new OperationError("KEY_NOT_FOUND"),
      ["用CA锁的，请插入它再试", "plug it in"],
    ],
  ])("%s", (_, error, parts) => {
    const words = explain(error);
    for (const part of parts) expect(words).toContain(part);
  });

  test("of another program's words what can be seen, and no more than fits", () => {
    const by = `甲\u202e\u001b[2J${"乙".repeat(400)}`;
    const words = explain(new OperationError("DEVICE_BUSY", { by, since: SINCE }));
    for (const unseen of ["\u202e", "\u001b"]) expect(words).not.toContain(unseen);
    expect(words.length).toBeLessThan(400);
  });
});
