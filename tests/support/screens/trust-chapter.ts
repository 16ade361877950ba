/** Program and extension that do not know each other, or no longer; and the report for whoever helps. */
import { says } from "@certbridge/demo/walk";
import { ask } from "./asking.ts";
import { putProgram } from "./conditions.ts";
import { openPlatform, seePage, seePopup, type Tour } from "./tour.ts";

const conditions = { newer: "host_extension_outdated", unpaired: "host_unpaired", changed: "host_changed" } as const;

export const trustScreens = [
  ...Object.keys(conditions).flatMap((condition) =>
    ["approval", "popup", "options"].map((surface) => `${surface}: program ${condition}`),
  ),
  "report: as it will be saved",
] as const;

/** Begins with a program that this browser trusts. */
export async function walkTrustChapter(tour: Tour): Promise<void> {
  const { stage, words, see } = tour;
  const site = await openPlatform(tour, "b");
  for (const [condition, key] of Object.entries(conditions)) {
    await putProgram(stage, condition as keyof typeof conditions);
    const { approval } = await ask(stage, site, "login");
    await says(approval.page, words(key));
    await see(`approval: program ${condition}`, approval.page);
    await approval.page.close();
    await seePopup(tour, `popup: program ${condition}`, site.page, words(key));
    await seePage(tour, `options: program ${condition}`, "options.html", words(key));
    await putProgram(stage, "ready");
  }
  await seePage(tour, "report: as it will be saved", "report.html", words("report_save"));
  await site.page.close();
}
