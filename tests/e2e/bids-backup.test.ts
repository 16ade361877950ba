import { appears, BIDDER, says } from "@certbridge/demo/walk";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BidClerk, encrypted, openBidClerk, pickFiles } from "../support/bid-clerk.ts";
import { brokenRules } from "../support/screens/rules.ts";
import { removeKeys } from "../support/screens/keys.ts";

/** A bidder whose key is gone on the day: the backup key file that was saved after encrypting opens the bid, and nothing of it is kept. */

const { uscc, pin } = BIDDER;
const FOLDER = "build/e2e/bids-backup";
const DOWNLOADS = resolve(FOLDER, "downloads");
const LOT = "backup";
let clerk: BidClerk;

beforeAll(async () => {
  clerk = await openBidClerk(FOLDER);
}, 120_000);

afterAll(() => clerk.stage.close());

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

/** Another window of the extension's. */
function openOptions(): Promise<Page> {
  const { browser } = clerk.stage;
  return browser.open(browser.extensionUrl("options.html"));
}

/** What another window of ours is told that asks for the backup of this request. */
async function askBackup(id: string): Promise<unknown> {
  const window = await openOptions();
  const answer: unknown = await window.evaluate(
    `chrome.runtime.sendMessage(${JSON.stringify({ v: 1, kind: "surface", verb: "backupKey", params: { id } })})`,
  );
  await window.close();
  return answer;
}

/** All that the extension keeps, as one text. */
async function keptByExtension(): Promise<string> {
  const window = await openOptions();
  const kept = await window.evaluate(
    `Promise.all([chrome.storage.session.get(null), chrome.storage.local.get(null)]).then((all) => JSON.stringify(all))`,
  );
  await window.close();
  return String(kept);
}

/** All that the companion program wrote, as one text; the journal of a lock comes and goes while we read. */
async function keptByProgram(): Promise<string> {
  const names = await readdir(clerk.stage.desk.home, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock-journal"))
    .map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}

/** Without a site and without a key: the bidder's own page opens the package that is still there. */
async function openOwn(file: string, passphrase: string): Promise<void> {
  const { browser } = clerk.stage;
  const window = await browser.open(browser.extensionUrl("own.html"));
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
  await pickFiles(window, "#backup-file", [file]);
  await window.type("#backup-passphrase", passphrase);
  await shoot(window, "own");
  await press(window, "解密");
  await appears(window, "#opened-files");
  await shoot(window, "own-done");
  expect(await window.$eval("#opened-files .item-name", ({ textContent }) => textContent)).toBe("offer.pdf");
  await window.close();
}

test("the key is gone, and the backup key file opens the bid at the hall", async () => {
  const { stage, bidding } = clerk;
  const offer = join(FOLDER, "offer.pdf");
  await writeFile(offer, new Uint8Array(2 * 1024 * 1024).fill(7));
  const encrypting = await clerk.encrypt(LOT, "JN-2026-0501", [offer]);
  await encrypting.accept(pin);
  await encrypted(encrypting.page);
  await clerk.handIn();
  // The page has its package, and the request is over; the window is there still.
  const { file, passphrase } = await saveBackup(encrypting.page);
  const id = new URL(encrypting.page.url()).searchParams.get("id") ?? "";
  await encrypting.page.close();
  await expect.poll(() => askBackup(id)).toMatchObject({ ok: false, error: { code: "CONSENT_EXPIRED" } });
  expect(await readFile(file, "utf8")).toContain("shared-certificate-backup-key:1");

  await removeKeys(stage);
  await openOwn(file, passphrase);
  const decrypting = await clerk.open(LOT);
  await appears(decrypting.page, "#use-backup");
  await shoot(decrypting.page, "no-key");
  await press(decrypting.page, "使用备用密钥文件");
  await pickFiles(decrypting.page, "#backup-file", [file]);
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
  await clerk.opened(LOT);
  expect(bidding.hall.seat(LOT, uscc).files).toMatchObject([{ name: "offer.pdf", size: 2 * 1024 * 1024 }]);

  for (const kept of [await keptByExtension(), await keptByProgram()]) {
    expect(kept.length).toBeGreaterThan(100);
    for (const secret of [passphrase, passphrase.replaceAll("-", "")]) expect(kept).not.toContain(secret);
  }
}, 240_000);
