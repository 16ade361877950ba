import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { errorCodes } from "@certbridge/protocol/errors";
import { operations } from "@certbridge/protocol/page";
import { words as platformWords } from "../../../apps/demo/src/page/words.ts";

/**
 * The words that people read: two languages with the same keys, every error and every verb named, the house's vocabulary kept,
 * also by the demonstration's pages.
 */
const extension = join(import.meta.dirname, "../../../extension");

function messagesOf(locale: string): Map<string, string> {
  const file: unknown = JSON.parse(readFileSync(join(extension, `public/_locales/${locale}/messages.json`), "utf8"));
  const parsed = v.parse(v.record(v.string(), v.strictObject({ message: v.pipe(v.string(), v.nonEmpty()) })), file);
  return new Map(Object.entries(parsed).map(([key, { message }]) => [key, message]));
}

const zh = messagesOf("zh_CN");
const en = messagesOf("en");

const gaps = (message: string | undefined) => [...new Set(message?.match(/\$\d/g) ?? [])].sort();

describe("two languages", () => {
  test("have the same keys, in the same order", () => {
    expect([...en.keys()]).toEqual([...zh.keys()]);
  });

  test.each([...zh])("%s has the same gaps in both", (key, message) => {
    expect(gaps(en.get(key))).toEqual(gaps(message));
  });

  test("English holds no Chinese; keys are of the form that browsers take, unique without case", () => {
    for (const message of en.values()) expect(message).not.toMatch(/\p{Script=Han}/u);
    for (const key of zh.keys()) expect(key).toMatch(/^[A-Za-z0-9_]+$/);
    expect(new Set(Array.from(zh.keys(), (key) => key.toLowerCase())).size).toBe(zh.size);
  });
});

const forbidden = ["令牌", "载体", "信封", "私钥", "容器", "会话", "哈希", "撤销", "撤回", "口令", "密码", "收据"];

describe("the house's vocabulary", () => {
  test.each(forbidden)("%s is on no screen", (word) => {
    expect([...zh].filter(([, message]) => message.includes(word))).toEqual([]);
  });

  test("PIN is said PIN码, with the letters together", () => {
    for (const message of zh.values()) expect(message).not.toMatch(/PIN(?!码)/);
  });
});

describe("nothing is without words", () => {
  test.each(errorCodes)("error %s", (code) => {
    expect(zh.get(`error_${code}`)).toBeDefined();
    expect(en.get(`error_${code}`)).toBeDefined();
  });

  test.each(Object.values(operations).filter(({ consent }) => consent !== "none"))("verb $name", ({ name }) => {
    expect(zh.get(`operation_${name}`)).toBeDefined();
  });
});

describe("the demonstration's platforms", () => {
  const sentences = Object.entries<string>(platformWords);
  const markup = readFileSync(join(extension, "../apps/demo/src/platform/html.ts"), "utf8");

  test.each(forbidden)("%s is on none of their pages", (word) => {
    expect(sentences.filter(([, sentence]) => sentence.includes(word))).toEqual([]);
  });

  test("send people to buttons that are there, by their names", () => {
    const named = sentences.flatMap(([, sentence]) => sentence.match(/(?<=[点择]“)[^”]+/g) ?? []);
    expect(new Set(named)).toEqual(new Set(["互认通注册", "不出示"]));
    expect(markup).toContain(">互认通注册</button>");
    expect(zh.get("register_show_none")).toBe("不出示");
  });

  test("say the same of every challenge that is used up", () => {
    expect(new Set([platformWords.NONCE_MISSING, platformWords.NONCE_EXPIRED])).toEqual(
      new Set(["登录验证码已失效，请刷新页面重试。"]),
    );
  });
});

test("every key is used somewhere: no words that nobody sees", () => {
  const sources = globSync("{wxt.config.ts,{entrypoints,platform,surfaces}/**/*.{ts,tsx}}", { cwd: extension })
    .map((path) => readFileSync(join(extension, path), "utf8"))
    .join("\n");
  const used = (key: string) => sources.includes(`"${key}"`) || sources.includes(`__MSG_${key}__`);
  const ofErrors = new Set(errorCodes.map((code) => `error_${code}`));
  expect([...zh.keys()].filter((key) => !used(key) && !ofErrors.has(key))).toEqual([]);
});
