/** What the command line says when something fails: what happened, and what to do. Chinese first, then English. */
import type { ErrorCode, ErrorDetails } from "@certbridge/protocol/errors";
import { OperationError } from "@certbridge/protocol/errors";
import { COMMAND_LINE, SOME_BROWSER } from "../parent.ts";

/** A mistake in how the program was called, or in a file it was given; its message is for the person. */
export class UsageError extends Error {
  constructor(zh: string, en: string, options?: ErrorOptions) {
    super(`${zh}\n${en}`, options);
    this.name = "UsageError";
  }
}

/** Nothing was found to be wrong, but the registry that is here does not prove what was asked. */
export class UnprovedError extends UsageError {
  override name = "UnprovedError";
}

/** Codes that the command line can meet. The others would be our own fault. */
const WORDS: Partial<Record<ErrorCode, readonly [zh: string, en: string]>> = {
  KEY_NOT_FOUND: [
    "没有找到相符的证书或CA锁。用CA锁的，请插入它再试；用软件证书的，请用 certbridge-host keys list 查看现有证书。给了文件的，请核对文件。",
    "No key fits. A CA lock: plug it in and try again. A software certificate: see what is there with: certbridge-host keys list. Check the files given, if any.",
  ],
  CERTIFICATE_UNUSABLE: ["证书不能用于签名。请更换证书。", "The certificate cannot sign. Use another one."],
  STORE_DAMAGED: [
    "证书文件已损坏或被改动。请用导出的备份恢复。",
    "The key file is damaged or was altered. Restore it from an exported copy.",
  ],
  STORE_BUSY: [
    "另一个互认通程序正在使用证书文件。请稍后重试；仍不行，请关闭浏览器后再试。",
    "Another program is using the key files. Try again; if that does not help, close the browsers first.",
  ],
  PIN_LAST_TRY: [
    "CA锁只剩最后一次输入机会，刚才的PIN码没有试。请先确认PIN码无误。",
    "The CA lock has one try left; the PIN was not tried. Be sure of it first.",
  ],
  DEVICE_REMOVED: ["CA锁被拔出了。请重新插入后再试。", "The CA lock was pulled out. Plug it in and try again."],
  DEVICE_BUSY: [
    "CA锁正被另一个程序使用。请先关闭那个程序。",
    "Another program is using the CA lock. Close that program first.",
  ],
  PLATFORM_UNPROVED: [
    "文件中的公告或回执不是平台签发的，或平台不在本机名录中。请重新导出，或用 install --registry 更新名录。",
    "A notice or receipt in it is not the platform's, or the registry here does not have the platform. Export it again, or bring a newer registry: install --registry.",
  ],
  NOTICE_OUTDATED: [
    "文件中的公告与本机已有的公告矛盾。请到平台核对开标时间。",
    "A notice in it contradicts the one that is here. Look up the opening time at the platform.",
  ],
};

const ownSystem = `${process.platform} ${process.arch}`;

/** What another program says of itself. */
const plain = (words: string): string => words.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").slice(0, 80);

/** Who has a key (`Edge · 南京公共资源`); not every browser has a name. */
function ownerWords(by: string): readonly [zh: string, en: string] {
  const [name = "", ...site] = by.split(" · ");
  const inWords = (word: string) => plain([word, ...site].join(" · "));
  if (name === SOME_BROWSER) return [inWords("另一个浏览器"), inWords("another browser")];
  if (name === COMMAND_LINE) return [inWords("另一个命令行"), inWords("another terminal")];
  return [plain(by), plain(by)];
}

/** Where it is not said otherwise, a new installation of the driver is what helps. */
function driverWords(
  fault: NonNullable<ErrorDetails["DRIVER_FAILED"]>["fault"] | undefined,
): readonly [string, string] {
  if (fault === "writable") {
    return [
      "其他用户可以改动这个驱动文件或它所在的文件夹，没有加载。请把驱动移到系统文件夹（如 /usr/lib/厂商名），再重新登记。文件和文件夹都是您自己的，也可以对它们运行 chmod go-w；不要改动 /tmp 这样的公用文件夹。",
      "Other users can change this driver or a folder above it: not loaded. Move it into a system folder (such as /usr/lib/vendor) and enrol it there. Where file and folder are your own, chmod go-w on them serves as well; leave shared folders such as /tmp as they are.",
    ];
  }
  if (fault === "changed") {
    return [
      "驱动文件与登记时不同，没有加载。如果是您更新了驱动，请重新运行 certbridge-host devices add <驱动文件>。",
      "The driver is not the file that was enrolled: not loaded. If you updated it, run again: certbridge-host devices add <library>",
    ];
  }
  if (fault === "wrong-architecture") {
    return [
      `CA锁的驱动是给另一种系统或处理器用的（例如32位），不能使用。请向签发证书的CA索取 ${ownSystem} 的驱动。`,
      `The CA lock's driver is built for another system or processor (32 bits, perhaps). Ask its CA for the one for ${ownSystem}.`,
    ];
  }
  if (fault === "hung") {
    return [
      "CA锁的驱动没有响应。请关闭其他使用CA锁的程序，拔下CA锁重新插入，再试。",
      "The CA lock's driver does not answer. Close other programs that use the lock, unplug it, plug it in and try again.",
    ];
  }
  return [
    "CA锁的驱动出错了。请重新安装驱动，再运行 certbridge-host devices add <驱动文件>。",
    "The CA lock's driver failed. Install the driver again, then run: certbridge-host devices add <library>",
  ];
}

