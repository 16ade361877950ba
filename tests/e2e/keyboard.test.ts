import {
  appears,
  approvalOf,
  BIDDER,
  closePopup,
  openPopup,
  openSite,
  openStage,
  says,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import type { Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../support/screens/asking.ts";
import { type Hand, handOn, type Stop } from "../support/screens/hand.ts";
import { obtain } from "../support/screens/keys.ts";
import { openSettings } from "../support/settings.ts";
import { wordsIn } from "../support/screens/words.ts";

/**
 * A clerk who cannot use a mouse: the whole job with Tab, arrows, Space, Enter and Escape, told what is there by the browser's own
 * accessibility tree. The extension speaks Traditional Chinese here; the platforms' pages are as they are.
 */
const { pin } = BIDDER;
const words = wordsIn("zh-TW");
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/keyboard", language: "zh-TW", knowsNoPolicy: true });
  await obtain(stage, "jiangnan");
});
/** Long enough for a page to close; one that goes by itself at that very moment is never told closed. */
const CLOSE_MS = 2000;

afterEach(async () => {
  for (const page of await stage.browser.browser.pages()) {
    // The browser keeps one tab; an approval window goes with the page that asked.
    if (page.url() === "about:blank" || page.url().includes("/approval.html")) continue;
    const closed = page.close().catch(() => undefined);
    await Promise.race([closed, new Promise((late) => setTimeout(late, CLOSE_MS))]);
  }
});
afterAll(() => stage.close());

const namesOf = (stops: readonly Stop[]) => stops.map(({ name }) => name);

/** What is spoken by itself now, by the urgency with which it interrupts. */
async function spoken(hand: Hand, live: "assertive" | "polite"): Promise<string> {
  const regions = (await hand.read()).filter((node) => node.live === live);
  const textOf = (node: (typeof regions)[number]): string =>
    node.role === "StaticText" ? (node.name ?? "") : (node.children ?? []).map(textOf).join("");
  return regions.map(textOf).join(" ");
}

/** The platform's page in front, ready to be used. */
async function openReady(which: "a" | "b"): Promise<{ site: Site; hand: Hand }> {
  const site = await openSite(stage.browser, stage.demo.platforms[which].origin);
  await site.page.waitForSelector("#device[data-state=ready]");
  await site.page.bringToFront();
  return { site, hand: handOn(site.page) };
}

/** Brings a window to the front, and waits until it knows. */
async function showUp(page: Page): Promise<void> {
  await page.bringToFront();
  await new Promise((resolve) => setTimeout(resolve, 100));
}

/** The window in front, its buttons live. */
async function comeAlive(page: Page): Promise<Hand> {
  await showUp(page);
  await appears(page, "#root button[aria-disabled=false]");
  return handOn(page);
}

/** The next approval window. */
async function answer(): Promise<{ page: Page; hand: Hand; gone(): Promise<void> }> {
  const { page, gone } = await approvalOf(stage.browser);
  return { page, hand: await comeAlive(page), gone };
}

/** The card of the certificate as it is read out. */
const card = expect.stringMatching(
  /^江南建业工程有限公司（演示） 軟體憑證 (江南数字证书认证中心|岭北电子认证)（演示） 末四碼\w{4} 有效期限至 /,
);

