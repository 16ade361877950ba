/** The library of a USB key (CA锁的驱动) before it is asked, and what it came to where it gave no answer. */
import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { isFileError } from "../disk.ts";
import { fits, readMachineCode, systemOf, type System } from "../machine-code.ts";
import type { EnrolledLibrary } from "../stores/usb-key/enrolled.ts";
import { deviceError } from "../stores/usb-key/failures.ts";
import { reachOf } from "../writers.ts";
import type { Cause, Finding, Words } from "./finding.ts";
import { finding, say } from "./finding.ts";

/** A word of the shell that stands for exactly this path. */
const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

const enrolAgain = (path: string): Words =>
  say(
    `请重新安装驱动，插入CA锁，再运行 certbridge-host devices add ${quoted(path)}`,
    `install the driver again, plug in its key, then run certbridge-host devices add ${quoted(path)}`,
  );

/** Bits of a mode: others than the owner may write, but rename and remove what is theirs alone. */
const STICKY = 0o1000;

/** A folder of somebody else's the person cannot change, and one like /tmp has to stay as it is, for others use it. */
async function closing(library: string, open: string): Promise<Words> {
  const { uid, mode } = await lstat(open);
  if (uid === process.getuid?.() && (mode & STICKY) === 0) {
    return say(
      `请运行 chmod go-w ${quoted(open)}，或把驱动装到系统文件夹`,
      `run chmod go-w ${quoted(open)}, or install the driver into a system folder`,
    );
  }
  const remove = `certbridge-host devices remove ${quoted(library)}`;
  return say(
    `请把驱动移到系统文件夹（如 /usr/lib/厂商名），再重新登记，并用 ${remove} 注销原来的`,
    `move the driver into a system folder (such as /usr/lib/vendor), enrol it there, and forget the old one: ${remove}`,
  );
}

export const bad = (
  about: "drivers" | "driver" | "usb-key",
  path: string,
  cause: Cause,
  what: Words,
  todo: Words,
): Finding => finding(about, path, "bad", what, { todo, cause });

const driverAt =
  (path: string) =>
  (cause: Cause, what: Words, todo: Words): Finding =>
    bad("driver", path, cause, what, todo);

/** What hinders the library's file from being loaded, or null; it is read once. */
export async function lookAtFile({ path, sha256 }: EnrolledLibrary, system: System): Promise<Finding | null> {
  const driver = driverAt(path);
  const content = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error) return error;
    throw error;
  });
  if (content instanceof Error) {
    const isGone = isFileError(content, "ENOENT") || isFileError(content, "ENOTDIR");
    const what = isGone
      ? say("CA锁的驱动文件不存在", "the key's driver is missing")
      : say("CA锁的驱动文件读不出来", "the key's driver cannot be read");
    return driver("driver-missing", what, enrolAgain(path));
  }
  const { open } = await reachOf(path);
  if (open !== null) {
    return driver(
      "driver-writable",
      say(`其他用户可以改动 ${open}，驱动不会被加载`, `other users can change ${open}: the driver is not loaded`),
      await closing(path, open),
    );
  }
  const code = readMachineCode(content);
  if (code === null) {
    return driver("driver-not-loaded", say("这个文件不是驱动程序库", "this file is no library"), enrolAgain(path));
  }
  if (!fits(code, system)) {
    const own = `${system.platform} ${system.processor}`;
    return driver(
      "driver-architecture",
      say(
        `这是${code.bits}位的驱动（${systemOf(code)}），互认通程序是 ${own}`,
        `this driver has ${code.bits} bits (${systemOf(code)}), this program is ${own}`,
      ),
      say(`请向签发证书的CA索取 ${own} 的驱动`, `get the driver for ${own} from the CA that issued the certificate`),
    );
  }
  if (encodeBase64Url(createHash("sha256").update(content).digest()) !== sha256) {
    return driver(
      "driver-changed",
      say("驱动文件与登记时不同，不会被加载", "the driver is not the file that was enrolled: it is not loaded"),
      say(
        `如果是您或IT更新了驱动，请插入CA锁，重新运行 certbridge-host devices add ${quoted(path)}`,
        `if you or your IT updated it, plug in its key and run again: certbridge-host devices add ${quoted(path)}`,
      ),
    );
  }
  return null;
}

/** What a library or a key answered instead of its list. */
export function troubleOf(path: string, error: unknown): Finding {
  const driver = driverAt(path);
  const told = deviceError(error);
  const fault = OperationError.is(told, "DRIVER_FAILED") ? told.details?.fault : undefined;
  switch (fault) {
    case "hung":
      return driver(
        "driver-hung",
        say("CA锁的驱动没有响应", "the key's driver does not answer"),
        say(
          "请关闭其他使用CA锁的程序，拔下CA锁重新插入",
          "close other programs that use the key, unplug it and plug it in",
        ),
      );
    case "paused":
      return driver(
        "driver-paused",
        say(
          "CA锁的驱动接连崩溃，已暂停使用10分钟",
          "the key's driver crashed again and again, and is left alone for ten minutes",
        ),
        say("请重新安装驱动，10分钟后再试", "install the driver again, and try after ten minutes"),
      );
    case "not-loaded":
      return driver(
        "driver-not-loaded",
        say(
          "系统加载不了CA锁的驱动，可能缺少它依赖的文件",
          "the system cannot load the key's driver; something that it needs may be missing",
        ),
        enrolAgain(path),
      );
    // Looked at just before: it came in between, and the next look tells.
    case "changed":
    case "wrong-architecture":
    case "writable":
    case "ended":
      return driver("driver-ended", say("CA锁的驱动崩溃了", "the key's driver crashed"), enrolAgain(path));
    case undefined:
      break;
  }
  const number = OperationError.is(told, "DEVICE_FAILED")
    ? `${told.details?.call ?? ""} ${told.details?.code ?? ""}`
    : told instanceof OperationError
      ? told.code
      : "INTERNAL";
  return bad(
    "usb-key",
    path,
    "key-failed",
    say(`CA锁返回了错误（${number}）`, `the key answered with an error (${number})`),
    say(
      "请拔下CA锁重新插入；仍不行，请把此编号告诉签发证书的CA",
      "unplug the key and plug it in; else tell its CA this number",
    ),
  );
}
