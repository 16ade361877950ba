/**
 * The stores' pictures: real screens of a walk, 1280 by 800 as the stores take them. The extension's own windows stand over the
 * page that asked, as they do on a person's desk.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { appears, approvalOf, openSite, says, type Site } from "../walk/clerk.ts";
import { closePopup, openPopup } from "../walk/popup.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";

/** In CSS pixels, one to a pixel of the picture. */
export const PICTURE = { width: 1280, height: 800 } as const;

const { name, uscc, pin } = BIDDER;

const dataUrl = (png: Uint8Array) => `data:image/png;base64,${Buffer.from(png).toString("base64")}`;

/** One picture over another, at its own size, by the right edge. */
async function lay(stage: Stage, front: Uint8Array, back: Uint8Array, top: number): Promise<Uint8Array> {
  const page = await stage.browser.browser.newPage();
  await page.setViewport(PICTURE);
  await page.setContent(
    `<style>body{margin:0}img{display:block}#front{position:absolute;right:24px;top:${top}px;border-radius:8px;` +
      `box-shadow:0 0 0 1px rgb(0 0 0/25%),0 12px 40px rgb(0 0 0/35%)}</style>` +
      `<img src="${dataUrl(back)}"><img id="front" src="${dataUrl(front)}">`,
  );
  const picture = await page.screenshot();
  await page.close();
  return picture;
}

/** Walks one bidder from the first page to the second platform and takes five pictures. @returns their names */
export async function takeStorePictures(stage: Stage, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const names: string[] = [];
  const keep = async (picture: string, png: Uint8Array) => {
    names.push(`${picture}.png`);
    await writeFile(join(folder, `${picture}.png`), png);
  };
  const see = async (page: Page) => {
    await page.bringToFront();
    return page.screenshot();
  };

  /** The approval window over the page that asked; answered, and gone. */
  async function approve(picture: string | null, site: Site, typed: string | null): Promise<void> {
    const back = await see(site.page);
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, "form.approval-form");
    if (picture !== null) {
      await approval.page.bringToFront();
      await appears(approval.page, "button[type=submit][aria-disabled=false]");
      await keep(picture, await lay(stage, await approval.page.screenshot(), back, 20));
    }
    await approval.accept(typed);
    await approval.gone();
    const outcome = await site.outcome();
    if (outcome !== "done") throw new Error(`the page's action ended with ${outcome}`);
  }

  const open = async (origin: string) => {
    const site = await openSite(stage.browser, origin);
    await site.page.setViewport(PICTURE);
    await appears(site.page, "#device[data-state=ready]");
    return site;
  };

  await stage.desk.obtainCertificates({
    name,
    pin,
    issue: (request) => Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc })),
  });
  const a = await open(stage.demo.platforms.a.origin);
  await a.click("register");
  await approve("1-register", a, pin);
  await a.fillForm("南京市玄武区北京东路1号", "张三");
  await approve(null, a, null);
  const b = await open(stage.demo.platforms.b.origin);
  await b.click("register");
  await approve("2-accepted-elsewhere", b, pin);
  await b.sign("我方承诺完全响应招标文件。", false);
  await approve("3-sign", b, pin);

  const popup = await openPopup(stage.browser, b.page, name);
  const front = await popup.screenshot();
  await closePopup(popup);
  await keep("4-popup", await lay(stage, front, await see(b.page), 0));

  const welcome = await stage.browser.open(stage.browser.extensionUrl("welcome.html"));
  await welcome.setViewport(PICTURE);
  await says(welcome, "keys import");
  await keep("5-welcome", await see(welcome));
  await Promise.all([a, b].map(({ page }) => page.close()));
  return names;
}
