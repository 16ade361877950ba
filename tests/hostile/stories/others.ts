/** What takes more than one page, or the browser's own word. */
import { approvalOf, BIDDER, says } from "@certbridge/demo/walk";
import { limits } from "@certbridge/protocol/limits";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "puppeteer";
import { expect } from "vitest";
import type { Said, Scene, Stories } from "../scene.ts";

/** Addresses of the extension that this page really shows, itself or in a frame: the browser marks those that it blocked. */
async function extensionPagesIn(page: Page): Promise<readonly string[]> {
  interface Tree {
    readonly frame: { readonly url: string; readonly unreachableUrl?: string };
    readonly childFrames?: readonly Tree[];
  }
  const session = await page.createCDPSession();
  const { frameTree } = await session.send("Page.getFrameTree");
  const read = ({ frame, childFrames = [] }: Tree): string[] => [
    ...(frame.url.startsWith("chrome-extension:") && frame.unreachableUrl === undefined ? [frame.url] : []),
    ...childFrames.flatMap(read),
  ];
  return read(frameTree);
}

/** One try of told-apart: what the page can tell of a person who does that. */
async function tellOf(
  scene: Scene,
  attack: Parameters<Scene["open"]>[0],
  person: (approval: Page) => Promise<void>,
): Promise<Said> {
  const page = await scene.open(attack);
  const approval = await approvalOf(scene.stage.browser);
  await person(approval.page);
  await approval.page.close();
  const said = await scene.said(attack);
  await page.close();
  return said;
}

export const others: Stories = {
  async crashed(scene, attack) {
    const page = await scene.open(attack);
    await expect.poll(() => scene.windows().open).toBe(1);
    const session = await page.createCDPSession();
    session.send("Page.crash").catch(() => undefined);
  },

  async "flood-at-once"(scene, attack) {
    await scene.open(attack);
    // While the person reads the first, all others are refused.
    await expect.poll(() => scene.said(attack), { timeout: 30_000 }).toHaveProperty("TOO_MANY_REQUESTS", 999);
    await (await approvalOf(scene.stage.browser)).decline();
    await expect.poll(() => scene.said(attack)).toEqual(attack.says);
  },

  async "flood-windows"(scene, attack) {
    const { opened } = scene.windows();
    for (let tabs = 0; tabs < 5; tabs++) await scene.open(attack);
    await expect
      .poll(() => scene.windows().opened - opened, { timeout: 40_000 })
      .toBe(limits.requestsPerMinuteAndOrigin);
    await expect.poll(() => scene.said(attack)).toHaveProperty("TOO_MANY_REQUESTS");
    // Meanwhile another site asks, and is served.
    await expect.poll(() => scene.windows().open, { timeout: 10_000 }).toBe(0);
    const { origin } = scene.stage.demo.platforms.b;
    const other = await scene.show(`${origin}/hostile/told-apart.html`);
    await (await approvalOf(scene.stage.browser)).decline();
    await expect.poll(() => other.title()).toContain("USER_DECLINED");
  },

  async "extension-pages-framed"(scene, attack) {
    const page = await scene.open(attack);
    expect(await scene.said(attack)).toEqual(attack.says);
    expect(page.frames()).toHaveLength(8);
    expect(await extensionPagesIn(page)).toEqual([]);
  },

  async "extension-pages-opened"(scene, attack) {
    const { browser } = scene.stage.browser;
    const ours = () => browser.targets().filter((target) => /^chrome-extension:.*#/.test(target.url()));
    const page = await scene.open(attack);
    await expect.poll(() => page.url()).not.toContain("hostile");
    await expect.poll(() => ours().length).toBeGreaterThanOrEqual(5);
    for (const target of ours()) {
      const opened = await target.asPage();
      expect(await extensionPagesIn(opened)).toEqual([]);
    }
  },

  async "told-apart"(scene, attack) {
    const keys = join(scene.stage.desk.home, "keys");
    const expected = {
      progress: [{ stage: "waiting-for-person" }],
      code: "USER_DECLINED",
      details: null,
      message: "USER_DECLINED",
      retriable: true,
      name: "SharedCertificateError",
    };
    expect(await tellOf(scene, attack, async () => undefined), "says no").toEqual(expected);

    const type = async (approval: Page, pin: string, words: string | null) => {
      await approval.bringToFront();
      await approval.type("#pin", pin);
      await expect.poll(() => approval.$("button[type=submit][aria-disabled=false]")).not.toBeNull();
      await approval.click("button[type=submit]");
      // Null: the window is closed while the key is tried.
      if (words !== null) await says(approval, words);
    };
    const wrong = await tellOf(scene, attack, (approval) => type(approval, "000000", "PIN码错误"));
    expect(wrong, "a wrong PIN").toEqual(expected);

    const [file = ""] = (await readdir(keys)).filter((name) => name.endsWith(".json"));
    const tries = join(keys, file.replace(".json", ".tries"));
    for (const words of ["已暂停使用", null]) {
      const locked = await tellOf(scene, attack, async (approval) => {
        await writeFile(tries, JSON.stringify({ failures: 6, retryAt: Date.now() + 100_000 }));
        await type(approval, BIDDER.pin, words);
      });
      await rm(tries);
      expect(locked, "a locked key").toEqual(expected);
    }

    await rename(keys, `${keys}-away`);
    await mkdir(keys, { mode: 0o700 });
    const keyless = await tellOf(scene, attack, (approval) => says(approval, "没有可用的证书"));
    await rm(keys, { recursive: true });
    await rename(`${keys}-away`, keys);
    expect(keyless, "no key").toEqual(expected);
  },
};
