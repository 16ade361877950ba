import { appears, closePopup, openPopup, openSite, openStage, type Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask } from "../support/screens/asking.ts";
import { handOn } from "../support/screens/hand.ts";
import { obtain } from "../support/screens/keys.ts";
import { decisionsOutOfView, outOfReach } from "../support/screens/reach.ts";
import { brokenRules } from "../support/screens/rules.ts";
import { look } from "../support/screens/sight.ts";
import { wordsIn } from "../support/screens/words.ts";

/** For eyes that need more: the browser's own zoom, the system's own colours. And whether those who judge the screens can find fault. */
const words = wordsIn("zh-TW");
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/sight", language: "zh-TW", knowsNoPolicy: true });
  await obtain(stage, "jiangnan");
  await obtain(stage, "lingbei");
});
afterAll(() => stage.close());

test("at the browser's own 200 % every stop is in sight, in the approval window and in the popup", async () => {
  const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  const { approval } = await ask(stage, site, "register");
  const { page } = approval;
  await page.evaluate(async () => {
    type Tabs = { getCurrent(): Promise<{ id: number }>; setZoom(id: number, factor: number): Promise<void> };
    const { tabs } = (globalThis as unknown as { chrome: { tabs: Tabs } }).chrome;
    await tabs.setZoom((await tabs.getCurrent()).id, 2);
  });
  await expect.poll(() => page.evaluate(() => [innerWidth, innerHeight])).toEqual([240, 380]);
  expect(await outOfReach(page)).toEqual([]);
  expect(await decisionsOutOfView(page)).toEqual([]);
  const hand = handOn(page);
  await hand.press("Tab", "Space");
  await hand.walk();
  // The walk throws at a stop that is out of view or covered.
  expect(await hand.walk()).toHaveLength(4);
  expect(await hand.walk("Shift+Tab")).toHaveLength(4);

  const popup = await openPopup(stage.browser, site.page, words("popup_waiting"));
  expect(await popup.evaluate(() => devicePixelRatio)).toBe(2);
  expect(await outOfReach(popup)).toEqual([]);
  expect(await handOn(popup).walk()).toHaveLength(6);
  await closePopup(popup);
});

test("where the system's colours are forced, what is chosen and what is dead are told by edges and by grey", async () => {
  const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  const { approval } = await ask(stage, site, "login");
  const { page } = approval;
  const sight = await look(page);
  await sight.prefer({ forcedColors: true, reducedMotion: true });
  await approval.choose("岭北电子认证");
  const cards = await page.$$eval("label.card", (all) =>
    all.map((each) => [each.innerText.includes("岭北电子认证"), getComputedStyle(each).borderTopWidth] as const),
  );
  expect(new Map(cards)).toEqual(
    new Map([
      [true, "3px"],
      [false, "1px"],
    ]),
  );
  await page.reload();
  await appears(page, "button[type=submit]");
  const colourOf = (dead: boolean) =>
    page.$eval(
      "button[type=submit]",
      (button, wanted) => {
        button.setAttribute("aria-disabled", String(wanted));
        return getComputedStyle(button).color;
      },
      dead,
    );
  expect(await colourOf(true)).not.toBe(await colourOf(false));
});

test("the judges find what is wrong: a page that breaks their rules on purpose", async () => {
  const page = await stage.browser.browser.newPage();
  await page.setContent(
    `<html lang="zh-TW"><title>x</title><main><p style="color:#aaa;background:#fff">faint</p>
     <button></button><div style="width:2000px">wide</div>
     <div style="position:relative"><button>under</button><div style="position:absolute;inset:0;background:#fff"></div></div>
     <div class="decision-buttons" style="margin-top:3000px"><button>far below</button></div></main></html>`,
  );
  const rules = await brokenRules(page);
  expect(rules.map((rule) => rule.split(":")[0])).toEqual(expect.arrayContaining(["button-name", "color-contrast"]));
  const reach = (await outOfReach(page)).join();
  for (const complaint of ["the page scrolls sideways", "outside the window", "covered: button. under"]) {
    expect(reach).toContain(complaint);
  }
  expect(await decisionsOutOfView(page)).toEqual(["not in view: far below"]);
});