describe("the whole job", () => {
  test("registers by the form, and what is to be saved is read out", async () => {
    const { site, hand } = await openReady("a");
    const stops = ["首页", "投标", "开标大厅", "互认通登录", "互认通登录", "互认通注册"];
    expect(namesOf(await hand.walk())).toEqual(stops);
    expect(namesOf(await hand.walk("Shift+Tab"))).toEqual(stops.toReversed());
    await hand.reach("互认通注册");
    await hand.press("Enter");
    const first = await answer();
    expect(await first.hand.focused()).toEqual({ role: "heading", name: words("register_heading") });
    expect(namesOf(await first.hand.walk())).toEqual([
      card,
      words("pin_label"),
      words("approval_decline"),
      words("register_confirm"),
    ]);
    await first.hand.reach(words("pin_label"));
    await first.hand.type(pin);
    await comeAlive(first.page);
    await first.hand.press("Enter");
    await first.gone();
    expect(await site.outcome()).toBe("done");

    await site.page.bringToFront();
    expect((await hand.focused())?.role).toBe("alert");
    await hand.reach("通讯地址");
    await hand.type("南京市玄武区北京东路1号");
    await hand.reach("联系人");
    await hand.type("张三");
    await hand.reach("提交登记");
    await hand.press("Space");
    const second = await answer();
    const read = await second.hand.read();
    const heading = read.find(({ role }) => role === "heading");
    expect(heading?.name).toBe(words("save_heading"));
    expect(heading?.description).toContain("江南公共资源交易平台（演示） https://bid-a.demo.test");
    expect(read.flatMap(({ role, name }) => (role === "term" || role === "definition" ? [name] : []))).toHaveLength(8);
    await second.hand.reach(words("save_confirm"));
    await second.hand.press("Space");
    await second.gone();
    expect(await site.outcome()).toBe("done");
  });

  test("logs in with the second of two certificates, by the arrow keys", async () => {
    await obtain(stage, "lingbei");
    const { site, hand } = await openReady("a");
    await site.logOut();
    await hand.reach("互认通登录");
    await hand.reach("互认通登录");
    await hand.press("Enter");
    const { page, hand: there, gone } = await answer();
    expect(await there.focused()).toEqual({ role: "heading", name: words("login_heading") });
    // None is chosen, so the PIN cannot be typed yet.
    const [choice, ...rest] = namesOf(await there.walk());
    expect(choice).toEqual(card);
    expect(rest).toEqual([words("approval_decline"), words("login_confirm")]);
    await there.reach(words("login_confirm"));
    await comeAlive(page);
    await there.press("Enter");
    await says(page, words("certificate_required"));
    expect(await spoken(there, "assertive")).toContain(words("certificate_required"));
    // It is where the choice is to be made.
    expect(await there.focused()).toEqual({ role: "radio", name: card });
    await there.press("ArrowDown");
    if ((await there.focused())?.name.includes("岭北电子认证") !== true) await there.press("ArrowUp");
    const chosen = (await there.read()).filter(({ role, checked }) => role === "radio" && checked === true);
    expect(chosen.map(({ name }) => name)).toEqual([expect.stringContaining("岭北电子认证（演示）")]);
    await there.press("Tab");
    expect(await there.focused()).toEqual({ role: "textbox", name: words("pin_label") });
    await there.type(pin);
    await there.press("Enter");
    await gone();
    expect(await site.outcome()).toBe("done");
  });

  test("signs: the list of files, each check value, and the PIN", async () => {
    const { site } = await openReady("a");
    const files = ["投标函.pdf", "报价.xlsx", "业绩.pdf", "承诺.pdf"];
    const items = files.map((name) => `{ name: "${name}", content: new Blob(["${name}"]) }`).join();
    const { approval, outcome } = await ask(stage, site, "sign", `{ format: "cms-detached", items: [${items}] }`);
    const { page } = approval;
    const hand = await comeAlive(page);
    await hand.reach(words("sign_list"));
    const list = (await hand.read()).filter(({ role, name }) => role === "list" && name === words("sign_list"));
    expect(list).toHaveLength(1);
    for (let seen = 0; seen < files.length; seen++) {
      await hand.press("Tab");
      expect((await hand.focused())?.name).toMatch(
        new RegExp(`^${words("sign_digest_full")} [0-9a-f]{8} … [0-9a-f]{8}$`),
      );
    }
    await hand.press("Enter");
    expect(await page.$$eval("details[open] .digest", ([digest]) => digest?.textContent)).toMatch(/^[0-9a-f]{64}$/);
    await hand.press("Tab", "ArrowDown");
    await hand.reach(words("pin_label"));
    await hand.type(pin);
    await hand.reach(words("sign_confirm"));
    await hand.press("Enter");
    expect(await outcome).toBe("ok");
  });
});

describe("saying no, and not saying yes by accident", () => {
  test.each(["Escape", "Space on the button"])("%s declines", async (how) => {
    const { site } = await openReady("b");
    const { approval, outcome } = await ask(stage, site, "login");
    const hand = await comeAlive(approval.page);
    if (how === "Escape") await hand.press("Escape");
    else {
      await hand.reach(words("approval_decline"));
      await hand.press("Space");
    }
    expect(await outcome).toBe("USER_DECLINED");
  });

  /** Has a fresh window take Enter on the button that agrees; gives what the button was at that moment. */
  async function enterAtOnce(page: Page): Promise<"dead" | "live"> {
    await page.reload();
    await appears(page, "button[type=submit]");
    await page.evaluate(() => {
      const note = ({ key }: KeyboardEvent) => {
        const dead = document.querySelector("button[type=submit]")?.ariaDisabled === "true";
        if (key === "Enter") document.body.dataset["entered"] = dead ? "dead" : "live";
      };
      document.addEventListener("keydown", note, true);
    });
    const hand = handOn(page);
    await hand.reach(words("login_confirm"));
    await hand.press("Enter");
    return page.evaluate(() => (document.body.dataset["entered"] === "dead" ? "dead" : "live"));
  }

  test("Enter on the button that agrees does nothing while it is dead", async () => {
    const { site } = await openReady("b");
    const { approval, outcome } = await ask(stage, site, "login");
    const { page } = approval;
    await showUp(page);
    // A slow machine's hand may come too late; then it was no try.
    let found = await enterAtOnce(page);
    for (let tries = 0; found === "live" && tries < 20; tries++) found = await enterAtOnce(page);
    expect(found).toBe("dead");
    expect(await spoken(handOn(page), "assertive")).not.toContain(words("certificate_required"));
    const hand = await comeAlive(page);
    expect(await spoken(hand, "assertive")).not.toContain(words("certificate_required"));
    await hand.press("Enter");
    await expect.poll(() => spoken(hand, "assertive")).toContain(words("certificate_required"));
    await hand.press("Escape");
    expect(await outcome).toBe("USER_DECLINED");
  });
});

