import { appears, approvalOf, BIDDER, openBrowser, openSite, says, type Stage } from "@certbridge/demo/walk";
import { startDemo } from "@certbridge/demo";
import { hexOf, parseCertificate } from "@certbridge/pki";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, resolve } from "node:path";
import puppeteer, { type Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { packExtension } from "../support/crx.ts";
import { ask, fileOf, governed, guarded, openGoverned } from "../support/governed.ts";
import { openPrivatePolicies } from "../support/private-policies.ts";
import { grantInBrowser } from "../support/settings.ts";

/** An administrator's policy, by real policy files in a real Chromium: docs/admin/policy.md. */

const { pin } = BIDDER;

/** Chromium reads a changed file a few seconds later. */
const RELOAD_MS = 30_000;

/** The options page's table: key → value, source, lock. And what it says is wrong. */
async function readExplained(page: Page) {
  await appears(page, "table.policy");
  return page.evaluate(() => ({
    state: document.querySelector<HTMLElement>("table.policy")?.dataset["state"],
    rows: Object.fromEntries(
      Array.from(document.querySelectorAll<HTMLElement>("tr[data-key]"), (row) => [
        row.dataset["key"] ?? "",
        Array.from(row.querySelectorAll("td"), (cell) => cell.innerText.trim()),
      ]),
    ),
    problems: Array.from(
      document.querySelectorAll<HTMLElement>("[data-place]"),
      (line) => `${line.dataset["place"]} ${line.dataset["kind"]}`,
    ),
  }));
}

const openOptions = (stage: Stage) => stage.browser.open(stage.browser.extensionUrl("options.html"));

/** Waits until a changed file has come through. */
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + RELOAD_MS; ;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > end) throw new Error(`the policy does not come: ${JSON.stringify(value)}`);
    await new Promise((wait) => setTimeout(wait, 200));
  }
}

