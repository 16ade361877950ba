/** What is written down of a bid, in words (标书记录的用语): Chinese, then English. The page of the evidence has the Chinese alone. */
import type { LedgerEntry } from "@certbridge/protocol/bid";
import type { PreflightRule } from "@certbridge/protocol/host";

export type Failure = NonNullable<LedgerEntry["failure"]>;

type Words = readonly [zh: string, en: string];

/** What was tried. */
export const STEPS: Readonly<Record<LedgerEntry["step"], Words>> = {
  encrypt: ["加密", "encryption"],
  trial: ["试解密", "trial opening"],
  submit: ["提交（保存平台回执）", "handed in, with the platform's receipt"],
  rehearse: ["再次试解密", "another trial opening"],
  release: ["解密（发出密钥）", "release of the key"],
  own: ["自行解密", "opening for one's own use"],
  opened: ["平台对密钥的答复", "the platform's answer to the key"],
};

/** Where it failed. */
export const LAYERS: Readonly<Record<Failure["layer"], Words>> = {
  person: ["操作人", "the person"],
  key: ["证书或CA锁", "the key"],
  platform: ["平台", "the platform"],
  clock: ["本机时钟", "this computer’s clock"],
  package: ["投标文件", "the bid’s own bytes"],
  program: ["互认通程序", "this program"],
};

/** What is looked at before a bid is handed in, and from then on. */
export const RULES: Readonly<Record<PreflightRule, Words>> = {
  "signing-certificate": ["签名证书到开标时有效", "signing certificate valid at the opening"],
  "encryption-certificate": ["加密证书到开标时有效", "encryption certificate valid at the opening"],
  "same-subject": ["两张证书属于同一单位", "both certificates of one company"],
  "device-key": ["证书与密钥一致", "certificate and key belong together"],
  "key-present": ["须用的证书在本机", "a key that opens it is here"],
  "trial-opening": ["试解密", "trial opening"],
  "renewed-certificate": ["证书没有更换过", "certificate not renewed since"],
  "pin-tries": ["PIN码剩余次数", "PIN tries left"],
  clock: ["本机时间准确", "clock right"],
  revocation: ["证书未吊销", "not revoked"],
  "second-recipient": ["有备用的解密方式", "something else opens it, too"],
};

/** 中文 / English. */
export const both = ([zh, en]: Words): string => `${zh} / ${en}`;
