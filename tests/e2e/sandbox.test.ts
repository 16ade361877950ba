import { approvalOf, BIDDER, openBrowser, openDesk, openSite } from "@certbridge/demo/walk";
import { startDemo } from "@certbridge/demo";
import { cpSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPerson } from "../support/person.ts";

/** The other stories run as root where CI does, without Chromium's sandbox. People are not root. */

const { name, uscc, pin } = BIDDER;

test("an ordinary user logs in with Chromium's sandbox on", async () => {
  const demo = await startDemo({ folder: "build/e2e/sandbox" });
  const person = openPerson();
  try {
    const [folder, profile] = [person.makeFolder("desk"), person.makeFolder("profile")];
    const extension = join(person.folder, "extension");
    const registry = join(person.folder, "registry.json");
    cpSync("build/extension-demo/chrome-mv3", extension, { recursive: true });
    cpSync(demo.registryPath, registry);
    const { program, owner } = person;
    const desk = openDesk({ program, folder, profile, ...(owner === undefined ? {} : { owner }) });
    await desk.install(registry);
    const issue = (request: Uint8Array) => Promise.resolve(demo.authorities.jiangnan.issue(request, { name, uscc }));
    await desk.obtainCertificates({ name, pin, issue });
    demo.platforms.a.admin.addAccount({ uscc, name });

    const browser = await openBrowser({
      extension,
      profile,
      resolverRules: demo.resolverRules,
      tlsSpki: demo.tls.spkiSha256Base64,
      headless: true,
      language: "en",
      executable: person.chromium,
      sandboxed: true,
    });
    try {
      const page = await browser.open("chrome://sandbox");
      const verdict = await page.evaluate(() => document.body.innerText);
      expect(verdict).toContain("You are adequately sandboxed.");
      const site = await openSite(browser, demo.platforms.a.origin);
      await site.click("login");
      await (await approvalOf(browser)).accept(pin);
      expect(await site.outcome()).toBe("done");
      expect(demo.platforms.a.admin.log.at(-1)?.uscc).toBe(uscc);
      // The browser started the program as the same person: what it wrote of this consent is theirs.
      const [consent = ""] = readdirSync(join(desk.home, "consents"));
      expect(statSync(join(desk.home, "consents", consent)).uid).toBe(owner?.uid ?? process.getuid?.());
    } finally {
      await browser.close();
    }
  } finally {
    await demo.close();
    person.remove();
  }
});
