/** What an administrator's policy changes on the screens: a blocked site, a kind of certificate that may not be used, a wrong value. */
import { says } from "@certbridge/demo/walk";
import { ask } from "./asking.ts";
import { openPlatform, seePage, seePopup, type Tour } from "./tour.ts";

export const policyScreens = [
  "popup: site blocked",
  "approval: certificate blocked",
  "options: under a policy",
] as const;

/** Begins under a policy that blocks the second platform and certificates in files, and has a wrong value. */
export async function walkPolicyChapter(tour: Tour): Promise<void> {
  const { stage, words, see } = tour;
  const blocked = await stage.browser.open(stage.demo.platforms.b.origin);
  await seePopup(tour, "popup: site blocked", blocked, words("error_BLOCKED_BY_POLICY"));
  const site = await openPlatform(tour, "a");
  const { approval } = await ask(stage, site, "login");
  await says(approval.page, words("key_blocked"));
  await see("approval: certificate blocked", approval.page);
  await approval.page.close();
  await seePage(tour, "options: under a policy", "options.html", words("policy_problems"));
}
