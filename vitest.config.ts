import { defineConfig } from "vitest/config";

/** One project per floor of `tests/`. The last three start real programs and browsers, so they run after the others. */
const floors = ["unit", "property", "contract", "integration", "interop", "e2e"] as const;

const slowFloors: readonly string[] = ["integration", "interop", "e2e", "alone"];

/** Races what its pages try against the browser: with another browser beside it, it would lose some by chance. */
const ALONE = "tests/e2e/hostile.test.ts";

export default defineConfig({
  test: {
    reporters: ["default", "./tools/closing-line.ts"],
    projects: [...floors, "alone" as const].map((floor) => ({
      test: {
        name: floor,
        include: floor === "alone" ? [ALONE] : [`tests/${floor}/**/*.test.{ts,tsx}`],
        exclude: floor === "alone" ? [] : [ALONE],
        environment: "node",
        // Told for each: what stands above does not reach here.
        maxWorkers: 2,
        testTimeout: slowFloors.includes(floor) ? 60_000 : 20_000,
        hookTimeout: 120_000,
        sequence: { groupOrder: slowFloors.includes(floor) ? 1 + slowFloors.indexOf(floor) : 0 },
      },
    })),
  },
});
