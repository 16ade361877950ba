import {
  appears,
  approvalOf,
  type Approval,
  BIDDER,
  openSite,
  openStage,
  photograph,
  says,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { missingForPrivatePolicies } from "../support/private-policies.ts";
import { startsInSandbox } from "../support/sandbox-root.ts";
import { signalPrograms } from "../support/running.ts";

/** What stands between a person and a signature: each cause is provoked for real, and each has its own sentence and buttons. */

const { name, uscc, pin } = BIDDER;
const DAY = 24 * 3600_000;
const FOLDER = resolve("build/e2e/diagnosis");
const MANIFEST = join(FOLDER, "profile", "NativeMessagingHosts", `${HOST_NAME}.json`);

let stage: Stage;
let site: Site;
let approval: Approval;
let manifest = "";

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  manifest = await readFile(MANIFEST, "utf8");
  site = await openSite(stage.browser, stage.demo.platforms.a.origin);
  await site.click("login");
  approval = await approvalOf(stage.browser);
});

afterAll(() => stage.close());

async function buttonsOf(): Promise<readonly string[]> {
  return approval.page.$$eval(".notice button", (buttons) => buttons.map((button) => button.innerText.trim()));
}

/** Every sentence that was shown so far: no two causes share one. */
const sentences = new Set<string>();

async function shows(sentence: string, buttons: readonly string[]): Promise<void> {
  await says(approval.page, sentence);
  expect(await buttonsOf()).toEqual(buttons);
  expect(sentences.has(sentence)).toBe(false);
  sentences.add(sentence);
}

describe("the companion program", () => {
  afterEach(async () => {
    await writeFile(MANIFEST, manifest);
    signalPrograms(stage.desk, "SIGKILL");
    await says(approval.page, "没有可用的证书");
  });

  test("is absent", async () => {
    await rm(MANIFEST);
    signalPrograms(stage.desk, "SIGKILL");
    await shows("未检测到互认通程序。安装后会自动回到本页继续。", ["下载安装", "已安装，重新检测"]);
  });

  test("may not be started by this extension", async () => {
    const other = manifest.replace(/chrome-extension:\/\/\w{32}\//, `chrome-extension://${"a".repeat(32)}/`);
    expect(other).not.toBe(manifest);
    await writeFile(MANIFEST, other);
    signalPrograms(stage.desk, "SIGKILL");
    await shows("浏览器不允许启动互认通程序。", ["查看修复方法", "重新检测"]);
  });

  test("crashes at its start", async () => {
    const broken = join(FOLDER, "broken");
    await writeFile(broken, "#!/bin/sh\nexit 3\n");
    await chmod(broken, 0o755);
    await writeFile(MANIFEST, JSON.stringify({ ...JSON.parse(manifest), path: broken }));
    signalPrograms(stage.desk, "SIGKILL");
    await shows("互认通程序没有响应。", ["查看修复方法", "重新检测"]);
  });

  test("writes what is no message", async () => {
    const noisy = join(FOLDER, "noisy");
    await writeFile(noisy, "#!/bin/sh\necho 'debugger attached'\nsleep 60\n");
    await chmod(noisy, 0o755);
    await writeFile(MANIFEST, JSON.stringify({ ...JSON.parse(manifest), path: noisy }));
    signalPrograms(stage.desk, "SIGKILL");
    await says(approval.page, "互认通程序没有响应。");
  });
});

const missing = missingForPrivatePolicies([]);
if (missing !== null) console.warn(`a browser in a sandbox is not tested: ${missing}`);

describe.skipIf(missing !== null)("a browser that Flatpak keeps in a sandbox", () => {
  test("starts the program where it is of no use", async () => {
    const { path } = JSON.parse(manifest) as { path: string };
    const sandboxed = startsInSandbox(join(FOLDER, "sandbox"), path);
    await writeFile(MANIFEST, JSON.stringify({ ...JSON.parse(manifest), path: sandboxed }));
    signalPrograms(stage.desk, "SIGKILL");
    const sentence = "这个浏览器由Snap或Flatpak安装，在沙箱中运行，互认通程序看不到您的证书。";
    await shows(sentence, ["查看修复方法", "重新检测"]);
    await writeFile(MANIFEST, manifest);
    signalPrograms(stage.desk, "SIGKILL");
    await says(approval.page, "没有可用的证书");
  });
});

describe("the certificate", () => {
  const issueWith = (validity: { notBefore: Date; notAfter: Date }) => (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }, validity));
  const from = (days: number) => new Date(Date.now() + days * DAY);

  test("is not there", async () => {
    await shows("没有可用的证书", ["查看导入方法", "重新检测"]);
    await says(approval.page, "没有登记CA锁的驱动");
  });

  test("has expired, and no other one fits", async () => {
    const issue = issueWith({ notBefore: from(-400), notAfter: from(-1) });
    await stage.desk.obtainCertificates({ name, pin, issue });
    await says(approval.page, "过期，不能使用");
    await says(approval.page, "下面的证书现在都不能使用");
    expect(await approval.certificates()).toEqual({ usable: 0, chosen: 0 });
  });

  test("is not yet valid", async () => {
    const issue = issueWith({ notBefore: from(2), notAfter: from(300) });
    await stage.desk.obtainCertificates({ name, pin, issue });
    await says(approval.page, "尚未生效");
    expect(await approval.certificates()).toEqual({ usable: 0, chosen: 0 });
  });

  test("waits after wrong PINs, and says until when", async () => {
    const issue = issueWith({ notBefore: from(-1), notAfter: from(300) });
    await stage.desk.obtainCertificates({ name, pin, issue });
    await says(approval.page, "还可以试 3 次");
    await approval.decline();
    expect(await site.outcome()).toBe("USER_DECLINED");
    // Three wrong ones by a person at the command line: the count is the key's, whoever asks.
    const { keys } = JSON.parse(await stage.desk.host(["keys", "list", "--json"])) as {
      keys: readonly { keyId: string; state: string }[];
    };
    const keyId = keys.find(({ state }) => state === "usable")?.keyId ?? "";
    for (let tries = 0; tries < 3; tries++) {
      const wrong = stage.desk.host(
        ["keys", "export", "--key", keyId, "--out", join(FOLDER, "never.p12"), "--pin-stdin"],
        "000000\n文件密码-654321\n",
      );
      await expect(wrong).rejects.toThrow(/PIN码/);
    }
    await site.click("login");
    approval = await approvalOf(stage.browser);
    await says(approval.page, "之后再试（剩余");
    expect(await approval.certificates()).toEqual({ usable: 1, chosen: 1 });
  });
});

