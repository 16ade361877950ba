import {
  appears,
  type Approval,
  approvalOf,
  BIDDER,
  bringToFront,
  openSite,
  openStage,
  says,
  type Stage,
} from "@certbridge/demo/walk";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { brokenRules } from "../support/screens/rules.ts";
import { obtain, removeKeys } from "../support/screens/keys.ts";

/** A bidder whose key is gone on the day: the backup key file that was saved after encrypting opens the bid, and nothing of it is kept. */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/bids-backup";
const DOWNLOADS = resolve(FOLDER, "downloads");
const LOT = "backup";
let stage: Stage;
let page: Page;

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER });
  await obtain(stage, "jiangnan");
  stage.demo.platforms.a.admin.addAccount({ name, uscc });
  const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
  page = site.page;
}, 120_000);

afterAll(() => stage.close());

const bidding = () => stage.demo.platforms.a.admin.bidding;

async function upload(window: Page, selector: string, file: string): Promise<void> {
  await appears(window, selector);
  const field = (await window.$(selector)) as ElementHandle<HTMLInputElement>;
  await field.uploadFile(file);
}

/** A picture, and the rules of WCAG: they hold once a button's colours have come to rest. */
async function shoot(window: Page, what: string): Promise<void> {
  await expect.poll(() => brokenRules(window), { message: what }).toEqual([]);
  await window.screenshot({ path: join(FOLDER, `${what}.png`) });
}

async function press(window: Page, words: string): Promise<void> {
  const pressed = await window.evaluate((wanted) => {
    const button = [...document.querySelectorAll("button")].find(({ textContent }) => textContent === wanted);
    button?.click();
    return button !== undefined;
  }, words);
  expect(pressed, words).toBe(true);
}

async function encrypt(): Promise<Approval> {
  await page.goto(`${stage.demo.platforms.a.origin}/bid?lot=${LOT}`);
  await bringToFront(page);
  await appears(page, "#encrypt:not([hidden])");
  await page.click("#encrypt");
  const encrypting = await approvalOf(stage.browser);
  const file = join(FOLDER, "offer.pdf");
  await writeFile(file, new Uint8Array(2 * 1024 * 1024).fill(7));
  await upload(encrypting.page, "#bid-files", file);
  await appears(encrypting.page, ".recipients");
  await encrypting.accept(pin);
  await says(encrypting.page, "加密完成，已试解密成功。");
  return encrypting;
}

/** The file that was saved, and what the window shows once. */
async function saveBackup(window: Page): Promise<{ file: string; passphrase: string }> {
  await mkdir(DOWNLOADS, { recursive: true });
  const session = await window.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: DOWNLOADS });
  await shoot(window, "encrypt-done");
  await press(window, "另存备用密钥文件");
  await appears(window, "#passphrase");
  await shoot(window, "passphrase");
  const groups = await window.$$eval("#passphrase span", (spans) => spans.map(({ textContent }) => textContent));
  expect(groups).toHaveLength(5);
  const saved = async () => (await readdir(DOWNLOADS)).filter((one) => one.endsWith(".cbkey"));
  await expect.poll(saved).toHaveLength(1);
  await press(window, "我已抄写");
  await says(window, "备用密钥文件已另存");
  const [file = ""] = await saved();
  return { file: join(DOWNLOADS, file), passphrase: groups.join("-") };
}

/** What another window of ours is told that asks for the backup of this request. */
async function askBackup(id: string): Promise<unknown> {
  const window = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  const answer: unknown = await window.evaluate(
    `chrome.runtime.sendMessage(${JSON.stringify({ v: 1, kind: "surface", verb: "backupKey", params: { id } })})`,
  );
  await window.close();
  return answer;
}

/** All that the extension keeps, as one text. */
async function keptByExtension(): Promise<string> {
  const window = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  const kept = await window.evaluate(
    `Promise.all([chrome.storage.session.get(null), chrome.storage.local.get(null)]).then((all) => JSON.stringify(all))`,
  );
  await window.close();
  return String(kept);
}

