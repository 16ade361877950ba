import { defineConfig } from "vitest/config";
import LongestFirst from "./tools/longest-first.ts";

/** One project per floor of `tests/`. */
const floors = ["unit", "property", "contract", "integration", "interop", "e2e"] as const;

/** Start real programs: each test may take its time. */
const slowFloors: readonly string[] = ["integration", "interop", "e2e", "alone"];

/**
 * Have the machine to themselves. The first races what its pages try against the browser, the others what is killed, or not said yet, against what is
 * asked: with other browsers beside them they would lose some by chance.
 */
const ALONE = ["tests/e2e/hostile.test.ts", "tests/e2e/policy.test.ts", "tests/e2e/survival.test.ts"];

/**
 * Groups run one after the other, and each waits for the last file of the one before. The lower floors compute all the time, so that two
 * workers fill two processors. A browser's story waits for much, for a window, a program, a person's pace: there a third one finds time.
 */
function groupOf(floor: string) {
  if (floor === "alone") return { groupOrder: 2, maxWorkers: 1 };
  return floor === "e2e" ? { groupOrder: 1, maxWorkers: 3 } : { groupOrder: 0, maxWorkers: 2 };
}

export default defineConfig({
  test: {
    reporters: ["default", "./tools/closing-line.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [...floors, "alone" as const].map((floor) => ({
      test: {
        name: floor,
        include: floor === "alone" ? ALONE : [`tests/${floor}/**/*.test.{ts,tsx}`],
        exclude: floor === "alone" ? [] : ALONE,
        environment: "node",
        // Told for each: what stands above does not reach here.
        maxWorkers: groupOf(floor).maxWorkers,
        testTimeout: slowFloors.includes(floor) ? 60_000 : 20_000,
        hookTimeout: 120_000,
        // A condition that is waited for, not timed: one second is little beside other browsers.
        expect: { poll: { timeout: 10_000 } },
        sequence: { groupOrder: groupOf(floor).groupOrder },
      },
    })),
  },
});
