/** What the bidder's clerk does with a bid, act by act, from the notice to the hall; what became of it is judged by the platform's server. */
import type { KeptBid } from "../platform/bids.ts";
import type { Lot } from "../platform/lots.ts";
import { type Approval, appears, approvalOf, bringToFront, openSite, says } from "../walk/clerk.ts";
import { type ExtensionBrowser, photograph, type WalkPage } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";
import { must, StoryError, type Telling } from "./story.ts";

const { uscc, pin } = BIDDER;

/** What a bidder hands in: names and sizes in bytes. */
export const FILES = [
  ["投标函.pdf", 180_000],
  ["已标价工程量清单.xlsx", 3_500_000],
  ["施工组织设计.docx", 0],
] as const;

/** An approval window, before it is answered. */
export type Answer = (approval: Approval<WalkPage>) => Promise<void>;

/** With the PIN, and the certificate that is chosen already. */
export const withPin: Answer = ({ accept }) => accept(pin);

export interface Clerk {
  /** A lot of a project of its own; once more, and its opening is another. */
  announce(id: string, openingAt: number): Lot;
  /** 投标, of this lot: where the clerk is already, or goes now. */
  at(lotId: string): Promise<WalkPage>;
  /** The same, loaded anew. */
  visit(lotId: string): Promise<WalkPage>;
  /** Registers on the platform by its form. */
  register(): Promise<void>;
  /** Signs in on the platform where the bidder is known. */
  login(): Promise<void>;
  /** Picks files and encrypts them for the lot. Gives the window, which stays. */
  encrypt(lotId: string, picture: string, answer?: Answer): Promise<WalkPage>;
  /** Uploads what was encrypted last, and keeps the receipt. */
  handIn(lotId: string, picture: string): Promise<KeptBid>;
  /** 试解密, asked for by the platform's page. */
  rehearse(packageId: string, picture: string): Promise<void>;
  /** 我的标书, once it says these words. */
  readBids(words: string, picture: string): Promise<WalkPage>;
  /** 我要解密 in the hall; waits until the platform has opened the files, or has not. */
  decrypt(lotId: string, picture: string, answer?: Answer): Promise<void>;
  /** The host of the opening sends the order, at its time. */
  begin(lotId: string): Promise<void>;
  /** The server has opened the bid, and found what was encrypted. */
  mustBeOpened(lotId: string): void;
}

/** Puts files into the window's own field, as a person picks them. */
async function pickFiles(window: WalkPage): Promise<void> {
  await appears(window, "#bid-files");
  await window.evaluate((files) => {
    const transfer = new DataTransfer();
    for (const [name, size] of files) transfer.items.add(new File([new Uint8Array(size).fill(0x42)], name));
    const field = document.querySelector<HTMLInputElement>("#bid-files");
    if (field === null) return;
    field.files = transfer.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }, FILES);
  // Until they are listed, what stands below them moves.
  await appears(window, `.items li:nth-child(${FILES.length})`);
}

/** Where it does not, what the platform's page says is why. */
export async function mustSay(
  page: WalkPage,
  words: string,
  step: string,
  platform: WalkPage,
  waitMs?: number,
): Promise<void> {
  try {
    await says(page, words, waitMs);
  } catch {
    const said = await platform.evaluate(() => document.querySelector("#message")?.textContent ?? "");
    throw new StoryError(step, said === "" ? "NO_ANSWER" : said);
  }
}

export interface ClerkOptions {
  /** Of the computer at which the clerk sits, where it is not the stage's. */
  readonly browser?: ExtensionBrowser;
  /** Puts other files than {@link FILES} into the window. */
  readonly pick?: (window: WalkPage) => Promise<void>;
  /** How long work on the files may take; half a minute unless told. */
  readonly workMs?: number;
}

const WORK_MS = 30_000;

