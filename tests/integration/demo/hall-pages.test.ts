import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenRules } from "../../support/screens/rules.ts";
import { releaseKey } from "../../support/sealed-bid.ts";
import { launchForPages } from "./page-browser.ts";
import { type Bidder, enter, FILES, mineOf, sealFor } from "./tender.ts";

/**
 * 投标 and 开标大厅 in a real browser, with a stand-in for the extension that does real cryptography: pages, policy, words and servers are
 * what is tested here.
 */
let demo: Demo;
let browser: Browser;
let offsetMs = 0;
const folder = mkdtempSync(join(tmpdir(), "hall-"));
const pictures = process.env["CERTBRIDGE_PICTURES"];
const PAGE_MS = 20_000;

beforeAll(async () => {
  demo = await startDemo({ folder, clock: () => Date.now() + offsetMs });
  browser = await launchForPages(demo, folder, 1000);
});
afterAll(async () => {
  await browser.close();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

const bidding = () => demo.platforms.a.admin.bidding;

let lotsMade = 0;
function newLot(): string {
  lotsMade++;
  const id = `page-${lotsMade}`;
  const openingAt = Date.now() + offsetMs + 3600_000;
  const names = { projectCode: `P-${lotsMade}`, projectName: "江南市滨河大道改造工程施工", lot: "一标段" };
  bidding().lots.announce({ id, ...names, openingAt });
  return id;
}

interface Device extends Bidder {
  readonly lotId: string;
  /** What its extension can do. */
  operations: readonly string[];
  /** Rejects the next call with this code. */
  refusing: string | null;
  /** What its one job is, each time that it is asked for. */
  jobStates: readonly string[];
  readonly kept: string[];
  /** Keeps no receipt for a while. */
  keepsNone: boolean;
}

async function answer(device: Device, verb: string, params: Readonly<Record<string, string>>): Promise<unknown> {
  if (verb === "status") return { extension: "0.1.0", host: "0.1.0", operations: device.operations, carriers: [] };
  if (device.refusing !== null) {
    const refused = device.refusing;
    device.refusing = null;
    return { refused };
  }
  const { keyBlock = "", order = "", receipt = "" } = params;
  if (verb === "encrypt" || verb === "jobs") {
    const bid = await sealFor(demo, device, device.lotId, FILES);
    const said = { packageId: bid.header.packageId, bytes: encodeBase64Url(bid.bytes) };
    if (verb === "encrypt") return said;
    const { projectCode, lot } = bid.header;
    const [state, ...later] = device.jobStates;
    device.jobStates = later;
    return { ...said, state, lot: { projectCode, lot }, progress: { done: 1, total: 4 }, startedAt: "" };
  }
  if (verb === "saveReceipt") return device.keepsNone ? { refused: "STORE_BUSY" } : device.kept.push(receipt);
  const key = releaseKey(demo.gm, device.keys, decodeBase64Url(keyBlock), decodeBase64Url(order));
  return { releasedKey: encodeBase64Url(key) };
}

const complaints: string[] = [];

async function open(path: string, device: Device | null): Promise<Page> {
  const { origin } = demo.platforms.a;
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.on("console", (line) => void (line.type() === "error" && complaints.push(line.text())));
  page.on("pageerror", (error) => void complaints.push(String(error)));
  if (device !== null) {
    const cookie = { name: "__Host-session", value: device.visitor.cookie(), domain: new URL(origin).host };
    await context.setCookie({ ...cookie, path: "/", secure: true, httpOnly: true });
    await page.exposeFunction("standIn", (verb: string, params: Record<string, string>) =>
      answer(device, verb, params),
    );
    await page.evaluateOnNewDocument(() => {
      const { standIn } = window as unknown as {
        standIn: (verb: string, params: object) => Promise<{ refused?: string; bytes?: string }>;
      };
      const ask = async (verb: string, params: object = {}) => {
        const got = await standIn(verb, params);
        if (typeof got?.refused !== "string") return got;
        throw Object.assign(new Error(got.refused), { name: "SharedCertificateError", code: got.refused });
      };
      const withPackage = ({ bytes = "", ...said }: { bytes?: string }) => {
        const text = atob(bytes.replaceAll("-", "+").replaceAll("_", "/"));
        return { ...said, package: new File([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], "投标.cbid") };
      };
      const api = {
        apiVersion: "1.0",
        status: () => ask("status"),
        encrypt: async (options: object) => withPackage(await ask("encrypt", options)),
        jobs: async (options: object) => [withPackage(await ask("jobs", options))],
        decrypt: (options: object) => ask("decrypt", options),
        saveReceipt: (options: object) => ask("saveReceipt", options),
      };
      Object.defineProperty(window, "sharedCertificate", { value: Object.freeze(api) });
    });
  }
  await page.goto(`${origin}${path}`);
  return page;
}

const ALL = ["status", "encrypt", "decrypt", "saveReceipt", "jobs"];

async function newDevice(lotId: string, operations: readonly string[] = ALL): Promise<Device> {
  return {
    ...(await enter(demo, "江南测试")),
    lotId,
    operations,
    refusing: null,
    jobStates: [],
    kept: [],
    keepsNone: false,
  };
}

const textOf = (page: Page, id: string) => page.$eval(`#${id}`, (found) => found.textContent ?? "");

/** Waits until the element says this. */
const says = (page: Page, id: string, words: string) =>
  page.waitForFunction(
    (id, words) => document.getElementById(id)?.textContent?.includes(words) === true,
    { timeout: PAGE_MS },
    id,
    words,
  );

async function click(page: Page, testId: string): Promise<{ state: string; message: string }> {
  const button = await page.waitForSelector(`[data-testid=${testId}]:not([disabled])`, {
    visible: true,
    timeout: PAGE_MS,
  });
  await page.evaluate(() => delete document.body.dataset["state"]);
  await button?.click();
  await page.waitForSelector("body[data-state]:not([data-state=busy])", { timeout: PAGE_MS });
  return page.evaluate(() => ({
    state: document.body.dataset["state"] ?? "",
    message: document.getElementById("message")?.textContent ?? "",
  }));
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

/** WCAG 2.1, A and AA, in both themes. */
async function expectReadable(page: Page): Promise<void> {
  for (const value of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
    expect(await brokenRules(page), value).toEqual([]);
  }
}

const isHidden = (page: Page, id: string) => page.$eval(`#${id}`, (found) => (found as HTMLElement).hidden);

/** Both pages in one story: what a clerk does on two days. */
describe("a clerk", () => {
  test("encrypts, uploads, keeps the receipt, checks in, decrypts when the host begins", async () => {
    const lotId = newLot();
    const device = await newDevice(lotId);
    const bid = await open(`/bid?lot=${lotId}`, device);
    await says(bid, "lot", "一标段");
    await says(bid, "deadline", "距投标截止");
    expect((await click(bid, "encrypt")).message).toBe("加密完成，已试解密成功。请上传。");
    await picture(bid, "bid-encrypted");
    const submitted = await click(bid, "upload");
    expect(submitted.message).toMatch(/^提交成功 \d\d:\d\d:\d\d，回执已生成。$/);
    await says(bid, "receipt", "时间戳机构签发");
    expect((await click(bid, "keep-receipt")).message).toBe("回执已存到本机。");
    expect(device.kept).toHaveLength(1);
    await picture(bid, "bid-receipt");
    await expectReadable(bid);

    const hall = await open(`/hall?lot=${lotId}`, device);
    await says(hall, "clock", "距开标");
    await says(hall, "seats-empty", "开标开始后公布");
    expect(await hall.$eval("#decrypt", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    expect((await click(hall, "check-in")).message).toContain("签到成功");
    await picture(hall, "hall-waiting");

    const host = await open(`/host?lot=${lotId}#${bidding().operatorCode}`, null);
    await says(host, "project", "一标段");
    expect(await host.$eval("#begin", (button) => (button as HTMLButtonElement).disabled)).toBe(true);
    offsetMs += 3600_000;
    expect((await click(host, "begin")).message).toMatch(/^解密指令已发出，时间戳 \d\d:\d\d:\d\d。$/);
    await says(hall, "clock", "剩余 28分");
    expect((await click(hall, "decrypt")).message).toMatch(/^已解密 \d\d:\d\d:\d\d$/);
    await says(hall, "seats", "已解密，2个文件");
    await says(hall, "outcome", "已解密");
    await says(host, "seats", "已解密，2个文件");
    await picture(hall, "hall-opened");
    await picture(host, "host");
    await expectReadable(hall);
    await expectReadable(host);
    expect(await isHidden(hall, "ladder")).toBe(true);
    const csv = await hall.evaluate(async () =>
      (await fetch((document.getElementById("result-csv") as HTMLAnchorElement).href)).text(),
    );
    expect(csv).toContain(device.keys.applicant.name);
    expect((await click(host, "close")).message).toContain("开标室的密钥已销毁");
    await says(hall, "clock", "开标结束");
  });

  test("whose key does not decrypt finds the ladder, and the reason stands in the record", async () => {
    const lotId = newLot();
    const device = await newDevice(lotId);
    const bid = await open(`/bid?lot=${lotId}`, device);
    await click(bid, "encrypt");
    await click(bid, "upload");
    const hall = await open(`/hall?lot=${lotId}`, device);
    offsetMs += 3600_000;
    await bidding().hall.begin(bidding().lots.find(lotId));
    device.refusing = "KEY_NOT_FOUND";
    device.keepsNone = true;
    expect(await click(hall, "decrypt")).toEqual({
      state: "KEY_NOT_FOUND",
      message: "请插入CA锁，或导入软件证书后重试。",
    });
    await hall.waitForSelector("#ladder:not([hidden])", { timeout: PAGE_MS });
    const steps = await hall.$$eval("#ladder ol > li > :first-child:not([hidden])", (found) =>
      found.map((one) => one.textContent),
    );
    // This bid was encrypted for one key: nothing is offered that it does not have.
    expect(steps).toEqual(["重试", "换一台电脑", "使用备用密钥文件", "导出记录"]);
    await says(hall, "spares", "无备用锁");
    await says(hall, "seats", "请插入CA锁");
    await picture(hall, "hall-ladder");
    await expectReadable(hall);
    const record = await hall.evaluate(async () =>
      (await fetch((document.getElementById("record") as HTMLAnchorElement).href)).text(),
    );
    expect(record).toContain("KEY_NOT_FOUND");
    expect(await isHidden(hall, "check-in")).toBe(false);
    expect((await click(hall, "again")).message).toMatch(/^已解密/);
    await hall.waitForSelector("#ladder[hidden]", { timeout: PAGE_MS });
    expect(await isHidden(hall, "check-in")).toBe(true);

    // The platform's answer to the key is kept when it is there; where that fails it is tried again later.
    await expect.poll(async () => (await mineOf(device, lotId)).answer, { timeout: PAGE_MS }).not.toBeNull();
    const { answer } = await mineOf(device, lotId);
    expect(device.kept).toEqual([]);
    device.keepsNone = false;
    await hall.evaluate((laterMs) => {
      const { now } = Date;
      Date.now = () => now() + laterMs;
    }, 60_000);
    await expect.poll(() => device.kept, { timeout: PAGE_MS }).toEqual([answer]);
  });

  test("whose page was reloaded goes on with what was encrypted, and hands it in; where nothing came of it they encrypt again", async () => {
    const lotId = newLot();
    const device = await newDevice(lotId);
    const bid = await open(`/bid?lot=${lotId}`, device);
    await bid.waitForSelector("#encrypt:not([hidden])", { timeout: PAGE_MS });
    // Nothing was begun here: nothing is asked.
    expect(await isHidden(bid, "recovery")).toBe(true);
    device.refusing = "INTERRUPTED";
    expect((await click(bid, "encrypt")).state).toBe("INTERRUPTED");
    await bid.reload();
    await bid.waitForSelector("#recovery:not([hidden])", { timeout: PAGE_MS });
    await picture(bid, "bid-recovery");
    await expectReadable(bid);
    device.jobStates = ["working", "done"];
    expect((await click(bid, "recover")).message).toBe("已找回加密投标文件，不必重新加密。请上传。");
    expect(await isHidden(bid, "recovery")).toBe(true);
    expect((await click(bid, "upload")).message).toContain("提交成功");
    await bid.reload();
    await bid.waitForSelector("#encrypt:not([hidden])", { timeout: PAGE_MS });
    expect(await isHidden(bid, "recovery")).toBe(true);

    device.refusing = "INTERRUPTED";
    await click(bid, "encrypt");
    await bid.reload();
    await bid.waitForSelector("#recovery:not([hidden])", { timeout: PAGE_MS });
    device.jobStates = ["lost"];
    expect((await click(bid, "recover")).message).toContain("请重新选择投标文件并加密");
    expect(await isHidden(bid, "recovery")).toBe(true);
    expect((await click(bid, "encrypt")).message).toBe("加密完成，已试解密成功。请上传。");
  });

  test("whose extension has no such verbs is told so, and can still upload what is encrypted", async () => {
    const lotId = newLot();
    const device = await newDevice(lotId, ["status", "login"]);
    const bid = await open(`/bid?lot=${lotId}`, device);
    await bid.waitForSelector("#encrypt-missing:not([hidden])", { timeout: PAGE_MS });
    expect(await isHidden(bid, "encrypt")).toBe(true);
    const path = join(folder, "made.cbid");
    writeFileSync(path, (await sealFor(demo, device, lotId)).bytes);
    const input = await bid.$("#package");
    await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path);
    expect((await click(bid, "upload")).message).toContain("提交成功");
    expect(await isHidden(bid, "keep-receipt")).toBe(true);
    const hall = await open(`/hall?lot=${lotId}`, device);
    await hall.waitForSelector("#decrypt-missing:not([hidden])", { timeout: PAGE_MS });
    expect(await isHidden(hall, "decrypt")).toBe(true);
    await picture(hall, "hall-missing");
  });

  test("whose line breaks goes on where it was", async () => {
    const lotId = newLot();
    const device = await newDevice(lotId);
    const bid = await open(`/bid?lot=${lotId}`, device);
    await click(bid, "encrypt");
    await bid.setOfflineMode(true);
    expect((await click(bid, "upload")).message).toContain("网络中断");
    expect(await textOf(bid, "upload")).toBe("继续上传");
    await bid.setOfflineMode(false);
    // It breaks again where everything is sent and the answer is on its way: then nothing is sent a second time.
    await bid.evaluate(() => {
      const { fetch } = window;
      window.fetch = async (...asked) => {
        const got = await fetch(...asked);
        if (!got.url.endsWith("/complete")) return got;
        window.fetch = (path, init) => {
          document.body.dataset["sent"] = `${document.body.dataset["sent"] ?? ""}${init?.method ?? "GET"} `;
          return fetch(path, init);
        };
        throw new TypeError("the line broke");
      };
    });
    expect((await click(bid, "upload")).message).toContain("网络中断");
    expect((await click(bid, "upload")).message).toContain("提交成功");
    expect(await bid.evaluate(() => document.body.dataset["sent"])).toBe("GET POST ");
    expect(bidding().bids.of(lotId)).toHaveLength(1);
  });

  test("who is not signed in is told so, and the host's page does nothing without its link", async () => {
    const lotId = newLot();
    const bid = await open(`/bid?lot=${lotId}`, null);
    await bid.waitForSelector("#sign-in-first:not([hidden])", { timeout: PAGE_MS });
    const host = await open(`/host?lot=${lotId}`, null);
    await says(host, "message", "此操作只能由主持人进行");
  });
});

test("nothing of it broke the pages' own policy", () => {
  const expected =
    /Failed to load resource: (net::ERR_INTERNET_DISCONNECTED|the server responded with a status of 40[14])/;
  expect(complaints.filter((line) => !expected.test(line))).toEqual([]);
});
