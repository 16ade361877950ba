import {
  appears,
  approvalOf,
  BIDDER,
  openDesk,
  openSite,
  openStage,
  photograph,
  says,
  type Stage,
} from "@certbridge/demo/walk";
import { cp } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ofAnotherTime } from "../support/another-time.ts";
import { signalPrograms } from "../support/running.ts";

const { name, uscc, pin } = BIDDER;

/** Where the stage's own desk keeps the program's home and the browser its profile. */
function deskOf({ desk }: Stage): { readonly folder: string; readonly profile: string } {
  const folder = dirname(desk.home);
  return { folder, profile: join(folder, "profile") };
}

describe("a bidder who starts with nothing installed", () => {
  test("is told what is missing, sets it up while the page waits, and goes on where it was", async () => {
    const stage = await openStage({ folder: "build/e2e/set-up", host: false });
    try {
      stage.demo.platforms.a.admin.addAccount({ uscc, name });
      const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await says(approval.page, "未检测到互认通程序");
      await photograph(approval.page, stage.pictures, "host-missing");

      await stage.desk.install(stage.demo.registryPath);
      await says(approval.page, "没有可用的证书");
      await photograph(approval.page, stage.pictures, "no-certificate");

      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await stage.desk.obtainCertificates({ name, pin, issue });
      await appears(approval.page, "#pin");
      await approval.accept(pin);
      expect(await site.outcome()).toBe("done");
    } finally {
      await stage.close();
    }
  });

  test("whose program is older than the extension is told so, and goes on after the upgrade", async () => {
    const stage = await openStage({ folder: "build/e2e/outdated", host: false });
    const older = resolve("build/e2e/outdated/older");
    try {
      // The program as it was before this grammar: the same file but for the number.
      await cp("build/host", older, { recursive: true });
      await ofAnotherTime(older, -1);
      const before = openDesk({ program: join(older, "certbridge-host"), ...deskOf(stage) });
      await before.install(stage.demo.registryPath);
      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await before.obtainCertificates({ name, pin, issue });
      stage.demo.platforms.a.admin.addAccount({ uscc, name });

      const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await says(approval.page, "版本过低，请升级互认通程序");
      await photograph(approval.page, stage.pictures, "host-outdated");
      const operations = await site.page.evaluate(() => {
        const { sharedCertificate } = window as unknown as {
          sharedCertificate: { status(): Promise<{ operations: string[] }> };
        };
        return sharedCertificate.status().then((status) => status.operations);
      });
      expect(operations).toEqual(["status"]);

      await stage.desk.install(stage.demo.registryPath);
      // The older one may have ended by itself: it is of no use.
      signalPrograms(stage.desk, "SIGKILL");
      await appears(approval.page, "#pin");
      await approval.accept(pin);
      expect(await site.outcome()).toBe("done");
    } finally {
      await stage.close();
    }
  });

  test("sees on the welcome page, the popup and the options page what is there and what to do", async () => {
    const stage = await openStage({ folder: "build/e2e/surfaces", knowsNoPolicy: true });
    try {
      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await stage.desk.obtainCertificates({ name, pin, issue });
      const words = {
        "welcome.html": "互认通程序",
        "popup.html": "尾号",
        "options.html": "江南公共资源交易平台",
      } as const;
      for (const [path, expected] of Object.entries(words)) {
        const page = await stage.browser.open(stage.browser.extensionUrl(path));
        await says(page, expected);
        await photograph(page, stage.pictures, path.replace(".html", ""));
        await page.close();
      }
    } finally {
      await stage.close();
    }
  });
});