export function openClerk(stage: Stage<ExtensionBrowser>, telling: Telling, options: ClerkOptions = {}): Clerk {
  const { browser = stage.browser, pick = pickFiles, workMs = WORK_MS } = options;
  const platform = stage.demo.platforms.a;
  const { bidding } = platform.admin;
  const shoot = (page: WalkPage, picture: string) => photograph(page, stage.pictures, picture);
  /** 投标, of one lot; where encrypting and handing in are one visit. */
  let bidPage: { readonly lotId: string; readonly page: WalkPage } | null = null;

  async function atLot(lotId: string): Promise<WalkPage> {
    if (bidPage?.lotId === lotId) {
      await bringToFront(bidPage.page);
      return bidPage.page;
    }
    await bidPage?.page.close();
    const page = await browser.open(`${platform.origin}/bid?lot=${lotId}`);
    bidPage = { lotId, page };
    await bringToFront(page);
    return page;
  }

  return {
    announce(id, openingAt) {
      const lots = bidding.lots.all();
      const projectCode = lots.find((lot) => lot.id === id)?.projectCode ?? `JN-2026-05${10 + lots.length}`;
      return bidding.lots.announce({ id, projectCode, projectName: "滨河大道改造工程", lot: "一标段", openingAt });
    },

    at: atLot,

    async visit(lotId) {
      await bidPage?.page.close();
      bidPage = null;
      return atLot(lotId);
    },

    async register() {
      const site = await openSite(browser, platform.origin);
      await site.click("register");
      await telling.approve("01-approve-register", (approval) => approval.accept(pin));
      await telling.mustSucceed(site, "注册");
      await site.fillForm("南京市玄武区北京东路1号", "张三");
      await telling.approve("02-approve-save-registration", (approval) => approval.accept(null));
      await telling.mustSucceed(site, "登记");
      await site.page.close();
    },

    async login() {
      const site = await openSite(browser, platform.origin);
      await site.click("login");
      await (await approvalOf(browser)).accept(pin);
      await telling.mustSucceed(site, "登录");
      await site.page.close();
    },

    async encrypt(lotId, picture, answer = withPin) {
      const page = await atLot(lotId);
      await appears(page, "#encrypt:not([hidden]):not([disabled])");
      await page.click("#encrypt");
      const approval = await approvalOf(browser);
      await pick(approval.page);
      await answer({
        ...approval,
        // Who will be able to open it is there once a certificate is chosen.
        async accept(typed) {
          await appears(approval.page, ".recipients");
          await shoot(approval.page, picture);
          await approval.accept(typed);
        },
      });
      await mustSay(approval.page, "加密完成，已试解密成功。", "加密", page, workMs);
      await shoot(approval.page, `${picture}-done`);
      return approval.page;
    },

    async handIn(lotId, picture) {
      const page = await atLot(lotId);
      await appears(page, "#upload:not([disabled])");
      await page.click("#upload");
      await mustSay(page, "提交成功", "上传", page, workMs);
      await appears(page, "#keep-receipt:not([hidden]):not([disabled])");
      await page.click("#keep-receipt");
      await mustSay(page, "回执已存到本机", "保存回执", page);
      await shoot(page, picture);
      const bid = bidding.bids.find(lotId, uscc);
      if (bid === null) throw new StoryError("上传", "NOT_SUBMITTED");
      return bid;
    },

    async rehearse(packageId, picture) {
      if (bidPage === null) throw new Error("no page is open that could ask");
      const { page } = bidPage;
      await bringToFront(page);
      const asked = page.evaluate(
        (id) =>
          (
            window as unknown as { sharedCertificate: { rehearse(options: object): Promise<{ readiness: string }> } }
          ).sharedCertificate.rehearse({ packageId: id }),
        packageId,
      );
      const { page: dialog, accept } = await approvalOf(browser);
      await accept(pin);
      await mustSay(dialog, "试解密成功", "试解密", page);
      await shoot(dialog, picture);
      must((await asked).readiness !== "red", "试解密", "NOT_READY");
      await dialog.close();
    },

    async readBids(words, picture) {
      const page = await browser.open(browser.extensionUrl("bids.html"));
      await bringToFront(page);
      await mustSay(page, words, "我的标书", page);
      await shoot(page, picture);
      return page;
    },

    async decrypt(lotId, picture, answer = withPin) {
      const hall = await browser.open(`${platform.origin}/hall?lot=${lotId}`);
      await bringToFront(hall);
      await appears(hall, "#decrypt:not([hidden]):not([disabled])");
      await hall.click("#decrypt");
      const approval = await approvalOf(browser);
      await answer({
        ...approval,
        async accept(typed) {
          await shoot(approval.page, picture);
          await approval.accept(typed);
        },
      });
      await appears(hall, "#outcome[data-status=opened], #ladder:not([hidden])", workMs);
      await bidding.hall.idle();
      await shoot(hall, `${picture}-hall`);
      await hall.close();
      if (await browser.isOpen(approval.page)) await approval.page.close();
    },

    async begin(lotId) {
      const waitMs = bidding.lots.find(lotId).openingAt + 1000 - Date.now();
      await new Promise((wait) => setTimeout(wait, Math.max(0, waitMs)));
      await bidding.hall.begin(bidding.lots.find(lotId));
    },

    mustBeOpened(lotId) {
      const { status, files, troubles } = bidding.hall.seat(lotId, uscc);
      must(status === "opened", "开标", troubles.at(-1)?.code ?? status);
      const opened = files.map(({ name, size }) => `${name} ${size}`);
      must(opened.join() === FILES.map(([name, size]) => `${name} ${size}`).join(), "开标", "OTHER_FILES");
    },
  };
}
