/** The words of an evidence report, Chinese: what was looked at, what was tried, where it failed, and the codes as sentences. */
import type { BidReport } from "@certbridge/protocol/bid";
import type { ErrorCode, ErrorDetails } from "@certbridge/protocol/errors";
import type { PreflightRule } from "@certbridge/protocol/host";
import { type Failure, LAYERS, RULES } from "../bid-words.ts";
import type { Countersignature, Finding, Ground, Outcome } from "./findings.ts";

/** Chinese for the page and the terminal, English beside it at the terminal. */
export const CHECKS: Readonly<Record<Finding["check"], readonly [zh: string, en: string]>> = {
  ledger: ["操作记录完整，每条都与前一条相接", "the record is whole: each line is bound to the one before"],
  "package-signature": ["加密投标文件由投标人签名", "the package is signed by the bidder"],
  bidder: ["投标人证书由名录中的CA签发", "the bidder’s certificate is of a CA in the registry"],
  report: [
    "投标前检查报告由同一证书签名，并与操作记录相符",
    "the report made when encrypting is signed by the same key and fits the record",
  ],
  program: [
    "出具本报告的程序，就是投标人签名时写明的那一个",
    "this is by the very program that the bidder’s signature names",
  ],
  notice: ["开标通知由名录中的平台签名", "the notice is signed by the platform in the registry"],
  receipt: ["回执由名录中的平台签名，并有受信时间戳", "the receipt is signed by the platform, and stamped"],
  "receipt-line": ["操作记录中有这份回执", "the record has a line with this receipt"],
  "encrypt-head": [
    "平台副署了加密时的记录摘要，与操作记录相符",
    "the platform countersigned the head at encrypting, and it fits",
  ],
  "submit-head": [
    "平台副署了提交时的记录摘要，与操作记录相符",
    "the platform countersigned the head at handing in, and it fits",
  ],
  opening: [
    "解密回执由名录中的平台签名，并有受信时间戳",
    "the opening receipts are signed by the platform, and stamped",
  ],
  "opening-line": ["操作记录中有这些解密回执", "the record has a line with each opening receipt"],
  "open-head": [
    "平台副署了解密时的记录摘要，与操作记录相符",
    "the platform countersigned the head at opening, and it fits",
  ],
};

export const OUTCOMES: Readonly<Record<Outcome, { readonly mark: string; readonly zh: string; readonly en: string }>> =
  {
    holds: { mark: "✓", zh: "成立", en: "holds" },
    fails: { mark: "✗", zh: "不成立", en: "does not hold" },
    absent: { mark: "·", zh: "没有，或名录无法证实", en: "not there, or not vouched for by the registry" },
    unlisted: {
      mark: "?",
      zh: "未经证实：签发它的CA不在名录中",
      en: "not proved: its CA is not in the registry",
    },
    open: {
      mark: "·",
      zh: "不相符，但不能说明是哪一方所致",
      en: "does not fit, which does not show whose doing it is",
    },
  };

export const GROUNDS: Readonly<Record<Ground, string>> = {
  self: "本机自述",
  key: "投标人签名证明",
  platform: "平台签名证明",
};

export const WHEN: Readonly<Record<Countersignature["when"], string>> = {
  encrypt: "加密时",
  submit: "提交时",
  open: "解密时",
};

export const CARRIERS: Readonly<Record<BidReport["carrier"], string>> = {
  "usb-key": "CA锁",
  phone: "手机证书",
  software: "软件证书",
};

/** Outcomes of the check before handing in; newer programs add others. */
const RESULTS: Readonly<Record<string, string>> = {
  good: "通过",
  warning: "提醒",
  unknown: "未能核对，已记录",
  unreachable: "查询没有回答，已记录",
  bad: "不通过",
};

/** Of the program's own. */
const CODES: Partial<Record<ErrorCode, string>> = {
  PIN_INCORRECT: "PIN码错误",
  PIN_LOCKED: "PIN码已锁死或须等待",
  PIN_PAUSED: "PIN码错误次数过多，已暂停",
  USER_DECLINED: "操作人取消",
  CANCELLED: "已取消",
  CONSENT_EXPIRED: "操作超时",
  INTERRUPTED: "操作被打断",
  KEY_NOT_FOUND: "没有找到相符的证书",
  CERTIFICATE_UNUSABLE: "证书不能使用",
  STORE_DAMAGED: "证书文件损坏",
  STORE_BUSY: "证书文件被占用",
  STORAGE_FULL: "磁盘空间不足",
  CONTENT_UNREADABLE: "投标文件读不出来",
  PLATFORM_UNPROVED: "平台的签名未通过核验",
  NOTICE_OUTDATED: "开标通知已被更新的取代",
  NOTICE_REFUSED: "开标通知中的证书不能用于加密",
  ORDER_REFUSED: "解密指令不符合要求",
  CLOCK_BEHIND: "本机时钟慢于时间戳",
  MALFORMED: "内容格式不对",
  BID_REFUSED: "投标前检查未通过",
  BID_NOT_OPENED: "没有打开",
  BACKUP_KEY_REFUSED: "备用密钥文件打不开，或属于别的标段",
  LEGACY_NOT_REGISTERED: "名录不允许该平台使用旧格式",
  VENDOR_DECRYPT_NEEDED: "须用原制作软件解密",
  UNSUPPORTED_OPERATION: "证书或CA锁不支持该操作",
  TOO_LARGE: "内容过大",
  INVALID_REQUEST: "请求内容不符",
  INTERNAL: "程序内部错误",
};