describe("the page", () => {
  test("that is given up closes the question", async () => {
    await approval.decline();
    expect(await site.outcome()).toBe("USER_DECLINED");
  });

  test("whose site was added but not yet allowed: the popup says so, and has the button", async () => {
    const origin = "https://bid.example.com";
    const worker = await stage.browser.worker();
    await worker.evaluate(`chrome.storage.local.set({ "site:${origin}": { origin: "${origin}" } })`);
    const options = await stage.browser.open(stage.browser.extensionUrl("options.html"));
    await says(options, "bid.example.com");
    await says(options, "未允许");
    await options.close();
  });

  test("has a report beside it that is shown byte for byte before it is saved, and names nobody", async () => {
    const page = await stage.browser.open(stage.browser.extensionUrl("report.html"));
    const downloads = join(FOLDER, "downloads");
    const session = await page.createCDPSession();
    await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
    await appears(page, ".report");
    await photograph(page, stage.pictures, "report");
    const shown = await page.$eval(".report", (element) => element.textContent);
    await page.click("button.primary");
    const saved = () => readFile(join(downloads, "certbridge-report.json"), "utf8").catch(() => null);
    await expect.poll(saved).toBe(shown);
    const report = JSON.parse(shown) as {
      host: object;
      keys: object;
      diagnosis: string[];
      ended: { outcome: string }[];
    };
    expect(report.host).toEqual({ state: "ready", version: "0.1.0", hazards: [] });
    expect(report.keys).toEqual({ "software expired": 1, "software not-yet-valid": 1, "software usable waiting": 1 });
    expect(report.diagnosis).toContain("no-driver");
    expect(report.ended.map(({ outcome }) => outcome)).toEqual(["USER_DECLINED", "USER_DECLINED"]);
    for (const secret of [name, uscc, pin, "bid.example.com", "demo.test", FOLDER]) expect(shown).not.toContain(secret);
    await page.close();
  });
});
