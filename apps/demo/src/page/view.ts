/** The page's elements: found by id, filled with text. */
import type { ShownAccount, ShownSubmission } from "./server.ts";

/** The element with this id, which the page's markup always has. */
export function find<T extends HTMLElement = HTMLElement>(id: string, kind?: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`the page has no ${id}`);
  return found as T;
}

export function element(tag: string, text: string, className = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== "") made.className = className;
  return made;
}

/** A file's bytes in base64url without padding; the browser's own encoder does the work. */
export function base64UrlOf(content: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.addEventListener("error", () => failed(reader.error ?? new Error("the file cannot be read")));
    reader.addEventListener("load", () => {
      const [, text = ""] = typeof reader.result === "string" ? reader.result.split(",") : [];
      done(text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""));
    });
    reader.readAsDataURL(content);
  });
}

const FACTS: Readonly<Record<string, string>> = {
  certificateAuthority: "证书签发机构",
  registrationDivision: "登记机关行政区划",
  issuerName: "凭证签发平台",
  address: "通讯地址",
  contact: "联系人",
  phone: "联系电话",
  bank: "开户银行及账号",
};

function rowsOf(facts: Readonly<Record<string, string>>, note: string): [string, string, string][] {
  return Object.entries(facts)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [FACTS[name] ?? name, value, note]);
}

export function showAccount({ name, uscc, source, facts, received, declared }: ShownAccount): void {
  const rows: [string, string, string][] = [
    ["单位名称", name, "已核验"],
    ["统一社会信用代码", uscc, "已核验"],
    ["登记方式", source === "form" ? "本平台填表登记" : "出示登记凭证，免填表", ""],
    ...rowsOf(facts, "已核验"),
    ...rowsOf(source === "form" ? {} : { issuerName: received["issuerName"] ?? source }, "已核验"),
    ...rowsOf(declared ?? {}, "自行填写"),
  ];
  find("account").replaceChildren(
    ...rows.flatMap(([term, value, note]) => {
      const shown = element("dd", value);
      if (note !== "") shown.append(element("small", note, note === "已核验" ? "proved" : "told"));
      return [element("dt", term), shown];
    }),
  );
}

/** By law and habit an opening is at a time of China's clock, wherever the bidder's computer is. */
const BEIJING = { hour12: false, timeZone: "Asia/Shanghai" } as const;

/** 09:31:07, 北京时间. */
export const timeOf = (at: number): string => new Date(at).toLocaleTimeString("zh-CN", BEIJING);

/** 2026年12月8日 09:30:00, likewise. */
export const dayAndTimeOf = (at: number): string =>
  new Date(at).toLocaleString("zh-CN", { dateStyle: "long", timeStyle: "medium", ...BEIJING });

/** When bids are opened, with the words for whose clock that is. */
export const openingOf = (at: number): string => `北京时间 ${dayAndTimeOf(at)}`;

/** 18分20秒; from an hour on 2小时05分20秒, from two days on 3天. */
export function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (number: number) => String(number).padStart(2, "0");
  if (seconds >= 2 * 86_400) return `${Math.floor(seconds / 86_400)}天`;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}小时${two(minutes)}分${two(seconds % 60)}秒` : `${minutes}分${two(seconds % 60)}秒`;
}

/** Terms and what they are, as a list of definitions has them. */
export function showTerms(id: string, rows: readonly (readonly [term: string, text: string])[]): void {
  find(id).replaceChildren(...rows.flatMap(([term, text]) => [element("dt", term), element("dd", text)]));
}

export function showSubmissions(submissions: readonly ShownSubmission[]): void {
  find("empty").hidden = submissions.length > 0;
  find("documents").replaceChildren(
    ...submissions.map(({ name, format, digest, revocation, receivedAt }) => {
      const item = element("li", "");
      const facts = [
        `${timeOf(receivedAt)} 核验通过`,
        format === "cms-attached" ? "含原文" : "不含原文",
        revocation === "good" ? "证书未吊销" : "未查到吊销状态，已记录",
        `SM3 ${digest.slice(0, 16)}…`,
      ];
      item.append(element("strong", name), element("small", facts.join(" · ")));
      return item;
    }),
  );
}
