import { openStage } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { expect, test } from "vitest";
import { missingForPrivatePolicies, openPrivatePolicies } from "../support/private-policies.ts";
import { inspect } from "../support/screens/inspect.ts";
import { obtain } from "../support/screens/keys.ts";
import { policyScreens, walkPolicyChapter } from "../support/screens/policy-chapter.ts";
import { allScreens, walkScreens } from "../support/screens/walk.ts";
import { wordsIn } from "../support/screens/words.ts";

/**
 * Every screen that people see, brought about as it comes about: judged by axe in both themes, at 320 CSS pixels, at 200 %, and with
 * motion switched off. English has a file of its own, which runs beside this one.
 */
test("no screen in zh-CN breaks a rule of WCAG 2.1 A or AA", async () => {
  expect(await walkScreens("zh-CN")).toEqual({ screens: allScreens, findings: [], told: "HOST_FAILED" });
}, 300_000);

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
