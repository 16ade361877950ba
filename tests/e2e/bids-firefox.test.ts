import {
  appears,
  approvalOf,
  BIDDER,
  bringToFront,
  type FirefoxBrowser,
  openFirefoxStage,
  openSite,
  photograph,
  says,
  type Stage,
  type WalkPage,
  shows,
} from "@certbridge/demo/walk";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/**
 * A bid in Debian's Firefox, where the background is an event page that the browser ends whenever it is quiet: picked and encrypted, handed in,
 * and its key released to the room of a platform that judges.
 */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/bids-firefox";
const LOT = "firefox";
/**
 * Much sooner than a person's Firefox: what is not kept alive by its own work is ended within it. On a machine of half the speed, with other browsers beside
 * it, one step of a request may take a second by itself.
 */
const IDLE_MS = 3000;
const LEN = 16 * 1024 * 1024;

/** The opening is just past by the machine's clock; the platform's goes behind until the bid is handed in, so that nobody has to wait. */
const openingAt = Date.now();
let behindMs = 600_000;

let stage: Stage<FirefoxBrowser>;

beforeAll(async () => {
  stage = await openFirefoxStage({ folder: FOLDER, idleMs: IDLE_MS, clock: () => Date.now() - behindMs });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  const { admin, origin } = stage.demo.platforms.a;
  admin.addAccount({ name, uscc });
  admin.bidding.lots.announce({
    id: LOT,
    projectCode: "JN-2026-0502",
    projectName: "滨河大道改造工程",
    lot: "一标段",
    openingAt,
  });
  const site = await openSite(stage.browser, origin);
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
  await site.page.close();
}, 120_000);

afterAll(() => stage.close());

const bidding = () => stage.demo.platforms.a.admin.bidding;
const open = (path: string) => stage.browser.open(`${stage.demo.platforms.a.origin}/${path}?lot=${LOT}`);

async function press(page: WalkPage, selector: string): Promise<void> {
  await bringToFront(page);
  await shows(page, selector);
  await page.click(selector);
}

function bidFiles(): readonly string[] {
  const folder = resolve(FOLDER, "files");
  mkdirSync(folder, { recursive: true });
  const files = ["报价.xlsx", "技术标.pdf", "空.txt"].map((file) => `${folder}/${file}`);
  const contents = ["报价".repeat(1000), new Uint8Array(LEN).fill(7), ""];
  for (const [at, file] of files.entries()) writeFileSync(file, contents[at] ?? "");
  return files;
}

test("a bid is picked, encrypted and handed in, and its key released on the day", async () => {
  const page = await open("bid");
  await press(page, "#encrypt:not([hidden])");
  const encrypting = await approvalOf(stage.browser);
  await appears(encrypting.page, "#bid-files");
  await encrypting.page.type("#bid-files", bidFiles().join("\n"));
  await appears(encrypting.page, ".recipients");
  const ends = await stage.browser.eventPageEnds();
  await encrypting.accept(pin);
  await says(encrypting.page, "加密完成，已试解密成功。", 60_000);
  // Its own work kept the event page alive, however long it took.
  expect(await stage.browser.eventPageEnds()).toBe(ends);
  await photograph(encrypting.page, stage.pictures, "encrypted");
  await press(page, "#upload:not([disabled])");
  await appears(page, "#receipt-card:not([hidden])");
  const [bid] = bidding().bids.of(LOT);
  expect(bid?.uscc).toBe(uscc);
  await encrypting.page.close();

  // For the bidder's own use, before the opening: the page learns how many files there were.
  await press(page, "#open-own:not([hidden])");
  const opening = await approvalOf(stage.browser);
  await opening.accept(pin);
  await says(opening.page, "报价.xlsx", 20_000);
  await photograph(opening.page, stage.pictures, "own-opened");
  await says(page, "已解密，共3个文件");
  await opening.page.close();

  behindMs = 0;
  await bidding().hall.begin(bidding().lots.find(LOT));
  const hall = await open("hall");
  await press(hall, "#decrypt:not([hidden]):not([disabled])");
  const decrypting = await approvalOf(stage.browser);
  await decrypting.accept(pin);
  await says(decrypting.page, "已解密");
  await photograph(decrypting.page, stage.pictures, "released");
  await expect.poll(() => bidding().hall.seat(LOT, uscc).status, { timeout: 20_000 }).toBe("opened");
  const { files, troubles } = bidding().hall.seat(LOT, uscc);
  expect(files.map((file) => [file.name, file.size])).toEqual([
    ["报价.xlsx", 6000],
    ["技术标.pdf", LEN],
    ["空.txt", 0],
  ]);
  expect(troubles).toEqual([]);
}, 120_000);
