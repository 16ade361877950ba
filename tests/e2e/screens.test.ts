import { openStage, type Language } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { expect, test } from "vitest";
import { missingForPrivatePolicies, openPrivatePolicies } from "../support/private-policies.ts";
import { putProgram } from "../support/screens/conditions.ts";
import { inspect } from "../support/screens/inspect.ts";
import { obtain, removeKeys } from "../support/screens/keys.ts";
import { policyScreens, walkPolicyChapter } from "../support/screens/policy-chapter.ts";
import { programScreens, walkProgramChapter } from "../support/screens/program-chapter.ts";
import { siteScreens, walkSiteChapter } from "../support/screens/site-chapter.ts";
import { trustScreens, walkTrustChapter } from "../support/screens/trust-chapter.ts";
import { verbScreens, walkVerbChapter } from "../support/screens/verb-chapter.ts";
import { wordsIn } from "../support/screens/words.ts";

/**
 * Every screen that people see, brought about as it comes about: judged by axe in both themes, at 320 CSS pixels, at 200 %, and with
 * motion switched off. One browser walks all of them; those of the two languages stand side by side.
 */
const LANGUAGES: readonly Language[] = ["zh-CN", "en"];

test.concurrent.each(LANGUAGES)(
  "no screen in %s breaks a rule of WCAG 2.1 A or AA",
  async (language) => {
    const stage = await openStage({ folder: `build/e2e/screens-${language}`, host: false, language });
    try {
      const inspection = inspect();
      const tour = { stage, words: wordsIn(language), see: inspection.see };
      // What the site is told of a request whose program died.
      expect(await walkProgramChapter(tour)).toBe("HOST_FAILED");
      await putProgram(stage, "ready");
      await removeKeys(stage);
      await walkVerbChapter(tour);
      await walkSiteChapter(tour);
      await walkTrustChapter(tour);
      const screens = [...programScreens, ...verbScreens, ...siteScreens, ...trustScreens];
      expect(inspection.report()).toEqual({ screens, findings: [] });
    } finally {
      await stage.close();
    }
  },
  300_000,
);

const missing = missingForPrivatePolicies(["chromium"]);
if (missing !== null) console.warn(`screens under a policy are not looked at: ${missing}`);

test.skipIf(missing !== null)(
  "no screen under an administrator's policy does",
  async () => {
    const policies = openPrivatePolicies("chromium", "build/e2e/screens-policy-file");
    const blockedOrigins = ["https://bid-b.demo.test"];
    const written = { schemaVersion: 1, blockedOrigins, allowedCarriers: ["usb-key"], homepage: "x" };
    policies.write({ "3rdparty": { extensions: { [CHROMIUM_EXTENSION_ID]: written } } });
    const stage = await openStage({ folder: "build/e2e/screens-policy", executable: policies.executable });
    try {
      const inspection = inspect();
      const tour = { stage, words: wordsIn("zh-CN"), see: inspection.see };
      await obtain(stage, "jiangnan");
      await walkPolicyChapter(tour);
      expect(inspection.report()).toEqual({ screens: policyScreens, findings: [] });
    } finally {
      await stage.close();
    }
  },
  120_000,
);
