import { openStage, type Language } from "@certbridge/demo/walk";
import { putProgram } from "./conditions.ts";
import { inspect } from "./inspect.ts";
import { removeKeys } from "./keys.ts";
import { programScreens, walkProgramChapter } from "./program-chapter.ts";
import { siteScreens, walkSiteChapter } from "./site-chapter.ts";
import { trustScreens, walkTrustChapter } from "./trust-chapter.ts";
import { verbScreens, walkVerbChapter } from "./verb-chapter.ts";
import { wordsIn } from "./words.ts";

/** Every screen there is without a policy. */
export const allScreens = [...programScreens, ...verbScreens, ...siteScreens, ...trustScreens];

export interface Walked {
  readonly screens: readonly string[];
  readonly findings: readonly string[];
  /** What the site was told of a request whose program died. */
  readonly told: string;
}

/** One browser walks all of them, in one language. */
export async function walkScreens(language: Language): Promise<Walked> {
  const stage = await openStage({
    folder: `build/e2e/screens-${language}`,
    host: false,
    language,
    knowsNoPolicy: true,
  });
  const inspection = inspect();
  try {
    const tour = { stage, words: wordsIn(language), see: inspection.see };
    const told = await walkProgramChapter(tour);
    await putProgram(stage, "ready");
    await removeKeys(stage);
    await walkVerbChapter(tour);
    await walkSiteChapter(tour);
    await walkTrustChapter(tour);
    return { ...inspection.report(), told };
  } catch (error) {
    // Where the walk came to a stop says more than at what.
    throw new Error(`after "${inspection.report().screens.at(-1) ?? "nothing"}"`, { cause: error });
  } finally {
    await stage.close();
  }
}
