import { FIREFOX_EXTENSION_ID } from "@certbridge/protocol/ids";
import { builtinRegistry } from "@certbridge/trust";
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Firefox, openFirefox } from "../support/marionette.ts";
import { missingForPrivatePolicies, openPrivatePolicies } from "../support/private-policies.ts";

/** An administrator's policy, by real policy files in a real Firefox, which checks none of it: docs/admin/policy.md. */

const missing = missingForPrivatePolicies(["firefox-esr"]);
if (missing !== null) console.warn(`policies in Firefox are not tested: ${missing}`);

const UUID = "7f9a3c52-6d18-4b0e-9a41-2c5d8e0f1b63";
const FOLDER = resolve("build/e2e/policy-firefox");
const [REGISTERED = ""] = builtinRegistry.platforms.flatMap(({ enabled, origins }) => (enabled ? origins : []));

const fileOf = (written: object) => ({ policies: { "3rdparty": { Extensions: { [FIREFOX_EXTENSION_ID]: written } } } });

interface Explained {
  readonly state: string | null;
  readonly rows: Readonly<Record<string, readonly string[]>>;
  readonly problems: readonly string[];
  readonly sites: readonly string[];
}

/** What the options page shows, once it shows anything. */
async function readExplained(firefox: Firefox): Promise<Explained> {
  await firefox.open(`moz-extension://${UUID}/options.html`);
  for (const end = Date.now() + 20_000; ;) {
    const read = (await firefox.read(`
      const lines = (selector, line) => Array.from(document.querySelectorAll(selector), line);
      const cells = (row) => Array.from(row.querySelectorAll("td"), (cell) => cell.innerText.trim());
      return {
        state: document.querySelector("table.policy")?.dataset.state ?? null,
        rows: Object.fromEntries(lines("tr[data-key]", (row) => [row.dataset.key, cells(row)])),
        problems: lines("[data-place]", (line) => line.dataset.place + " " + line.dataset.kind),
        sites: lines(".site-row", (row) => row.innerText),
      };`)) as Explained;
    if (read.state !== null && read.sites.length > 0) return read;
    if (Date.now() > end) throw new Error("the options page shows no policy");
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

describe.skipIf(missing !== null)("a policy in Firefox", () => {
  rmSync(FOLDER, { recursive: true, force: true });
  const policies = openPrivatePolicies("firefox-esr", join(FOLDER, "file"));
  let running: Firefox | null = null;

  /** Starts the browser anew with the same profile, as a policy's change needs it. */
  async function start(): Promise<Firefox> {
    await running?.close();
    running = await openFirefox({
      executable: policies.executable,
      profile: join(FOLDER, "profile"),
      extensionId: FIREFOX_EXTENSION_ID,
      uuid: UUID,
      language: "zh-CN",
    });
    await running.install("build/extension/firefox-mv3");
    return running;
  }
  afterAll(() => running?.close());

  test("is the one of docs/admin/policy.md, to the letter", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../docs/admin/policy.md"), "utf8");
    const [, example = ""] = /```json\n(\s*\{\s*"policies"[\s\S]*?)```/.exec(guide) ?? [];
    policies.writeText(example);
    const { state, rows, problems } = await readExplained(await start());
    expect(state).toBe("read");
    expect(problems).toEqual([]);
    expect(rows["blockedOrigins"]).toEqual(["https://old-bid.example.cn", "由管理员设置", "已锁定"]);
    expect(rows["allowedCarriers"]).toEqual(["usb-key\nsoftware", "由管理员设置", "已锁定"]);
    expect(rows["allowedAuthorities"]).toEqual(["不限", "默认", "未锁定"]);
  });

  test("that is changed binds from the next start on; what is wrong in it is shown with its place, and ends no restriction", async () => {
    policies.write(
      fileOf({
        schemaVersion: 1,
        requiredKeys: ["blockedOrigins", "allowedCarriers", "allowedAuthorities"],
        blockedOrigins: [REGISTERED, 5, "https://*.example.cn"],
        allowedCarriers: "phone",
        allowedAuthorities: { "1": "0a" },
        insecureOrigins: ["http://intranet.example.cn:8080", "https://a.cn"],
        blockedOrigin: [],
      }),
    );
    const { rows, problems, sites } = await readExplained(await start());
    expect(problems).toEqual([
      "blockedOrigins.1 type",
      "blockedOrigins.2 value",
      "allowedCarriers type",
      "allowedAuthorities type",
      "insecureOrigins.1 value",
      "blockedOrigin unknown",
    ]);
    expect(rows["blockedOrigins"]?.[0]).toBe(REGISTERED);
    // The last good value where there was one, else nothing is allowed.
    expect(rows["allowedCarriers"]?.[0]).toBe("usb-key\nsoftware");
    expect(rows["allowedCarriers"]?.[1]).toContain("沿用上一次的值");
    expect(rows["allowedAuthorities"]?.[0]).toBe("有误，全部禁止");
    const rowOf = (origin: string) => sites.find((row) => row.includes(origin)) ?? "";
    expect(rowOf(REGISTERED)).toContain("已被管理员禁止（blockedOrigins）");
    expect(rowOf("http://intranet.example.cn:8080")).toContain("由管理员设置");
    expect(rowOf("http://intranet.example.cn:8080")).toContain("未允许");
  });

  test("that is deleted is none from the next start on", async () => {
    policies.remove();
    const { state, rows, sites } = await readExplained(await start());
    expect(state).toBe("none");
    expect(rows["blockedOrigins"]).toEqual(["没有", "默认", "未锁定"]);
    expect(sites.join()).not.toContain("管理员");
  });
});