describe("what is spoken by itself", () => {
  test("how long is left, what is missing, and that the PIN was wrong, with the field ready for the next try", async () => {
    const { site } = await openReady("b");
    const { approval } = await ask(stage, site, "login", `{ nonce: "${"A".repeat(43)}", timeoutMs: 59_000 }`);
    const { page } = approval;
    const hand = handOn(page);
    await expect.poll(() => spoken(hand, "polite")).toContain(words("approval_remaining_spoken"));
    await comeAlive(page);
    await hand.press("Tab", "Space");
    await hand.reach(words("pin_label"));
    await hand.press("Enter");
    await expect.poll(() => spoken(hand, "assertive")).toContain(words("pin_required"));
    await hand.type("000000");
    await hand.press("Enter");
    await expect.poll(() => spoken(hand, "assertive")).toContain(words("error_PIN_INCORRECT_software", 2));
    await expect.poll(() => hand.focused()).toEqual({ role: "textbox", name: words("pin_label") });
    const field = (await hand.read()).find(({ role }) => role === "textbox");
    expect(field).toMatchObject({ invalid: "true", description: expect.stringContaining(words("pin_private")) });
    expect(field?.value).toBeUndefined();
    await hand.press("Escape");
  });
});

describe("the extension's other pages", () => {
  test("the popup: what waits comes first, and the credentials open", async () => {
    const { site } = await openReady("a");
    await ask(stage, site, "login");
    const popup = await openPopup(stage.browser, site.page, words("popup_waiting"));
    const hand = handOn(popup);
    const details = `${words("key_credentials")} 1`;
    expect(namesOf(await hand.walk())).toEqual([
      words("popup_waiting_show"),
      details,
      details,
      words("popup_bids"),
      words("rescue_open"),
      words("popup_options"),
      words("popup_help"),
      words("report_open"),
    ]);
    await hand.reach(details);
    await hand.press("Enter");
    expect(await popup.$$eval("details[open]", (open) => open.length)).toBe(1);
    await closePopup(popup);
  });

  test("the options page: adds a site, and takes it away again", async () => {
    const { origin } = stage.demo.phish;
    const settings = await openSettings(stage);
    await settings.grant(`${origin}/*`);
    const page = await stage.browser.open(stage.browser.extensionUrl("options.html"));
    await says(page, words("options_granted"));
    const hand = handOn(page);
    expect(namesOf(await hand.walk())).toEqual([
      words("options_add_label"),
      words("options_add_button"),
      words("options_welcome"),
      words("report_open"),
    ]);
    await hand.reach(words("options_add_label"));
    await hand.type("http://x");
    await hand.press("Enter");
    await expect.poll(() => spoken(hand, "assertive")).toContain(words("options_add_error_https"));
    expect(await hand.focused()).toEqual({ role: "textbox", name: words("options_add_label") });
    await hand.press("Home");
    await page.keyboard.down("Shift");
    await hand.press("End");
    await page.keyboard.up("Shift");
    await hand.type(origin);
    await hand.press("Enter");
    await expect.poll(() => spoken(hand, "polite")).toContain(words("options_added", origin));
    await hand.reach(words("options_remove_site", origin), "Shift+Tab");
    await hand.press("Space");
    await expect.poll(() => spoken(hand, "polite")).toContain(words("options_removed", origin));
    await hand.reach(words("options_add_label"));
  });

  test("the welcome page: says which step it is at, and copies", async () => {
    const page = await stage.browser.open(stage.browser.extensionUrl("welcome.html"));
    await says(page, words("welcome_certificate_check"));
    const hand = handOn(page);
    expect(await page.$eval("html", ({ lang }) => lang)).toBe("zh-TW");
    expect(await page.$eval("[aria-current=step] h2", (title) => title.textContent)).toBe(words("welcome_certificate"));
    // One for a certificate in a file, one for a CA锁.
    expect(namesOf(await hand.walk())).toEqual([words("welcome_copy"), words("welcome_copy")]);
    await hand.reach(words("welcome_copy"));
    await hand.press("Space");
    await expect.poll(() => spoken(hand, "polite")).toContain(words("welcome_copied"));
  });

  test("the platform's tabs: by the arrow keys", async () => {
    const { site, hand } = await openReady("b");
    await hand.reach("互认通登录");
    await hand.press("ArrowRight");
    expect(await hand.focused()).toEqual({ role: "tab", name: "注册须知" });
    expect(await site.page.$eval("#panel-guide", (panel) => panel.hasAttribute("hidden"))).toBe(false);
    await hand.press("ArrowLeft");
    expect(await hand.focused()).toEqual({ role: "tab", name: "互认通登录" });
  });
});
