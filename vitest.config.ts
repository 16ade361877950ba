import { defineConfig } from "vitest/config";
import LongestFirst from "./tools/longest-first.ts";

/** One project per floor of `tests/`; on the first two the rims' rooms are one of their own. */
const floors = [
  "unit",
  "unit-rims",
  "property",
  "property-rims",
  "contract",
  "integration",
  "interop",
  "e2e",
  "alone",
] as const;
type Floor = (typeof floors)[number];

/**
 * Rooms that keep nothing between two calls and put nothing into the global object: a worker goes through their files one after the other
 * with one set of modules, which spares the files' imports. Each file of the other rooms gets a worker of its own: the extension's keep
 * state in their modules, and their tests put a browser under them.
 */
const PURE = ["bid", "gm", "host", "pki", "protocol", "trust", "verify"];

/** Start real programs: each test may take its time. */
const slowFloors: readonly string[] = ["integration", "interop", "e2e", "alone"];

/**
 * Have the machine to themselves. The first races what its pages try against the browser, the other the browser's reading of a policy against
 * what the extension waits for it: with other browsers beside them they would lose some by chance.
 */
const ALONE = ["tests/e2e/hostile.test.ts", "tests/e2e/policy-first-answer.test.ts"];

/**
 * Groups run one after the other, and each waits for the last file of the one before. The lower floors compute all the time, so that two
 * workers fill two processors. A browser's story waits for much, for a window, a program, a person's pace: there a third one finds time.
 */
function groupOf(floor: string) {
  if (floor === "alone") return { groupOrder: 2, maxWorkers: 1 };
  return floor === "e2e" ? { groupOrder: 1, maxWorkers: 3 } : { groupOrder: 0, maxWorkers: 2 };
}

const testsIn = (folder: string) => `tests/${folder}/**/*.test.{ts,tsx}`;

/** What a floor takes of the tests, and whether each file gets a worker of its own. */
function filesOf(floor: Floor): { readonly include: string[]; readonly exclude: string[]; readonly isolate: boolean } {
  if (floor === "alone") return { include: ALONE, exclude: [], isolate: true };
  if (floor === "unit" || floor === "property") {
    return { include: PURE.map((room) => testsIn(`${floor}/${room}`)), exclude: [], isolate: false };
  }
  const [place = floor, rims] = floor.split("-");
  const others = rims === undefined ? ALONE : PURE.map((room) => testsIn(`${place}/${room}`));
  return { include: [testsIn(place)], exclude: others, isolate: true };
}

export default defineConfig({
  test: {
    reporters: ["default", "./tools/closing-line.ts"],
    sequence: { sequencer: LongestFirst },
    projects: floors.map((floor) => ({
      test: {
        name: floor,
        ...filesOf(floor),
        environment: "node",
        // Told for each: what stands above does not reach here.
        maxWorkers: groupOf(floor).maxWorkers,
        // What hangs is ended; a machine of half the speed, with others beside it, hangs for nothing.
        testTimeout: slowFloors.includes(floor) ? 120_000 : 20_000,
        hookTimeout: 120_000,
        // A condition that is waited for, not timed: one second is little beside other browsers.
        expect: { poll: { timeout: 10_000 } },
        sequence: { groupOrder: groupOf(floor).groupOrder },
      },
    })),
  },
});