/** 09:31:07, in UTC; empty where there is none. */
function clockTime(instant: string | null): string {
  const at = new Date(instant ?? "");
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().slice(11, 19);
}

function wordsOf(error: OperationError): readonly [zh: string, en: string] {
  if (OperationError.is(error, "PIN_INCORRECT")) {
    const { triesLeft, retryAt } = error.details ?? { triesLeft: 0, retryAt: null };
    return retryAt === null
      ? [`PIN码错误，还剩${triesLeft}次。请重新输入。`, `Wrong PIN, ${triesLeft} tries left. Type it again.`]
      : [
          `PIN码错误。请在 ${clockTime(retryAt)}（UTC）之后再试。`,
          `Wrong PIN. Try again after ${clockTime(retryAt)} UTC.`,
        ];
  }
  if (OperationError.is(error, "PIN_LOCKED")) {
    const until = clockTime(error.details?.retryAt ?? null);
    if (until === "")
      return [
        "PIN码输错次数过多，CA锁已锁死。请到签发它的CA解锁。",
        "Too many wrong PINs: the CA lock is locked. Have its CA unlock it.",
      ];
    return [`PIN码输错次数过多，请在 ${until}（UTC）之后再试。`, `Too many wrong PINs. Try again after ${until} UTC.`];
  }
  if (OperationError.is(error, "DEVICE_FAILED") && error.details) {
    const { call, code } = error.details;
    return [
      `CA锁返回了错误（${call} ${code}）。请拔下重插后再试；仍不行，请把此编号告诉签发证书的CA。`,
      `The CA lock answered with an error (${call} ${code}). Unplug it, plug it in and try again; if that does not help, tell its CA this number.`,
    ];
  }
  if (OperationError.is(error, "DEVICE_BUSY") && typeof error.details?.by === "string") {
    const [zh, en] = ownerWords(error.details.by);
    const since = clockTime(error.details.since);
    const [from, until] = since === "" ? ["", ""] : [`（从 ${since} UTC 开始）`, ` (since ${since} UTC)`];
    return [
      `CA锁正被${zh}使用${from}。请先在那里完成或关闭，再试。`,
      `The CA lock is in use by ${en}${until}. Finish or close it there, then try again.`,
    ];
  }
  if (OperationError.is(error, "INVALID_REQUEST")) {
    const { path } = error.details ?? { path: "" };
    if (path === "pin") return ["PIN码须为6至64个字符。", "A PIN has 6 to 64 characters."];
    if (path === "new-pin")
      return [
        "CA锁不接受新PIN码（一般须6至16个字符），原PIN码未变。请换一个。",
        "The CA lock does not take the new PIN (6 to 16 characters, mostly); the old one still holds. Choose another.",
      ];
    return [`所给内容不符：${path}。请核对后重试。`, `This does not fit: ${path}. Check it and try again.`];
  }
  if (OperationError.is(error, "MALFORMED")) {
    const what = error.details?.what ?? "";
    return [`无法识别的文件（${what}）。请核对所给文件。`, `Not a file of this kind (${what}). Check the file given.`];
  }
  if (OperationError.is(error, "UNSUPPORTED_OPERATION")) {
    const what = error.details?.operation ?? "";
    return [`不支持该文件的算法（${what}）。请换一种格式导出。`, `Not supported: ${what}. Export it in another form.`];
  }
  if (OperationError.is(error, "DRIVER_FAILED")) return driverWords(error.details?.fault);
  return WORDS[error.code] ?? [`操作失败（${error.code}）。`, `Failed: ${error.code}.`];
}

/** Lines for standard error. Of an unforeseen error nothing but its name: its message may quote what it was given. */
export function explain(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof OperationError) return wordsOf(error).join("\n");
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  return `操作失败（${name}${code}）。请运行 certbridge-host doctor。\nFailed: ${name}${code}. Run certbridge-host doctor.`;
}