/** Why a platform's server takes no key, in the codes of @certbridge/verify. Another server may have others. */
const REFUSALS: Readonly<Record<string, string>> = {
  RELEASED_KEY_MALFORMED: "平台称密钥格式不对",
  RELEASED_KEY_SIGNATURE_INVALID: "平台称密钥的签名未通过核验",
  RELEASED_KEY_WRONG: "平台称密钥打不开这份投标文件",
  RELEASED_KEY_OF_ANOTHER_SIGNER: "平台称密钥由别的证书发出",
  RELEASED_KEY_OF_ANOTHER_PACKAGE: "平台称密钥属于另一份投标文件",
  RELEASED_KEY_OF_ANOTHER_ORDER: "平台称密钥对应另一份解密指令",
  RELEASED_KEY_UNSIGNED: "平台称密钥没有签名",
  RELEASED_KEY_LATE: "平台称密钥到达过晚",
  PACKAGE_MALFORMED: "平台称加密投标文件格式不对",
  PACKAGE_SIGNATURE_INVALID: "平台称加密投标文件的签名未通过核验",
  PACKAGE_PAYLOAD_MISMATCH: "平台称它保存的加密投标文件与签名时不同",
  PACKAGE_CONTENT_INVALID: "平台称密钥正确，但解密出的内容不合格式",
  PACKAGE_NOT_OPENED: "平台称加密投标文件没有打开",
  PACKAGE_OF_ANOTHER_LOT: "平台称加密投标文件属于别的标段",
  PACKAGE_NOTICE_UNKNOWN: "平台称加密投标文件对应的开标通知不是它发布的",
  PACKAGE_LATE: "平台称加密投标文件送达时已过开标时间",
  PACKAGE_NOT_RECEIVED: "平台称这不是它收到的那份加密投标文件",
  OPENING_NOT_BEGUN: "平台称开标尚未开始",
  TIME_STAMP_REFUSED: "平台称时间戳未通过核验",
  CHAIN_INVALID: "平台称发出密钥的证书链有错",
  CHAIN_UNTRUSTED: "平台称发出密钥的证书不是受信CA签发的",
  CERTIFICATE_EXPIRED: "平台称发出密钥的证书已过期",
  CERTIFICATE_NOT_YET_VALID: "平台称发出密钥的证书尚未生效",
  CERTIFICATE_REVOKED: "平台称发出密钥的证书已吊销",
  CERTIFICATE_USAGE: "平台称发出密钥的证书不能用于签名",
  REVOCATION_UNAVAILABLE: "平台称查不到发出密钥的证书的吊销状态",
  SUBJECT_UNKNOWN: "平台称读不出发出密钥的证书的统一社会信用代码",
};

const ORDER_RULES: Readonly<Record<ErrorDetails["ORDER_REFUSED"]["rule"], string>> = {
  lot: "项目或标段不符",
  opening: "开标时间早于公告",
  "time-stamp": "时间戳未通过核验",
  "too-early": "未到开标时间",
  "too-late": "已过解密截止时间",
  "room-certificate": "开标室证书不能使用",
};

const NOTICE_RULES: Readonly<Record<ErrorDetails["NOTICE_REFUSED"]["rule"], string>> = {
  "committee-certificate": "应急解密委员会的证书",
};

/** A code of a program or platform that knows more words than this one is shown as it is. */
const known = (words: Readonly<Record<string, string | undefined>>, name: string): string =>
  Object.hasOwn(words, name) ? (words[name] ?? name) : name;

export const ruleWords = (rule: string): string =>
  Object.hasOwn(RULES, rule) ? RULES[rule as PreflightRule][0] : rule;
export const resultWords = (outcome: string): string => known(RESULTS, outcome);

const codeWords = (code: string): string => known({ ...REFUSALS, ...CODES }, code);

const reasonWords = (code: string, rule: string): string => {
  if (code === "ORDER_REFUSED") return known(ORDER_RULES, rule);
  return code === "NOTICE_REFUSED" ? known(NOTICE_RULES, rule) : ruleWords(rule);
};

/** 层面 · 原因（代码）. */
export function failureWords({ layer, code, rule }: Failure): string {
  const more = rule === null ? "" : `：${reasonWords(code, rule)}`;
  return `${LAYERS[layer][0]} · ${codeWords(code)}${more}（${code}${rule === null ? "" : ` ${rule}`}）`;
}

export const refusalWords = (code: string): string => `${codeWords(code)}（${code}）`;

/** By the clock of China, which knows no summer time; the language's own functions differ from one computer to the next. */
export function timeWords(at: Date | string): string {
  const shifted = new Date(new Date(at).getTime() + 8 * 3600_000).toISOString();
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}`;
}
