/** The rules of WCAG 2.1, A and AA, as far as axe can judge them, on a page as it stands. */
import axe from "axe-core";
import type { Page } from "puppeteer";

/** Each rule with each element that breaks it, one line each. */
export async function brokenRules(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const told = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
      resultTypes: ["violations"],
    });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${(failureSummary ?? "").replaceAll(/\s+/g, " ")}`),
    );
  });
  return told;
}
