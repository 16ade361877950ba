import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as v from "valibot";
import { errorCodes } from "@certbridge/protocol/errors";
import { operations } from "@certbridge/protocol/page";
import { words as platformWords } from "../../../apps/demo/src/page/words.ts";

/**
 * The words that people read: three languages with the same keys, every error and every verb named, the house's vocabulary kept,
 * also by the demonstration's pages.
 */
const extension = join(import.meta.dirname, "../../../extension");

function messagesOf(locale: string): Map<string, string> {
  const file: unknown = JSON.parse(readFileSync(join(extension, `public/_locales/${locale}/messages.json`), "utf8"));
  const parsed = v.parse(v.record(v.string(), v.strictObject({ message: v.pipe(v.string(), v.nonEmpty()) })), file);
  return new Map(Object.entries(parsed).map(([key, { message }]) => [key, message]));
}

const zh = messagesOf("zh_CN");
const tw = messagesOf("zh_TW");
const en = messagesOf("en");

const gaps = (message: string | undefined) => [...new Set(message?.match(/\$\d/g) ?? [])].sort();

describe("three languages", () => {
  test.each([
    ["zh_TW", tw],
    ["en", en],
  ])("%s has the keys of zh_CN, in the same order", (_locale, messages) => {
    expect([...messages.keys()]).toEqual([...zh.keys()]);
  });

  test.each([...zh])("%s has the same gaps in each", (key, message) => {
    expect(gaps(tw.get(key))).toEqual(gaps(message));
    expect(gaps(en.get(key))).toEqual(gaps(message));
  });

  test("each says which one it is", () => {
    expect([zh, tw, en].map((messages) => messages.get("language_tag"))).toEqual(["zh-CN", "zh-TW", "en"]);
    expect(readdirSync(join(extension, "public/_locales")).sort()).toEqual(["en", "zh_CN", "zh_TW"]);
  });

  test("English holds no Chinese; keys are of the form that browsers take, unique without case", () => {
    for (const message of en.values()) expect(message).not.toMatch(/\p{Script=Han}/u);
    for (const key of zh.keys()) expect(key).toMatch(/^[A-Za-z0-9_]+$/);
    expect(new Set(Array.from(zh.keys(), (key) => key.toLowerCase())).size).toBe(zh.size);
  });
});

/** The 13,053 Han characters of Big5, which has none of the simplified forms: rows A4 to C6 and C9 to F9. */
function traditionalCharacters(): ReadonlySet<string> {
  const decoder = new TextDecoder("big5", { fatal: true });
  const found = new Set<string>();
  for (let row = 0xa4; row <= 0xf9; row++) {
    if (row === 0xc7 || row === 0xc8) continue;
    for (let cell = 0x40; cell <= 0xfe; cell++) {
      if (cell > 0x7e && cell < 0xa1) continue;
      // What stands behind the last character of each part was filled by others.
      if ((row === 0xc6 && cell > 0x7e) || (row === 0xf9 && cell > 0xd5)) continue;
      found.add(decoder.decode(Uint8Array.of(row, cell)));
    }
  }
  return found;
}

describe("the Traditional words", () => {
  test("are written in Traditional characters", () => {
    const traditional = traditionalCharacters();
    expect(traditional.size).toBe(13_053);
    const others = [...tw].flatMap(([key, message]) =>
      (message.match(/\p{Script=Han}/gu) ?? []).flatMap((letter) => (traditional.has(letter) ? [] : [[key, letter]])),
    );
    expect(others).toEqual([]);
  });

  /** What the mainland says and Taiwan says otherwise. 憑證 is the certificate there, so that the credential has another name. */
  const foreign =
    "軟件 程序 文件 網絡 默認 支持 信息 數據 服務器 屏幕 窗口 圖標 點擊 登錄 刷新 保存 導入 導出 添加 鏈接 打印 兼容 文檔 證書 登記憑證 設置 調用 質量";

  test.each(foreign.split(" "))("%s is said otherwise", (word) => {
    expect([...tw].filter(([, message]) => message.includes(word))).toEqual([]);
  });

  test("quote in Taiwan's marks", () => {
    for (const message of tw.values()) expect(message).not.toMatch(/[“”‘’]/);
  });
});

const forbidden = ["令牌", "载体", "信封", "私钥", "容器", "会话", "哈希", "撤销", "撤回", "口令", "密码", "收据"];
const forbiddenInTraditional =
  "令牌 權杖 載體 載具 信封 私鑰 金鑰 容器 會話 工作階段 哈希 雜湊 撤銷 撤回 口令 密碼 通行碼 收據".split(" ");

describe("the house's vocabulary", () => {
  test.each(forbidden)("%s is on no screen", (word) => {
    expect([...zh].filter(([, message]) => message.includes(word))).toEqual([]);
  });

  test.each(forbiddenInTraditional)("%s is on no screen in Traditional", (word) => {
    expect([...tw].filter(([, message]) => message.includes(word))).toEqual([]);
  });

  test("PIN is said PIN码, with the letters together", () => {
    for (const message of zh.values()) expect(message).not.toMatch(/PIN(?!码)/);
    for (const message of tw.values()) expect(message).not.toMatch(/PIN(?!碼)/);
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
  const pages = join(extension, "../apps/demo/src");
  const markup = ["platform/home-page.ts", "platform/hall-page.ts", "page/bid.ts"]
    .map((page) => readFileSync(join(pages, page), "utf8"))
    .join("\n");

  test.each(forbidden)("%s is on none of their pages", (word) => {
    expect(sentences.filter(([, sentence]) => sentence.includes(word))).toEqual([]);
  });

  test("send people to buttons that are there, by their names", () => {
    const named = sentences.flatMap(([, sentence]) => sentence.match(/(?<=[点择]“)[^”]+/g) ?? []);
    expect(new Set(named)).toEqual(new Set(["互认通注册", "不出示", "我要解密", "继续上传"]));
    for (const button of [">互认通注册</button>", ">我要解密</button>", 'textContent = "继续上传"']) {
      expect(markup).toContain(button);
    }
    expect(zh.get("register_show_none")).toBe("不出示");
  });

  test("say the same of every challenge that is used up", () => {
    expect(new Set([platformWords.NONCE_MISSING, platformWords.NONCE_EXPIRED])).toEqual(
      new Set(["登录验证码已失效，请刷新页面重试。"]),
    );
  });
});

/** `install` puts nothing into PATH: docs/host.md. */
describe("commands", () => {
  const commands = [...zh, ...tw, ...en].flatMap(([key, message]) =>
    Array.from(message.matchAll(/(\S*)certbridge-host (?=[a-z])([^，。；、」（]*)/g), ([, path = "", rest = ""]) => ({
      key,
      path,
      rest,
    })),
  );

  test("are written with the launcher's path, so that they run as they stand", () => {
    expect(commands.length).toBeGreaterThan(30);
    expect(commands.filter(({ path }) => path !== "~/.local/share/certbridge/")).toEqual([]);
  });

  test("that need a file say so", () => {
    const needy = commands.filter(({ rest }) => /^(devices add|keys open)/.test(rest));
    expect(needy.length).toBeGreaterThan(20);
    expect(needy.filter(({ rest }) => !/^(devices add|keys open) <[^>]+>/.test(rest))).toEqual([]);
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