/** All that the companion program wrote, as one text. */
async function keptByProgram(): Promise<string> {
  const names = await readdir(stage.desk.home, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}

/** Without a site and without a key: the bidder's own page opens the package that is still there. */
async function openOwn(file: string, passphrase: string): Promise<void> {
  const window = await stage.browser.open(stage.browser.extensionUrl("own.html"));
  await appears(window, "#own-package");
  await shoot(window, "own-pick");
  // As the person picks what the window of the encrypting saved.
  await window.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("bids");
    const transfer = new DataTransfer();
    for await (const handle of folder.values()) {
      if (handle instanceof FileSystemFileHandle) transfer.items.add(await handle.getFile());
    }
    const field = document.querySelector<HTMLInputElement>("#own-package");
    if (field === null) return;
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await appears(window, "#use-backup");
  await press(window, "使用备用密钥文件");
  await upload(window, "#backup-file", file);
  await window.type("#backup-passphrase", passphrase);
  await shoot(window, "own");
  await press(window, "解密");
  await appears(window, "#opened-files");
  await shoot(window, "own-done");
  expect(await window.$eval("#opened-files .item-name", ({ textContent }) => textContent)).toBe("offer.pdf");
  await window.close();
}

test("the key is gone, and the backup key file opens the bid at the hall", async () => {
  const openingAt = Date.now() + 45_000;
  bidding().lots.announce({
    id: LOT,
    projectCode: "JN-2026-0501",
    projectName: "滨河大道改造工程",
    lot: "一标段",
    openingAt,
  });
  const encrypting = await encrypt();
  await bringToFront(page);
  await appears(page, "#upload:not([disabled])");
  await page.click("#upload");
  await appears(page, "#receipt-card:not([hidden])");
  // The page has its package, and the request is over; the window is there still.
  const { file, passphrase } = await saveBackup(encrypting.page);
  const id = new URL(encrypting.page.url()).searchParams.get("id") ?? "";
  await encrypting.page.close();
  await expect.poll(() => askBackup(id)).toMatchObject({ ok: false, error: { code: "CONSENT_EXPIRED" } });
  expect(await readFile(file, "utf8")).toContain("shared-certificate-backup-key:1");

  await removeKeys(stage);
  await openOwn(file, passphrase);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, openingAt + 2000 - Date.now())));
  await bidding().hall.begin(bidding().lots.find(LOT));
  await page.goto(`${stage.demo.platforms.a.origin}/hall?lot=${LOT}`);
  await bringToFront(page);
  await appears(page, "#decrypt:not([hidden]):not([disabled])");
  await page.click("#decrypt");
  const decrypting = await approvalOf(stage.browser);
  await appears(decrypting.page, "#use-backup");
  await shoot(decrypting.page, "no-key");
  await press(decrypting.page, "使用备用密钥文件");
  await upload(decrypting.page, "#backup-file", file);
  const field = "#backup-passphrase";
  await decrypting.page.type(
    field,
    passphrase.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
  );
  await decrypting.accept(null);
  await says(decrypting.page, "开启码不对");
  await shoot(decrypting.page, "wrong-code");
  await decrypting.page.evaluate((selector) => {
    const input = document.querySelector<HTMLInputElement>(selector);
    if (input !== null) input.value = "";
  }, field);
  await decrypting.page.type(field, passphrase.toLowerCase().replaceAll("-", " "));
  await shoot(decrypting.page, "decrypt");
  await decrypting.accept(null);
  await says(decrypting.page, "已解密");
  await shoot(decrypting.page, "decrypt-done");
  await expect.poll(() => bidding().hall.seat(LOT, uscc).status, { timeout: 20_000 }).toBe("opened");
  expect(bidding().hall.seat(LOT, uscc).files).toMatchObject([{ name: "offer.pdf", size: 2 * 1024 * 1024 }]);

  for (const kept of [await keptByExtension(), await keptByProgram()]) {
    expect(kept.length).toBeGreaterThan(100);
    for (const secret of [passphrase, passphrase.replaceAll("-", "")]) expect(kept).not.toContain(secret);
  }
}, 240_000);
