import { approvalOf, BIDDER, openBrowser, openSite, says } from "@certbridge/demo/walk";
import { startDemo } from "@certbridge/demo";
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDpkg, packDeb } from "../support/dpkg-root.ts";
import { temporaryFolder } from "../support/host.ts";
import { startsInstalled } from "../support/installed-root.ts";
import { openPerson } from "../support/person.ts";
import { missingForPrivatePolicies } from "../support/private-policies.ts";

/** A computer on which an administrator has installed the `.deb`, and an ordinary user's browser there, which finds the program by the machine's manifest. */
const missing = process.getuid?.() === 0 ? missingForPrivatePolicies(["setpriv"]) : "root, to make a user";
if (missing !== null) console.warn(`a browser with the program of the whole machine is not tested: ${missing}`);

test.skipIf(missing !== null)(
  "the browser finds what dpkg installed, and knows it once the person has run install, without any rights",
  async () => {
    const demo = await startDemo({ folder: "build/e2e/installed" });
    const person = openPerson();
    const folder = temporaryFolder();
    const root = join(folder.path, "root");
    try {
      const dpkg = openDpkg(root);
      expect(dpkg("--install", packDeb(folder.path))).toMatchObject({ status: 0, said: [] });
      for (const path of [folder.path, root]) chmodSync(path, 0o755);

      const [extension, registry] = [join(person.folder, "extension"), join(person.folder, "registry.json")];
      cpSync("build/extension-demo/chrome-mv3", extension, { recursive: true });
      cpSync(demo.registryPath, registry);
      const own = `HOME='${person.folder}' TMPDIR='${join(person.folder, "tmp")}'`;
      const chromium = join(person.folder, "chromium-there");
      const line = `exec env -u XDG_CONFIG_HOME -u XDG_CACHE_HOME ${own} /usr/bin/chromium "$@"`;
      writeFileSync(chromium, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      const { uid = 0, gid = 0 } = person.owner ?? {};
      const starts = (program: string) => startsInstalled(join(folder.path, "machine"), root, { uid, gid }, program);

      const browser = await openBrowser({
        extension,
        profile: person.makeFolder("profile"),
        resolverRules: demo.resolverRules,
        tlsSpki: demo.tls.spkiSha256Base64,
        headless: true,
        language: "zh-CN",
        executable: starts(chromium),
        sandboxed: true,
      });
      try {
        demo.platforms.a.admin.addAccount({ uscc: BIDDER.uscc, name: BIDDER.name });
        const site = await openSite(browser, demo.platforms.a.origin);
        await site.click("login");
        const { page } = await approvalOf(browser);
        await says(page, "互认通程序还不认识这个浏览器");
        const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: person.folder };
        const args = ["install", "--registry", registry];
        const installed = spawnSync(starts("certbridge-host"), args, { env, encoding: "utf8" });
        expect(installed).toMatchObject({ status: 0, stderr: "" });
        expect(installed.stdout).toContain("/etc/chromium/native-messaging-hosts/org.certbridge.host.json");
        await says(page, "没有可用的证书");
      } finally {
        await browser.close();
      }
      expect(dpkg("--purge", "certbridge-host")).toMatchObject({ status: 0, said: [] });
      expect(readdirSync(root)).toEqual(["var"]);
    } finally {
      await demo.close();
      person.remove();
      folder.remove();
    }
  },
);
