import { appears, approvalOf, BIDDER, bringToFront, openSite, says } from "@certbridge/demo/walk";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BidClerk, encrypted, openBidClerk, pickFiles } from "../support/bid-clerk.ts";
import { inspect } from "../support/screens/inspect.ts";

/**
 * A bid's whole life, in a real browser with the real program and a platform that judges: picked in the extension's window, encrypted, uploaded,
 * tried again, and opened on the day.
 */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/bids";
const DOWNLOADS = resolve(FOLDER, "downloads");
let clerk: BidClerk;

beforeAll(async () => {
  clerk = await openBidClerk(FOLDER);
}, 120_000);

afterAll(() => clerk.stage.close());

/** Files as a bidder has them. In a browser without a locale no name beyond ASCII gets through the driver. */
async function bidFiles(): Promise<readonly string[]> {
  const folder = join(FOLDER, "files");
  await mkdir(folder, { recursive: true });
  const files = [join(folder, "offer 2026.xlsx"), join(folder, "technical.pdf")] as const;
  await writeFile(files[0], "报价".repeat(1000));
  await writeFile(files[1], new Uint8Array(3 * 1024 * 1024).fill(7));
  return files;
}

/** What lies in plain text in the extension's own file system. */
const openedFiles = (window: Page) =>
  window.evaluate(`(async () => {
    const opened = await (await navigator.storage.getDirectory()).getDirectoryHandle("opened", { create: true });
    const names = [];
    for await (const name of opened.keys()) names.push(name);
    return names;
  })()`);

/** What the page is told, when it asks for this package; the code where it is refused. */
const askOwn = (content: string) =>
  clerk.page.evaluate(`sharedCertificate.decrypt({ package: ${content} }).catch(({ code }) => ({ code }))`);

/** Before the opening, the bidder opens their own bid: the files are saved out of the window, and the page hears how many there were. */
async function openOwn(): Promise<void> {
  const { page, stage } = clerk;
  await bringToFront(page);
  await page.click("#open-own");
  const opening = await approvalOf(stage.browser);
  // By this computer's clock; the platform's is still before it.
  expect(await opening.text()).toContain("开标时间已到");
  await shoot(opening.page, "own");
  await opening.accept(pin);
  await appears(opening.page, "#opened-files");
  await shoot(opening.page, "own-done");
  await says(page, "已解密，共2个文件");
  const said = await page.evaluate(() => document.body.textContent);
  for (const file of await bidFiles()) expect(said).not.toContain(basename(file));

  const session = await opening.page.createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: DOWNLOADS });
  await mkdir(DOWNLOADS, { recursive: true });
  for (const file of await bidFiles()) {
    await opening.page.click(`[aria-label="保存 ${basename(file)}"]`);
    const saved = () => readFile(join(DOWNLOADS, basename(file))).catch(() => Buffer.alloc(0));
    const original = await readFile(file);
    await expect.poll(async () => (await saved()).equals(original), { timeout: 10_000 }).toBe(true);
  }
  expect(await openedFiles(opening.page)).toHaveLength(1);
  const other = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  await opening.page.close();
  // What is in plain text goes with its window.
  await expect.poll(() => openedFiles(other), { timeout: 10_000 }).toEqual([]);
  await other.close();

  await bringToFront(page);
  expect(await askOwn("new Uint8Array(2_000_000)")).toEqual({ code: "MALFORMED" });
}

const inspection = inspect();

/** Looks at the screen in every way that the suite of screens knows. */
async function shoot(window: Page, what: string): Promise<void> {
  await window.bringToFront();
  await inspection.see(`bid: ${what}`, window);
}