governed("a policy that binds while it is there", () => {
  const policies = openPrivatePolicies("chromium", "build/e2e/policy-file");
  let stage: Stage;
  let page: Page;

  beforeAll(async () => {
    policies.write(
      fileOf(guarded({ blockedOrigins: ["https://bid-a.demo.test"], allowedCarriers: ["usb-key", "phone"] })),
    );
    stage = await openGoverned("build/e2e/policy", policies);
    page = await stage.browser.open(`${stage.demo.platforms.a.origin}/`);
  });
  afterAll(() => stage.close());

  test("a page that asks is refused by it", async () => {
    expect(
      await until(
        () => ask(page),
        ({ code }) => code !== "ok",
      ),
    ).toEqual({ code: "BLOCKED_BY_POLICY", policy: "blockedOrigins" });
  });

  test("the options page shows each value locked, with its source", async () => {
    const options = await openOptions(stage);
    const { state, rows, problems } = await readExplained(options);
    expect(state).toBe("read");
    expect(rows["blockedOrigins"]).toEqual(["https://bid-a.demo.test", "由管理员设置", "已锁定"]);
    expect(rows["allowedCarriers"]).toEqual(["usb-key\nphone", "由管理员设置", "已锁定"]);
    expect(rows["minimumHostVersion"]).toEqual(["不限", "默认", "未锁定"]);
    expect(problems).toEqual([]);
    const blockedRow = await options.$$eval(".site-row", (found) =>
      found.map((row) => (row as HTMLElement).innerText).find((words) => words.includes("bid-a.demo.test")),
    );
    expect(blockedRow).toContain("已被管理员禁止（blockedOrigins）");
    expect(blockedRow).toContain("复制给管理员");
    await options.close();
  });

  test("a key in a forbidden carrier is shown with the reason, and cannot be chosen", async () => {
    const site = await openSite(stage.browser, stage.demo.platforms.b.origin);
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, ".key-obstacle");
    expect(await approval.text()).toContain("由管理员设置，不能使用（allowedCarriers）");
    expect(await approval.certificates()).toEqual({ usable: 0, chosen: 0 });
    await approval.decline();
    expect(await site.outcome()).toBe("USER_DECLINED");
    expect((await ask(site.page)).carriers).toEqual(["usb-key"]);
    await site.page.close();
  });

  test("it outlives the worker, and binds from the first answer of the next start on", async () => {
    await stage.browser.killWorker();
    expect(await ask(page)).toMatchObject({ code: "BLOCKED_BY_POLICY" });
    await stage.browser.close();
    const browser = await openBrowser({
      extension: resolve("build/extension-demo/chrome-mv3"),
      profile: resolve("build/e2e/policy/profile"),
      resolverRules: stage.demo.resolverRules,
      tlsSpki: stage.demo.tls.spkiSha256Base64,
      headless: true,
      language: "zh-CN",
      executable: policies.executable,
    });
    stage = { ...stage, browser, close: () => browser.close().then(() => stage.demo.close()) };
    page = await browser.open(`${stage.demo.platforms.a.origin}/`);
    expect(await ask(page)).toEqual({ code: "BLOCKED_BY_POLICY", policy: "blockedOrigins" });
  });

  test("a changed file binds without a restart: the site is let in, and a login comes to its end", async () => {
    policies.write(fileOf(guarded({ allowedCarriers: ["software"] })));
    await until(
      () => ask(page),
      ({ code }) => code === "ok",
    );
    const site = await openSite(stage.browser, stage.demo.platforms.a.origin);
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("a companion program that is too old is told to the person", async () => {
    policies.write(fileOf(guarded({ minimumHostVersion: "99.0" })));
    const options = await openOptions(stage);
    await until(
      () => readExplained(options),
      ({ rows }) => rows["minimumHostVersion"]?.[0] === "99.0",
    );
    await options.close();
    const site = await openSite(stage.browser, stage.demo.platforms.b.origin);
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await says(approval.page, "版本过低，请升级互认通程序");
    await approval.page.close();
    await site.page.close();
  });

  test("a key that Chromium takes away for a wrong type is no key that was left out: all that it could forbid is refused", async () => {
    policies.write(fileOf({ ...guarded({ blockedOrigins: ["https://phish.demo.test", 5] }) }));
    expect(
      await until(
        () => ask(page),
        ({ code }) => code !== "ok",
      ),
    ).toEqual({
      code: "BLOCKED_BY_POLICY",
      policy: "blockedOrigins",
    });
    const options = await openOptions(stage);
    const { rows, problems } = await readExplained(options);
    expect(problems).toEqual(["blockedOrigins missing"]);
    expect(rows["blockedOrigins"]).toEqual(["有误，全部禁止", "由管理员设置；值有误", "已锁定"]);
    await options.close();
  });

  test("mended and broken again, its last good value binds", async () => {
    const options = await openOptions(stage);
    policies.write(fileOf(guarded({ blockedOrigins: ["https://phish.demo.test"] })));
    await until(
      () => readExplained(options),
      ({ rows }) => rows["blockedOrigins"]?.[0] === "https://phish.demo.test",
    );
    policies.write(fileOf({ ...guarded({ blockedOrigins: "https://phish.demo.test" }) }));
    const { rows } = await until(
      () => readExplained(options),
      ({ problems }) => problems.length > 0,
    );
    expect(rows["blockedOrigins"]?.[0]).toBe("https://phish.demo.test");
    expect(rows["blockedOrigins"]?.[1]).toContain("沿用上一次的值");
    expect((await ask(page)).code).toBe("ok");
    await options.close();
  });

  test("an extension that is too old refuses everything, and says so", async () => {
    policies.write(fileOf(guarded({ minimumExtensionVersion: "99" })));
    expect(
      await until(
        () => ask(page),
        ({ code }) => code !== "ok",
      ),
    ).toEqual({
      code: "BLOCKED_BY_POLICY",
      policy: "minimumExtensionVersion",
    });
    const options = await openOptions(stage);
    await says(options, "请升级互认通扩展");
    await options.close();
  });

  test("deleting the file ends it", async () => {
    policies.remove();
    await until(
      () => ask(page),
      ({ code }) => code === "ok",
    );
    const options = await openOptions(stage);
    expect((await readExplained(options)).state).toBe("none");
    await options.close();
  });
});

/** A page over http, under any name. */
async function serveHttp(): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((_request, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end("<!doctype html><title>intranet</title>");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { port: address.port, server };
}

governed("sites that a policy adds", () => {
  const policies = openPrivatePolicies("chromium", "build/e2e/policy-sites-file");
  const EXTRA = "https://bid-a.demo.test";
  let stage: Stage;
  let intranet: string;
  let elsewhere: string;
  const servers: Server[] = [];

  beforeAll(async () => {
    const [here, there] = [await serveHttp(), await serveHttp()];
    servers.push(here.server, there.server);
    intranet = `http://intranet.test:${here.port}`;
    elsewhere = `http://intranet.test:${there.port}`;
    policies.write(
      fileOf(guarded({ extraPlatforms: [{ origin: EXTRA, name: "集团招标平台" }], insecureOrigins: [intranet] })),
    );
    // The store's build knows none of the demonstration's origins.
    stage = await openGoverned("build/e2e/policy-sites", policies, {
      extension: "build/extension/chrome-mv3",
      moreHosts: "MAP intranet.test 127.0.0.1",
    });
  });
  afterAll(async () => {
    await stage.close();
    for (const server of servers) server.close();
  });

  test("wait for one click of the person, and the options page says which", async () => {
    const options = await openOptions(stage);
    await appears(options, ".waiting-sites");
    const waiting = await options.$eval(".waiting-sites", (list) => (list as HTMLElement).innerText.split("\n"));
    expect(waiting).toEqual([EXTRA, intranet]);
    const page = await stage.browser.open(`${intranet}/`);
    expect(await ask(page)).toEqual({ code: "NO_API" });
    await page.close();

    // No headless browser shows its own prompt: the click in the options page then finds it granted.
    await grantInBrowser(stage, `${EXTRA}/*`);
    await grantInBrowser(stage, "http://intranet.test/*");
    for (const origin of [EXTRA, intranet]) {
      await options.bringToFront();
      await options.reload();
      await appears(options, ".site-row");
      const button = await options.$(`button[aria-label="允许 ${origin}"]`);
      // Once the browser has granted it, a site waits no longer.
      await button?.click();
    }
    await until(
      () => options.$(".waiting-sites"),
      (list) => list === null,
    );
    await options.close();
  });

  test("take part then: a login on the added platform comes to its end under the administrator's name for it", async () => {
    const site = await openSite(stage.browser, EXTRA);
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    expect(await approval.text()).toContain("集团招标平台");
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("over http get the page API at that very origin, and are shown as what they are", async () => {
    const page = await stage.browser.open(`${intranet}/`);
    expect(await page.evaluate(() => window.isSecureContext)).toBe(false);
    expect(await ask(page)).toMatchObject({ code: "ok" });
    const nonce = Buffer.alloc(32, 7).toString("base64url");
    await page.bringToFront();
    const token = page.evaluate(
      (challenge) =>
        (
          window as unknown as { sharedCertificate: { login(options: object): Promise<{ format: string }> } }
        ).sharedCertificate.login({ nonce: challenge }),
      nonce,
    );
    const approval = await approvalOf(stage.browser);
    const words = await approval.text();
    expect(words).toContain("管理员添加的网站");
    expect(words).toContain("没有使用安全连接");
    expect(words).toContain(intranet);
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await token).toMatchObject({ format: "shared-certificate-login:1" });
    await page.close();
  });

  test("no other http page gets it: neither another port of that host nor a frame", async () => {
    const page = await stage.browser.open(`${elsewhere}/`);
    expect(await ask(page)).toEqual({ code: "NO_API" });
    await page.evaluate(
      (src) =>
        new Promise<void>((loaded) => {
          const frame = document.createElement("iframe");
          frame.addEventListener("load", () => loaded());
          frame.src = src;
          document.body.append(frame);
        }),
      `${intranet}/`,
    );
    const framed = page.frames().find((frame) => frame.url().startsWith(intranet));
    expect(await framed?.evaluate(() => "sharedCertificate" in window)).toBe(false);
    await page.close();
  });

  test("end with the policy, in pages that are open already", async () => {
    const page = await stage.browser.open(`${intranet}/`);
    expect(await ask(page)).toMatchObject({ code: "ok" });
    policies.write(fileOf(guarded({})));
    expect(
      await until(
        () => ask(page),
        ({ code }) => code !== "ok",
      ),
    ).toEqual({ code: "INSECURE_CONTEXT" });
    await until(
      async () => {
        await page.reload();
        return ask(page);
      },
      ({ code }) => code === "NO_API",
    );
    await page.close();
  });
});

governed("an extension that an administrator installs", () => {
  test("answers nobody before it has the policy that comes with it", async () => {
    const folder = resolve("build/e2e/policy-installed");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const { id, updateUrl } = packExtension("build/extension-demo/chrome-mv3", folder);
    const policies = openPrivatePolicies("chromium", join(folder, "file"));
    policies.write({
      // Chromium lets nobody look into an extension that a policy installed, unless the policy says so.
      DeveloperToolsAvailability: 1,
      ExtensionSettings: { [id]: { installation_mode: "force_installed", update_url: updateUrl } },
      "3rdparty": { extensions: { [id]: guarded({ blockedOrigins: ["https://bid-a.demo.test"] }) } },
    });
    const demo = await startDemo({ folder });
    const browser = await puppeteer.launch({
      executablePath: policies.executable,
      headless: true,
      pipe: true,
      userDataDir: join(folder, "profile"),
      enableExtensions: true,
      ignoreDefaultArgs: ["--disable-background-networking"],
      env: { ...process.env, LANGUAGE: "zh_CN", LANG: "zh_CN.UTF-8" },
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--lang=zh-CN",
        `--host-resolver-rules=${demo.resolverRules}`,
        `--ignore-certificate-errors-spki-list=${demo.tls.spkiSha256Base64}`,
      ],
    });
    try {
      await browser.waitForTarget((target) => target.type() === "service_worker" && target.url().includes(id));
      const page = await browser.newPage();
      await page.goto(`${demo.platforms.a.origin}/`);
      expect(await ask(page)).toEqual({ code: "BLOCKED_BY_POLICY", policy: "blockedOrigins" });
      await page.goto(`${demo.platforms.b.origin}/`);
      expect(await ask(page)).toMatchObject({ code: "ok" });
      await page.goto(`chrome-extension://${id}/options.html`);
      await says(page, "互认通扩展由管理员安装。");
      expect((await readExplained(page)).state).toBe("read");
    } finally {
      await browser.close();
      await demo.close();
    }
  });
});

governed("docs/admin/policy.md, followed to the letter", () => {
  test("gives a fresh browser the policy that its first example holds", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/admin/policy.md"), "utf8");
    const [, example = ""] = /```json\n(\s*\{\s*"3rdparty"[\s\S]*?)```/.exec(guide) ?? [];
    const policies = openPrivatePolicies("chromium", "build/e2e/policy-guide-file");
    policies.writeText(example);
    const stage = await openGoverned("build/e2e/policy-guide", policies, {
      extension: "build/extension/chrome-mv3",
      host: false,
    });
    try {
      const options = await openOptions(stage);
      const { rows, problems } = await until(
        () => readExplained(options),
        ({ state }) => state === "read",
      );
      expect(problems).toEqual([]);
      const written = (
        JSON.parse(example) as {
          "3rdparty": { extensions: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
        }
      )["3rdparty"].extensions[CHROMIUM_EXTENSION_ID];
      const set = Object.keys(written ?? {}).filter((key) => key !== "schemaVersion" && key !== "requiredKeys");
      expect(set.length).toBeGreaterThan(2);
      for (const key of set) expect(rows[key]?.slice(1), key).toEqual(["由管理员设置", "已锁定"]);
      // The value that names a CA, by the command of the page.
      writeFileSync("build/e2e/policy-guide/ca.cer", stage.demo.authorities.jiangnan.sub);
      const [, command = ""] = /```sh\n(openssl x509 [^\n]*)\n```/.exec(guide) ?? [];
      const printed = execFileSync("sh", ["-c", command], { cwd: "build/e2e/policy-guide", encoding: "utf8" });
      const { publicKey } = parseCertificate(stage.demo.authorities.jiangnan.sub);
      expect(printed.slice(0, 64)).toBe(hexOf(stage.demo.gm.sm3(publicKey)));
    } finally {
      await stage.close();
    }
  });
});
