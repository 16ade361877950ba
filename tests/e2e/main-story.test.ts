import { openStage, says, type Stage, type StageOptions } from "@certbridge/demo/walk";
import { mainStory, sabotages, StoryError, type SabotageName } from "@certbridge/demo/stories";
import { describe, expect, test } from "vitest";
import { grantInBrowser } from "../support/settings.ts";

async function walk(options: StageOptions, sabotage: SabotageName | null, before?: (stage: Stage) => Promise<void>) {
  const stage = await openStage(options);
  const told: string[] = [];
  try {
    await before?.(stage);
    await mainStory(stage, (line) => told.push(line), sabotage);
    return { told, code: null };
  } catch (error) {
    if (error instanceof StoryError) return { told, code: error.code };
    throw error;
  } finally {
    await stage.close();
  }
}

/** As a person does it: the browser grants the origin, then the site is added in the options page. */
async function addSite(stage: Stage, origin: string): Promise<void> {
  await grantInBrowser(stage, `${origin}/*`);
  const options = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  await options.type("form input", origin);
  await options.click("form button[type=submit]");
  await says(options, new URL(origin).host);
  await options.close();
}

describe("a bidder registers once and is at home on two platforms", () => {
  test("with the demonstration's build", async () => {
    const { told, code } = await walk({ folder: "build/e2e/main" }, null);
    expect(code).toBeNull();
    expect(told).toHaveLength(11);
  });

  test("with the store's build, its sites added by the person", async () => {
    const options: StageOptions = { folder: "build/e2e/store", extension: "build/extension/chrome-mv3" };
    const { told, code } = await walk(options, null, async (stage) => {
      for (const { origin } of Object.values(stage.demo.platforms)) await addSite(stage, origin);
    });
    expect(code).toBeNull();
    expect(told).toHaveLength(11);
  });

  test.each(Object.entries(sabotages) as [SabotageName, string][])("with %s broken: %s", async (sabotage, expected) => {
    const folder = `build/e2e/sabotage-${sabotage}`;
    const { code } = await walk({ folder, host: sabotage !== "host", knowsNoPolicy: true }, sabotage);
    expect(code).toBe(expected);
  });
});
