import { defineConfig } from "vitest/config";

/** One project per floor of `tests/`. The last two start real programs and browsers, so their files run one after another. */
const floors = ["unit", "property", "contract", "integration", "interop", "e2e"] as const;

const slowFloors: readonly string[] = ["integration", "interop", "e2e"];

export default defineConfig({
  test: {
    reporters: ["default", "./tools/closing-line.ts"],
    projects: floors.map((floor) => ({
      test: {
        name: floor,
        include: [`tests/${floor}/**/*.test.{ts,tsx}`],
        environment: "node",
        fileParallelism: floor !== "e2e",
        testTimeout: slowFloors.includes(floor) ? 60_000 : 20_000,
        hookTimeout: 120_000,
        sequence: { groupOrder: slowFloors.includes(floor) ? 1 + slowFloors.indexOf(floor) : 0 },
      },
    })),
  },
});
