import type { Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, fileOf, governed, guarded, openGoverned } from "../support/governed.ts";
import { openPrivatePolicies } from "../support/private-policies.ts";

/**
 * A browser's very first start, in the seconds in which Chromium says nothing of a policy that is there. The extension waits ten of
 * them, which is enough where nothing else takes the processor: this story has the machine to itself.
 */
governed("a policy from the first answer on", () => {
  const policies = openPrivatePolicies("chromium", "build/e2e/policy-first-file");
  let stage: Stage;

  beforeAll(async () => {
    policies.write(fileOf(guarded({ blockedOrigins: ["https://bid-a.demo.test"] })));
    stage = await openGoverned("build/e2e/policy-first", policies);
  });
  afterAll(() => stage.close());

  test("a page that asks while Chromium still says nothing is refused by the policy that comes", async () => {
    const page = await stage.browser.open(`${stage.demo.platforms.a.origin}/`);
    expect(await ask(page)).toEqual({ code: "BLOCKED_BY_POLICY", policy: "blockedOrigins" });
  });
});
