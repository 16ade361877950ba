/** A clerk who hands a bid in and opens it on the day, signed in to a platform, in a real browser with the real program. */
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
import type { ElementHandle, Page } from "puppeteer";
import { expect } from "vitest";
import { obtain } from "./screens/keys.ts";

/** The opening is just past by the machine's clock; the platform's goes so far behind until the day has come, so that nobody has to wait. */
const BEHIND_MS = 600_000;

const { name, uscc, pin } = BIDDER;

export type BidPlatform = Stage["demo"]["platforms"]["a"]["admin"]["bidding"];

export interface BidClerk {
  readonly stage: Stage;
  /** The platform's own side of it. */
  readonly bidding: BidPlatform;
  /** The platform's page. */
  readonly page: Page;
  /** Announces the lot and asks for the encryption of these files: the window with the files in it. */
  encrypt(lot: string, projectCode: string, files: readonly string[]): Promise<Approval>;
  /** Uploads what was encrypted, until the receipt is there. */
  handIn(): Promise<void>;
  /** Lets the day of the opening come, has the host send the order, and asks for the decryption. */
  open(lot: string): Promise<Approval>;
  /** Waits until the platform has opened the package. */
  opened(lot: string): Promise<void>;
}

/** Puts files into the window's own field, as a person picks them. */
export async function pickFiles(window: Page, selector: string, files: readonly string[]): Promise<void> {
  await appears(window, selector);
  const field = (await window.$(selector)) as ElementHandle<HTMLInputElement>;
  await field.uploadFile(...files);
}

/**
 * @param folder     emptied first
 * @param obtainKeys where the bidder's certificates come from: a CA's file unless told
 */
export async function openBidClerk(
  folder: string,
  obtainKeys: (stage: Stage) => Promise<unknown> = (stage) => obtain(stage, "jiangnan"),
): Promise<BidClerk> {
  let behindMs = BEHIND_MS;
  const stage = await openStage({ folder, knowsNoPolicy: true, clock: () => Date.now() - behindMs });
  await obtainKeys(stage);
  const { origin, admin } = stage.demo.platforms.a;
  admin.addAccount({ name, uscc });
  const site = await openSite(stage.browser, origin);
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
  const { page } = site;
  const { bidding } = admin;

  /** Goes to the page and presses what is there when it is. */
  async function press(path: string, button: string, ready: string): Promise<Approval> {
    await page.goto(origin + path);
    await bringToFront(page);
    await appears(page, button + ready);
    // It may be in the document before it is drawn.
    await page.waitForSelector(button, { visible: true });
    await page.click(button);
    return approvalOf(stage.browser);
  }

  return {
    stage,
    bidding,
    page,
    async encrypt(lot, projectCode, files) {
      const openingAt = Date.now();
      bidding.lots.announce({ id: lot, projectCode, projectName: "滨河大道改造工程", lot: "一标段", openingAt });
      const approval = await press(`/bid?lot=${lot}`, "#encrypt", ":not([hidden])");
      await pickFiles(approval.page, "#bid-files", files);
      await appears(approval.page, ".recipients");
      return approval;
    },
    async handIn() {
      await bringToFront(page);
      await appears(page, "#upload:not([disabled])");
      await page.click("#upload");
      await appears(page, "#receipt-card:not([hidden])");
    },
    async open(lot) {
      behindMs = 0;
      await bidding.hall.begin(bidding.lots.find(lot));
      return press(`/hall?lot=${lot}`, "#decrypt", ":not([hidden]):not([disabled])");
    },
    async opened(lot) {
      await expect.poll(() => bidding.hall.seat(lot, uscc).status, { timeout: 20_000 }).toBe("opened");
    },
  };
}

/** Waits until the window says that all is encrypted and was tried. */
export const encrypted = (window: Page): Promise<void> => says(window, "加密完成，已试解密成功。");
