/** Windows and the hand that clicks in them. */
import { type Approval, approvalOf, BIDDER } from "@certbridge/demo/walk";
import type { Page } from "puppeteer";
import { expect } from "vitest";
import type { Scene, Stories } from "../scene.ts";

const AGREE = "form.approval-form button[type=submit]";
const DECLINE = ".decision button[type=button]";

/** Takes a window away and brings it back to the front. Without a screen no window covers another: it is put away instead. */
async function comeForward(page: Page): Promise<void> {
  const session = await page.createCDPSession();
  const { windowId } = await session.send("Browser.getWindowForTarget");
  for (const windowState of ["minimized", "normal"] as const) {
    await session.send("Browser.setWindowBounds", { windowId, bounds: { windowState } });
  }
  await session.detach();
}

/** Clicks at once in a window that comes to the front, as a hand does that was clicking already. The window must stay as it was. */
async function clickUnawares({ page }: Approval, button: string): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    await comeForward(page);
    await page.click(button);
    await page.click(button);
    // On a slow machine the buttons may be armed by now, and the try says nothing; had a click counted, the form would be gone.
    const unarmed = await page.$eval(button, (element) => element.getAttribute("aria-disabled") === "true");
    expect(page.isClosed()).toBe(false);
    if (unarmed) return;
  }
  throw new Error("no click came before the buttons were armed");
}

async function childOf(scene: Scene, search: string) {
  const target = await scene.stage.browser.browser.waitForTarget((candidate) => candidate.url().endsWith(search));
  const page = await target.page();
  if (page === null) throw new Error(`no window ${search}`);
  return page;
}

export const hands: Stories = {
  async "hurried-click"(scene, attack) {
    await scene.open(attack);
    await (await approvalOf(scene.stage.browser)).accept(BIDDER.pin);
    const approval = await approvalOf(scene.stage.browser);
    const before = await scene.consents();
    await clickUnawares(approval, AGREE);
    await clickUnawares(approval, DECLINE);
    expect(await scene.consents()).toBe(before);
    await approval.accept(null);
    expect(await scene.said(attack)).toEqual({ code: "ok" });
  },

  async "double-click"(scene, attack) {
    await scene.open(attack);
    const above = await approvalOf(scene.stage.browser);
    const below = await approvalOf(scene.stage.browser);
    await above.decline();
    await above.gone();
    await clickUnawares(below, DECLINE);
    await below.decline();
    expect(await scene.said(attack)).toEqual({ code: "USER_DECLINED" });
  },

  async "covered-window"(scene, attack) {
    await scene.open(attack);
    const approval = await approvalOf(scene.stage.browser);
    const cover = await childOf(scene, "?cover");
    await cover.bringToFront();
    const closed = new Promise((resolve) => cover.once("close", resolve));
    await cover.mouse.click(240, 300).catch(() => undefined);
    await closed;
    await clickUnawares(approval, DECLINE);
    await approval.decline();
    expect(await scene.said(attack)).toEqual({ code: "USER_DECLINED" });
  },

  async "look-alike"(scene, attack) {
    const page = await scene.open(attack);
    const approval = await approvalOf(scene.stage.browser);
    const copy = await childOf(scene, "?copy");
    await expect.poll(() => copy.title()).toBe(await approval.page.title());
    // What tells them apart is what the browser shows above each.
    expect(new URL(copy.url()).origin).toBe(new URL(page.url()).origin);
    expect(approval.page.url().startsWith(scene.stage.browser.extensionUrl("approval.html"))).toBe(true);
    const ties = await approval.page.evaluate(() => [
      window.opener,
      window.name,
      document.referrer,
      window.top === window,
    ]);
    expect(ties).toEqual([null, "", "", true]);
    await approval.decline();
    expect(await scene.said(attack)).toEqual({ code: "USER_DECLINED" });
  },
};
