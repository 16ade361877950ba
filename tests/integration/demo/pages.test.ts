import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { type BidderKeys, completeUscc, obtainKeys } from "@certbridge/demo/bidders";
import { attachContent, parseCertificate, signData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { GM_DATA } from "@certbridge/protocol/content-types";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeAnswer, makeToken } from "../../unit/verify/world.ts";
import { launchForPages } from "./page-browser.ts";

/**
 * The platforms' pages in a real browser, with a stand-in for the extension that does real cryptography: pages, policy, words and
 * servers are what is tested here.
 */
let demo: Demo;
let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), "pages-"));
const pictures = process.env["CERTBRIDGE_PICTURES"];

beforeAll(async () => {
  demo = await startDemo({ folder });
  browser = await launchForPages(demo, folder, 900);
});
afterAll(async () => {
  await browser.close();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Device {
  keys: BidderKeys;
  credential: Uint8Array | null;
  /** Rejects the next call with this code. */
  refusing: string | null;
}

let bidders = 100;
function newcomer(): Device {
  bidders++;
  const applicant = { name: `页面测试投标人${bidders}`, uscc: completeUscc(`91320100MA1TXT${bidders}`) };
  return { keys: obtainKeys(demo.gm, demo.authorities.jiangnan, applicant), credential: null, refusing: null };
}

/** What the stand-in answers, for one origin. Bytes as base64url. */
function answer(device: Device, origin: string, verb: string, params: Readonly<Record<string, string>>): unknown {
  if (device.refusing !== null && verb !== "status") {
    const code = device.refusing;
    device.refusing = null;
    return { refused: code };
  }
  const { nonce = "", credential = "", format = "", content = "" } = params;
  switch (verb) {
    case "status":
      return { extension: "0.1.0", host: "0.1.0", operations: [], carriers: ["software"] };
    case "login":
      return makeToken(device.keys, nonce, { origin });
    case "register":
      return makeAnswer(device.keys, nonce, device.credential, { origin });
    case "saveRegistration":
      device.credential = decodeBase64Url(credential);
      return null;
    default: {
      const bytes = decodeBase64Url(content);
      const cms = signData(demo.gm, {
        contentType: GM_DATA,
        content: bytes,
        detached: true,
        certificate: parseCertificate(device.keys.signing),
        privateKey: device.keys.signingKey,
        signedAt: new Date(),
      });
      return { cms: encodeBase64Url(format === "cms-attached" ? attachContent(cms, bytes) : cms) };
    }
  }
}

async function open(which: "a" | "b", device: Device | null): Promise<Page> {
  const { origin } = demo.platforms[which];
  const page = await (await browser.createBrowserContext()).newPage();
  if (device !== null) {
    await page.exposeFunction("standIn", (verb: string, params: Record<string, string>) =>
      answer(device, origin, verb, params),
    );
    await page.evaluateOnNewDocument(() => {
      type Item = { name: string; content: Blob };
      const { standIn } = window as unknown as {
        standIn: (verb: string, params: object) => Promise<{ refused?: string; cms?: string }>;
      };
      const ask = async (verb: string, params: object = {}) => {
        const got = await standIn(verb, params);
        if (typeof got?.refused !== "string") return got;
        throw Object.assign(new Error(got.refused), { name: "SharedCertificateError", code: got.refused });
      };
      const text = async (content: Blob) => {
        let letters = "";
        for (const byte of new Uint8Array(await content.arrayBuffer())) letters += String.fromCharCode(byte);
        return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      };
      Object.defineProperty(window, "sharedCertificate", {
        value: Object.freeze({
          apiVersion: "1.0",
          status: () => ask("status"),
          login: (options: object) => ask("login", options),
          register: (options: object) => ask("register", options),
          saveRegistration: (options: object) => ask("saveRegistration", options),
          sign: async ({ items, format }: { items: Item[]; format: string }) => ({
            results: await Promise.all(
              items.map(async ({ name, content }) => {
                const { cms } = await ask("sign", { format, content: await text(content) });
                return { name, cms };
              }),
            ),
          }),
        }),
      });
    });
  }
  await page.goto(`${origin}/`);
  return page;
}

async function outcome(page: Page): Promise<{ state: string; message: string }> {
  await page.waitForSelector("body[data-state]:not([data-state=busy])");
  return page.evaluate(() => ({
    state: document.body.dataset["state"] ?? "",
    message: document.getElementById("message")?.textContent ?? "",
  }));
}

async function click(page: Page, testId: string): Promise<{ state: string; message: string }> {
  await page.evaluate(() => delete document.body.dataset["state"]);
  const button = await page.waitForSelector(`[data-testid=${testId}]:not([disabled])`, { visible: true });
  await button?.click();
  return outcome(page);
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

async function registerByForm(page: Page): Promise<void> {
  expect((await click(page, "register")).message).toContain("身份已确认");
  await picture(page, "form");
  await page.type("[name=address]", "江南市滨河路1号");
  await page.type("[name=contact]", "张三");
  expect(await click(page, "submit-form")).toEqual({
    state: "done",
    message: "登记成功。登记凭证已存到您的电脑，其他互认平台不必再填表。",
  });
}

describe("a platform's page", () => {
  test("registers by the form, is accepted by the other without one, signs on both", async () => {
    const device = newcomer();
    const a = await open("a", device);
    await a.waitForSelector("#device[data-state=ready]");
    await picture(a, "login-a");
    await registerByForm(a);
    await picture(a, "desk-a");

    const b = await open("b", device);
    await picture(b, "login-b");
    expect((await click(b, "register")).message).toBe(
      "已凭“江南公共资源交易平台（演示）”的登记凭证完成注册，无须填表。",
    );
    expect((await click(b, "sign")).message).toBe("已签名并通过核验：1 份。");
    await b.click("[name=attached]");
    expect((await click(b, "sign")).message).toBe("已签名并通过核验：1 份。");
    await picture(b, "signed-b");
    expect(await b.$$eval("#documents li", (items) => items.length)).toBe(2);
    expect(demo.platforms.b.admin.submissions(device.keys.applicant.uscc)).toHaveLength(2);

    expect((await click(b, "logout")).state).toBe("done");
    expect((await click(b, "login")).message).toContain("登录成功");
  });

  test("says what to do where something is refused", async () => {
    const device = newcomer();
    const page = await open("a", device);
    expect(await click(page, "login")).toEqual({
      state: "NOT_REGISTERED",
      message: "证书核验通过，但贵单位尚未在本平台登记。请点“互认通注册”。",
    });
    device.refusing = "USER_DECLINED";
    expect((await click(page, "login")).state).toBe("USER_DECLINED");
    await picture(page, "declined");
    await registerByForm(page);
    demo.authorities.jiangnan.revoke(device.keys.signing);
    await click(page, "logout");
    expect((await click(page, "login")).message).toContain("证书已吊销");
  });

  test("says so where there is no extension", async () => {
    const page = await open("a", null);
    await page.waitForSelector("#device[data-state=missing]");
    expect(await page.$eval("#device", (element) => element.textContent)).toContain("未检测到互认通扩展");
    await picture(page, "missing");
    expect((await click(page, "login")).state).toBe("EXTENSION_MISSING");
  });

  test("breaks no policy of its own, and lets no markup in", async () => {
    const page = await open("a", newcomer());
    const complaints: string[] = [];
    page.on("console", (line) => void (line.type() === "error" && complaints.push(line.text())));
    page.on("pageerror", (error) => void complaints.push(String(error)));
    await page.reload();
    await page.waitForSelector("#device[data-state=ready]");
    expect(complaints).toEqual([]);
    const refused = await page.evaluate(() => {
      try {
        document.body.innerHTML = "<b>x</b>";
        return false;
      } catch {
        return true;
      }
    });
    expect(refused).toBe(true);
  });

  test("the foreign page gets nothing", async () => {
    const page = await browser.newPage();
    await page.goto(`${demo.phish.origin}/attempts`);
    await page.waitForSelector("body[data-state=done]");
    expect(await page.$$eval("[data-reached]", (lines) => lines.map((line) => line.textContent))).toEqual([
      "api: nothing",
      "message: nothing",
      "extension: nothing",
      "frame: nothing",
      "nonce: nothing",
    ]);
  });
});
