/** The browser's permission for the site, withdrawn at the worst moment: on the page where people do it, by its own script. */
import { approvalOf, BIDDER } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { execFileSync } from "node:child_process";
import { expect } from "vitest";
import type { Scene, Stories, Story } from "../scene.ts";

/** Runs a story in which one site's permission can be withdrawn; afterwards every site has its own again. */
function withPermission(
  story: (scene: Scene, attack: Parameters<Story>[1], withdraw: () => Promise<void>) => Promise<void>,
): Story {
  return async (scene, attack) => {
    const { origin } = scene.stage.demo.platforms.a;
    const manager = await scene.stage.browser.open("chrome://extensions");
    const manage = async (call: string) => {
      await manager.evaluate(`new Promise((done) => chrome.developerPrivate.${call.replace(/\)$/, ", done)")})`);
    };
    const access = (hostAccess: string) =>
      manage(`updateExtensionConfiguration(${JSON.stringify({ extensionId: CHROMIUM_EXTENSION_ID, hostAccess })})`);
    await access("ON_SPECIFIC_SITES");
    try {
      await manage(`addHostPermission("${CHROMIUM_EXTENSION_ID}", "${origin}/*")`);
      await story(scene, attack, () => manage(`removeHostPermission("${CHROMIUM_EXTENSION_ID}", "${origin}/*")`));
    } finally {
      await access("ON_ALL_SITES");
      await manager.close();
    }
  };
}

/** Waits until a request is written down in that state. */
async function untilState(scene: Scene, state: string): Promise<void> {
  const worker = await scene.stage.browser.worker();
  await expect
    .poll(() =>
      worker.evaluate("chrome.storage.session.get(null).then((all) => Object.values(all).map(({ state }) => state))"),
    )
    .toContain(state);
}

export const permission: Stories = {
  "permission-before": withPermission(async (scene, attack, withdraw) => {
    await scene.open(attack);
    await withdraw();
    scene.tell(attack);
    expect(await scene.said(attack)).toEqual(attack.says);
  }),

  "permission-while-asking": withPermission(async (scene, attack, withdraw) => {
    await scene.open(attack);
    const approval = await approvalOf(scene.stage.browser);
    await withdraw();
    await approval.accept(BIDDER.pin);
    expect(await scene.said(attack)).toEqual({ code: "SITE_NOT_ALLOWED" });
    await approval.page.close();
  }),

  "permission-while-working": withPermission(async (scene, attack, withdraw) => {
    await scene.open(attack);
    const approval = await approvalOf(scene.stage.browser);
    const { home } = scene.stage.desk;
    execFileSync("pkill", ["-STOP", "-f", home]);
    try {
      await approval.accept(BIDDER.pin);
      await untilState(scene, "working");
      await withdraw();
    } finally {
      execFileSync("pkill", ["-CONT", "-f", home]);
    }
    expect(await scene.said(attack)).toEqual({ code: "SITE_NOT_ALLOWED" });
  }),
};
