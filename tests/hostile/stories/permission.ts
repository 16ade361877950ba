/** The browser's permission for the site, withdrawn at the worst moment: on the page where people do it, by its own script. */
import { approvalOf, BIDDER } from "@certbridge/demo/walk";
import { expect } from "vitest";
import { signalPrograms } from "../../support/running.ts";
import { openSettings } from "../../support/settings.ts";
import type { Scene, Stories, Story } from "../scene.ts";

/** Runs a story in which one site's permission can be withdrawn; afterwards every site has its own again. */
function withPermission(
  story: (scene: Scene, attack: Parameters<Story>[1], withdraw: () => Promise<void>) => Promise<void>,
): Story {
  return async (scene, attack) => {
    const { origin } = scene.stage.demo.platforms.a;
    const settings = await openSettings(scene.stage);
    await settings.limitTo("chosen");
    try {
      await settings.grant(`${origin}/*`);
      await story(scene, attack, () => settings.withdraw(`${origin}/*`));
    } finally {
      await settings.limitTo("all");
      await settings.close();
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
    const { desk } = scene.stage;
    expect(signalPrograms(desk, "SIGSTOP")).toBe(1);
    try {
      await approval.accept(BIDDER.pin);
      await untilState(scene, "working");
      await withdraw();
    } finally {
      signalPrograms(desk, "SIGCONT");
    }
    expect(await scene.said(attack)).toEqual({ code: "SITE_NOT_ALLOWED" });
  }),
};