test("a bid is picked, encrypted, handed in, tried, and opened on the day", async () => {
  const { stage, page, bidding } = clerk;
  const encrypting = await clerk.encrypt("day", "JN-2026-0500", await bidFiles());
  await shoot(encrypting.page, "encrypt");
  expect(await encrypting.text()).toContain("无备用");
  await encrypting.accept(pin);
  await encrypted(encrypting.page);
  await shoot(encrypting.page, "encrypt-done");
  await clerk.handIn();
  const [bid] = bidding.bids.of("day");
  expect(bid?.uscc).toBe(uscc);
  await encrypting.page.close();

  const packageId = bid?.verified.packageId ?? "";
  await bringToFront(page);
  const rehearsed = page.evaluate(`sharedCertificate.rehearse({ packageId: ${JSON.stringify(packageId)} })`);
  const rehearsing = await approvalOf(stage.browser);
  await shoot(rehearsing.page, "rehearse");
  await rehearsing.accept(pin);
  await says(rehearsing.page, "试解密成功");
  await shoot(rehearsing.page, "rehearse-done");
  expect(await rehearsed).toMatchObject({ packageId, results: expect.any(Array) });
  await rehearsing.page.close();

  const list = await stage.browser.open(stage.browser.extensionUrl("bids.html"));
  await says(list, "滨河大道改造工程 一标段");
  await shoot(list, "bids");
  // First aid: the platform is really asked, and every step has an answer.
  await list.click("#rescue");
  await appears(list, ".rescue-summary");
  const steps = await list.$$eval(".rescue-step", (found) => found.map(({ className }) => className));
  expect(steps.map((step) => step.replace("rescue-step step-", ""))).toEqual([
    "good",
    "good",
    // Revocation: the demonstration's CA was asked; the clock further down by its time stamps.
    "good",
    "good",
    "good",
    "warning",
    "good",
    "good",
  ]);
  expect(await list.$eval(".rescue-steps", ({ textContent }) => textContent)).toContain("已与时间戳核对");
  await shoot(list, "bids-checked");
  await list.click(".bid .actions button.primary");
  await appears(list, ".trial input");
  await list.type(".trial input", pin);
  await list.click(".trial button[type=submit]");
  await appears(list, ".bid:not(:has(.trial))");
  expect(await list.$(".stands-red")).toBeNull();
  await list.close();

  await openOwn();

  const decrypting = await clerk.open("day");
  await shoot(decrypting.page, "decrypt");
  await decrypting.accept(pin);
  await says(decrypting.page, "已解密");
  await shoot(decrypting.page, "decrypt-done");
  await clerk.opened("day");
  expect(inspection.report().findings).toEqual([]);
}, 300_000);

test("a bid in the old format, for the platform that the registry marks: said before, made, opened for a trial and taken in", async () => {
  const { stage } = clerk;
  const { admin, origin } = stage.demo.platforms.b;
  admin.addAccount({ name, uscc });
  const site = await openSite(stage.browser, origin);
  const { page } = site;
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
  const lot = admin.bidding.lots.all().find(({ profile }) => profile === "legacy");
  await page.goto(`${origin}/bid?lot=${lot?.id ?? ""}`);
  await bringToFront(page);
  await appears(page, "#encrypt:not([hidden])");
  await page.click("#encrypt");
  const encrypting = await approvalOf(stage.browser);
  await pickFiles(encrypting.page, "#bid-files", await bidFiles());
  await appears(encrypting.page, ".recipients");
  await shoot(encrypting.page, "encrypt-legacy");
  expect(await encrypting.text()).toContain("旧格式");
  await encrypting.accept(pin);
  await encrypted(encrypting.page);
  await bringToFront(page);
  await appears(page, "#upload:not([disabled])");
  await page.click("#upload");
  await appears(page, "#receipt-card:not([hidden])");
  const [bid] = admin.bidding.bids.of(lot?.id ?? "");
  expect([bid?.uscc, bid?.verified.profile]).toEqual([uscc, "legacy"]);
  await encrypting.page.close();
  const list = await stage.browser.open(stage.browser.extensionUrl("bids.html"));
  await says(list, "旧格式");
  await list.close();
  expect(inspection.report().findings).toEqual([]);
}, 120_000);
