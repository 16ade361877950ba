import { existsSync } from "node:fs";
import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take half a minute and more, longest first. On a clean clone vitest knows no times and goes by size: then a long story that is
 * told in few lines is begun last, and the other workers wait for it.
 */
const LONG = [
  "tests/e2e/screens.test.ts",
  "tests/e2e/screens-en.test.ts",
  "tests/e2e/main-story.test.ts",
  "tests/e2e/firefox.test.ts",
  "tests/e2e/policy.test.ts",
  "tests/e2e/canaries.test.ts",
  "tests/e2e/bids.test.ts",
  "tests/e2e/bids-backup.test.ts",
  "tests/e2e/survival.test.ts",
  "tests/e2e/diagnosis.test.ts",
];

for (const file of LONG) if (!existsSync(file)) throw new Error(`tools/longest-first.ts names no test: ${file}`);

/** As vitest sorts, but for those. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONG.indexOf(relative(process.cwd(), moduleId));
      return place < 0 ? LONG.length : place;
    };
    // Stable: what is in no list stays as it was.
    return (await super.sort(files)).toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b));
  }
}
