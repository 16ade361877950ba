import { openStage, type Language } from "@certbridge/demo/walk";
import { expect, test } from "vitest";
import { putProgram } from "../support/screens/conditions.ts";
import { inspect } from "../support/screens/inspect.ts";
import { removeKeys } from "../support/screens/keys.ts";
import { programScreens, walkProgramChapter } from "../support/screens/program-chapter.ts";
import { siteScreens, walkSiteChapter } from "../support/screens/site-chapter.ts";
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
      const screens = [...programScreens, ...verbScreens, ...siteScreens];
      expect(inspection.report()).toEqual({ screens, findings: [] });
    } finally {
      await stage.close();
    }
  },
  300_000,
);
