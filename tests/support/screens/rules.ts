/** The rules of WCAG 2.1, A and AA, as far as axe can judge them, on a page as it stands. */
import axe from "axe-core";
import type { Page } from "puppeteer";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

/**
 * Each rule with each element that breaks it, one line each.
 *
 * @param which "colours" for a page that was judged in another theme before: a theme changes nothing else, which
 *   tests/contract/surfaces/themes.test.ts holds
 */
export async function brokenRules(page: Page, which: "all" | "colours" = "all"): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(
    async (tags, isOfColours) => {
      const { axe } = window as unknown as { axe: typeof import("axe-core") };
      const colours = () => axe.getRules([...tags]).filter((rule) => rule.tags.includes("cat.color"));
      const { violations } = await axe.run(document, {
        runOnly: isOfColours ? { type: "rule", values: colours().map(({ ruleId }) => ruleId) } : [...tags],
        resultTypes: ["violations"],
      });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${(failureSummary ?? "").replaceAll(/\s+/g, " ")}`),
      );
    },
    TAGS,
    which === "colours",
  );
}
