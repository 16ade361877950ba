import { approvalOf, BIDDER, openSite, openStage, photograph } from "@certbridge/demo/walk";
import { describe, expect, test } from "vitest";

const { name, uscc, pin } = BIDDER;

describe("a bidder who starts with nothing installed", () => {
  test("is told what is missing, sets it up while the page waits, and goes on where it was", async () => {
    const stage = await openStage({ folder: "build/e2e/set-up", host: false });
    try {
      stage.demo.platforms.a.admin.addAccount({ uscc, name });
      const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await approval.page.waitForFunction(() => document.body.innerText.includes("未检测到互认通程序"));
      await photograph(approval.page, stage.pictures, "host-missing");

      await stage.desk.install(stage.demo.registryPath);
      await approval.page.waitForFunction(
        () => document.body.innerText.includes("证书") && !document.body.innerText.includes("未检测到"),
        {
          timeout: 15_000,
        },
      );
      await photograph(approval.page, stage.pictures, "no-certificate");

      const issue = (request: Uint8Array) =>
        Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
      await stage.desk.obtainCertificates({ name, pin, issue });
      await approval.page.waitForSelector("#pin", { timeout: 15_000 });
      await approval.accept(pin);
      expect(await site.outcome()).toBe("done");
    } finally {
      await stage.close();
    }
  });

  test("sees on the welcome page, the popup and the options page what is there and what to do", async () => {
    const stage = await openStage({ folder: "build/e2e/surfaces" });
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
        await page.waitForFunction((text) => document.body.innerText.includes(text), { timeout: 15_000 }, expected);
        await photograph(page, stage.pictures, path.replace(".html", ""));
        await page.close();
      }
    } finally {
      await stage.close();
    }
  });
});
