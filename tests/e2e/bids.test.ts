import { appears, approvalOf, BIDDER, bringToFront, says } from "@certbridge/demo/walk";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BidClerk, encrypted, openBidClerk } from "../support/bid-clerk.ts";
import { inspect } from "../support/screens/inspect.ts";

/**
 * A bid's whole life, in a real browser with the real program and a platform that judges: picked in the extension's window, encrypted, uploaded,
 * tried again, and opened on the day.
 */

const { uscc, pin } = BIDDER;
const FOLDER = "build/e2e/bids";
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
  await list.click(".bid button.primary");
  await appears(list, ".trial input");
  await list.type(".trial input", pin);
  await list.click(".trial button[type=submit]");
  await expect.poll(() => list.evaluate(() => document.querySelector(".trial") === null)).toBe(true);
  expect(await list.$(".stands-red")).toBeNull();
  await list.close();

  const decrypting = await clerk.open("day");
  await shoot(decrypting.page, "decrypt");
  await decrypting.accept(pin);
  await says(decrypting.page, "已解密");
  await shoot(decrypting.page, "decrypt-done");
  await clerk.opened("day");
  expect(inspection.report().findings).toEqual([]);
}, 300_000);
