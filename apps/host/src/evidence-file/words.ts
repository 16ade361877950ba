/** The words of an evidence report, Chinese: what was looked at, what was tried, where it failed, and the codes as sentences. */
import type { BidReport, LedgerEntry } from "@certbridge/protocol/bid";
import type { Countersignature, Finding, Ground, Outcome } from "./judge.ts";

type Failure = NonNullable<LedgerEntry["failure"]>;

/** Chinese for the page and the terminal, English beside it at the terminal. */
export const CHECKS: Readonly<Record<Finding["check"], readonly [zh: string, en: string]>> = {
  ledger: ["操作记录的哈希链完整", "the record’s hash chain is whole"],
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
    open: {
      mark: "·",
      zh: "不相符，但不能说明是哪一方所致",
      en: "does not fit, which does not show whose doing it is",
    },
  };

export const STEPS: Readonly<Record<LedgerEntry["step"], string>> = {
  encrypt: "加密",
  trial: "试解密",
  submit: "提交（保存平台回执）",
  rehearse: "再次试解密",
  own: "自行解密",
  release: "解密（发出密钥）",
  opened: "平台对密钥的答复",
};

export const LAYERS: Readonly<Record<Failure["layer"], string>> = {
  person: "操作人",
  key: "证书或CA锁",
  platform: "平台",
  clock: "本机时钟",
  package: "投标文件",
  program: "互认通程序",
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

/** Outcomes of the check before handing in; rules and outcomes are added by newer programs. */
const RULES: Readonly<Record<string, string>> = {
  "signing-certificate": "签名证书到开标时有效",
  "encryption-certificate": "加密证书到开标时有效",
  "same-subject": "两张证书属于同一单位",
  "device-key": "密钥与加密证书一致",
  "trial-opening": "试解密",
  "renewed-certificate": "证书未更换",
  "pin-tries": "PIN码次数",
  clock: "本机时间",
  revocation: "吊销状态",
  "second-recipient": "备用解密方式",
};

const RESULTS: Readonly<Record<string, string>> = {
  good: "通过",
  warning: "提醒",
  unknown: "未能核对，已记录",
  unreachable: "查询没有回答，已记录",
  bad: "不通过",
};

const CODES: Readonly<Record<string, string>> = {
  PIN_INCORRECT: "PIN码错误",
  PIN_LOCKED: "PIN码已锁死或须等待",
  USER_DECLINED: "操作人取消",
  CANCELLED: "已取消",
  CONSENT_EXPIRED: "操作超时",
  INTERRUPTED: "操作被打断",
  KEY_NOT_FOUND: "没有找到相符的证书",
  CERTIFICATE_UNUSABLE: "证书不能使用",
  STORE_DAMAGED: "证书文件损坏",
  STORE_BUSY: "证书文件被占用",
  PLATFORM_UNPROVED: "平台的签名未通过核验",
  NOTICE_OUTDATED: "开标通知已被更新的取代",
  NOTICE_REFUSED: "开标通知中的证书不能用于加密",
  ORDER_REFUSED: "解密指令不符合要求",
  CLOCK_BEHIND: "本机时钟慢于时间戳",
  MALFORMED: "内容格式不对",
  BID_REFUSED: "投标前检查未通过",
  BID_NOT_OPENED: "没有打开",
  TOO_LARGE: "内容过大",
  INVALID_REQUEST: "请求内容不符",
  INTERNAL: "程序内部错误",
  RELEASED_KEY_MALFORMED: "平台称密钥格式不对",
  RELEASED_KEY_SIGNATURE_INVALID: "平台称密钥的签名未通过核验",
  RELEASED_KEY_WRONG: "平台称密钥打不开这份投标文件",
  RELEASED_KEY_OF_ANOTHER_SIGNER: "平台称密钥由别的证书发出",
  RELEASED_KEY_OF_ANOTHER_PACKAGE: "平台称密钥属于另一份投标文件",
  RELEASED_KEY_OF_ANOTHER_ORDER: "平台称密钥对应另一份解密指令",
  RELEASED_KEY_UNSIGNED: "平台称密钥没有签名",
  RELEASED_KEY_LATE: "平台称密钥到达过晚",
};

const ORDER_RULES: Readonly<Record<string, string>> = {
  lot: "项目或标段不符",
  opening: "开标时间早于公告",
  "time-stamp": "时间戳未通过核验",
  "too-early": "未到开标时间",
  "too-late": "已过解密截止时间",
  "room-certificate": "开标室证书不能使用",
};

/** A code of a program or platform that knows more words than this one is shown as it is. */
const known = (words: Readonly<Record<string, string>>, name: string): string =>
  Object.hasOwn(words, name) ? (words[name] ?? name) : name;

export const ruleWords = (rule: string): string => known(RULES, rule);
export const resultWords = (outcome: string): string => known(RESULTS, outcome);

/** 层面 · 原因（代码）. */
export function failureWords({ layer, code, rule }: Failure): string {
  const more = rule === null ? "" : `：${known(code === "ORDER_REFUSED" ? ORDER_RULES : RULES, rule)}`;
  return `${LAYERS[layer]} · ${known(CODES, code)}${more}（${code}${rule === null ? "" : ` ${rule}`}）`;
}

export const refusalWords = (code: string): string => `${known(CODES, code)}（${code}）`;

/** By the clock of China, which knows no summer time; the language's own functions differ from one computer to the next. */
export function timeWords(at: Date | string): string {
  const shifted = new Date(new Date(at).getTime() + 8 * 3600_000).toISOString();
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)}`;
}
