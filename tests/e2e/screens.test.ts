import { openStage, type Language, type Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { putProgram } from "../support/screens/conditions.ts";
import { inspect, type Inspection } from "../support/screens/inspect.ts";
import { programScreens, walkProgramChapter } from "../support/screens/program-chapter.ts";
import { removeKeys } from "../support/screens/keys.ts";
import { siteScreens, walkSiteChapter } from "../support/screens/site-chapter.ts";
import type { Tour } from "../support/screens/tour.ts";
import { verbScreens, walkVerbChapter } from "../support/screens/verb-chapter.ts";
import { wordsIn } from "../support/screens/words.ts";

/**
 * Every screen that people see, brought about as it comes about: judged by axe in both themes, at 320 CSS pixels, at the browser's
 * own 200 %, and with motion switched off.
 */
describe.each<Language>(["zh-CN", "en"])("the screens in %s", (language) => {
  let stage: Stage;
  let inspection: Inspection;
  let tour: Tour;

  beforeAll(async () => {
    stage = await openStage({ folder: `build/e2e/screens-${language}`, host: false, language });
    inspection = inspect(stage);
    tour = { stage, words: wordsIn(language), see: inspection.see };
  });

  afterAll(() => stage.close());

  test("of what is missing, and of the PIN", async () => {
    expect(await walkProgramChapter(tour)).toBe("HOST_FAILED");
    expect(inspection.report()).toEqual({ screens: programScreens, findings: [] });
  }, 120_000);

  test("of each verb, its last words, and of the platforms", async () => {
    await putProgram(stage, "ready");
    await removeKeys(stage);
    await walkVerbChapter(tour);
    expect(inspection.report()).toEqual({ screens: verbScreens, findings: [] });
  }, 120_000);

  test("of every kind of site: the popup and the options page", async () => {
    await walkSiteChapter(tour);
    expect(inspection.report()).toEqual({ screens: siteScreens, findings: [] });
  }, 120_000);
});
