/** Two USB keys of two vendors beside each other, a second browser that wants the same one, and a PIN that runs out. */
import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { demoBidders } from "@certbridge/demo/bidders";
import {
  approvalOf,
  BIDDER,
  type ChromiumBrowser,
  openComputer,
  openSite,
  openStage,
  says,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EnrolledToken, enrolToken } from "../support/enrolled-token.ts";

const FOLDER = "build/e2e/usb-keys";
const OTHER = { ...demoBidders.nanling, pin: "135790" } as const;

let stage: Stage;
let site: Site;
let tokens: readonly [EnrolledToken, EnrolledToken];
let second: ChromiumBrowser | null = null;

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  await mkdir(FOLDER, { recursive: true });
  tokens = [
    await enrolToken({ ...stage, folder: resolve(FOLDER, "甲厂"), layout: "packed4", bidder: BIDDER }),
    await enrolToken({
      ...stage,
      folder: resolve(FOLDER, "乙厂"),
      layout: "natural8",
      authority: "lingbei",
      bidder: OTHER,
      tries: 2,
    }),
  ];
  const { admin, origin } = stage.demo.platforms.a;
  for (const { name, uscc } of [BIDDER, OTHER]) admin.addAccount({ name, uscc });
  site = await openSite(stage.browser, origin);
}, 120_000);

afterAll(async () => {
  await second?.close();
  await stage.close();
});

test("keys of two vendors, with libraries of two layouts, are there at once, and each logs its own bidder in", async () => {
  for (const bidder of [BIDDER, OTHER]) {
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await expect.poll(() => approval.certificates()).toEqual({ usable: 2, chosen: 0 });
    await approval.page.screenshot({ path: `${FOLDER}/two.png` });
    await approval.choose(bidder.name);
    await approval.accept(bidder.pin);
    expect(await site.outcome()).toBe("done");
    await says(site.page, bidder.name);
    await site.logOut();
  }
});

test("a second browser waits for the key, is told who has it, and gets it", async () => {
  const folder = resolve(FOLDER);
  const { browser } = await openComputer(stage.demo, folder, { profile: "second-profile", knowsNoPolicy: true });
  second = browser;
  const elsewhere = await openSite(browser, stage.demo.platforms.a.origin);
  const [{ token }] = tokens;
  // The first browser's signature takes its time.
  token.setConf({ fault: "ECCSignData:*:slow:6000" });
  await site.click("login");
  const first = await approvalOf(stage.browser);
  await first.choose(BIDDER.name);
  await first.accept(BIDDER.pin);

  await elsewhere.click("login");
  const waiting = await approvalOf(browser);
  await says(waiting.page, "正被");
  await waiting.choose(BIDDER.name);
  await waiting.accept(BIDDER.pin);
  await says(waiting.page, "正在等候CA锁");
  await waiting.page.screenshot({ path: `${FOLDER}/waiting.png` });
  expect(await site.outcome()).toBe("done");
  token.setConf({ fault: null });
  expect(await elsewhere.outcome()).toBe("done");
  await site.logOut();
}, 120_000);

test("the last try is not taken before the person says so; a key that is locked says whom to call", async () => {
  await site.click("login");
  const approval = await approvalOf(stage.browser);
  await approval.choose(OTHER.name);
  await approval.accept("wrong-1");
  await says(approval.page, "只剩最后一次机会");
  await approval.page.screenshot({ path: `${FOLDER}/last-try.png` });
  const [, { token }] = tokens;
  token.forgetCalls();
  await approval.accept("wrong-2");
  await says(approval.page, "请先勾选上面的确认");
  expect(token.calls().filter(({ name }) => name === "SKF_VerifyPIN")).toEqual([]);
  await approval.page.click("#last-try");
  await approval.accept("wrong-2");
  await says(approval.page, "020-00000000");
  // The other bidder's key is not put in the place of the one that was chosen.
  await expect.poll(() => approval.certificates()).toEqual({ usable: 1, chosen: 0 });
  await approval.page.screenshot({ path: `${FOLDER}/locked.png` });
  await approval.decline();
  expect(await site.outcome()).toBe("USER_DECLINED");
});
