import {
  appears,
  approvalOf,
  BIDDER,
  openDesk,
  openSite,
  openStage,
  photograph,
  says,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** The companion program among others, as the bidder meets it: another one in its place, and a browser that it does not know. */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/neighbours";
let stage: Stage;
let site: Site;

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  stage.demo.platforms.a.admin.addAccount({ uscc, name });
  site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  await logIn();
});
afterAll(() => stage.close());

async function logIn(): Promise<void> {
  await site.logOut();
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
}

const fingerprintOf = async (desk: Stage["desk"]): Promise<string> => {
  const printed = await desk.host(["doctor", "--json"]).catch((error: unknown) => String(error));
  return /"fingerprint":"([0-9A-F-]+)"/.exec(printed)?.[1] ?? "none";
};

/** A login that is asked for after the browser's worker, and with it the running program, has gone. */
async function askAnew() {
  await site.logOut();
  await stage.browser.killWorker();
  await site.click("login");
  return approvalOf(stage.browser);
}

describe("another program in the program's place", () => {
  test("is shown with both fingerprints, gets no PIN, and goes when install has repaired it", async () => {
    const trusted = await fingerprintOf(stage.desk);
    const impostor = openDesk({
      program: "build/host/certbridge-host",
      folder: resolve(FOLDER, "impostor"),
      profile: resolve(FOLDER, "profile"),
    });
    await impostor.install(stage.demo.registryPath);
    const approval = await askAnew();
    await says(approval.page, "互认通程序换了身份");
    await says(approval.page, trusted);
    await says(approval.page, await fingerprintOf(impostor));
    await photograph(approval.page, stage.pictures, "host-changed");
    expect(await approval.page.$("#pin")).toBeNull();
    expect(await stage.desk.host(["doctor"]).catch((error: unknown) => String(error))).toContain("指向另一个程序");

    await stage.desk.install(stage.demo.registryPath);
    // Nobody has to say anything: the window looks again and finds the trusted one.
    await approval.page.bringToFront();
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
  });
});

describe("the program with a new identity", () => {
  test("works on once the person trusts it, and not before", async () => {
    await rm(join(stage.desk.home, "identity.json"));
    await stage.desk.install(stage.demo.registryPath);
    const approval = await askAnew();
    await says(approval.page, "互认通程序换了身份");
    await says(approval.page, await fingerprintOf(stage.desk));
    expect(await approval.page.$("#pin")).toBeNull();
    await approval.page.bringToFront();
    await appears(approval.page, "button[aria-disabled=false]");
    for (const button of await approval.page.$$("button")) {
      if ((await button.evaluate((element) => element.textContent)) === "信任新的互认通程序") await button.click();
    }
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await logIn();
  });
});

describe("a browser that the program does not know", () => {
  test("is told what to run, and goes on when it was run", async () => {
    await stage.desk.host(["pairings", "remove", "--all"]);
    const approval = await askAnew();
    await says(approval.page, "互认通程序还不认识这个浏览器");
    await photograph(approval.page, stage.pictures, "host-unpaired");
    expect(await approval.page.$("#pin")).toBeNull();
    await stage.desk.install(stage.demo.registryPath);
    await approval.page.bringToFront();
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
  });
});

test("popup and options page show the fingerprint that doctor prints, and what is unsafe", async () => {
  const fingerprint = await fingerprintOf(stage.desk);
  const words = async (path: string) => {
    const page = await stage.browser.open(stage.browser.extensionUrl(path));
    await says(page, fingerprint);
    await photograph(page, stage.pictures, path.replace(".html", ""));
    const text = await page.evaluate(() => document.body.innerText);
    await page.close();
    return text;
  };
  expect(await words("popup.html")).not.toContain("安装不安全");
  expect(await words("options.html")).not.toContain("安装不安全");
});
