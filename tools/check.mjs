/** The house checks itself: format, lint with the layers, types per room, dead code. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { modernNode } from "./setup.mjs";
import { root, runQuietly, say } from "./step.mjs";

/** Rooms with a tsconfig.json of their own: each has its own `lib` and `types`. */
function rooms() {
  const folders = ["packages", "apps", "extension"].flatMap((folder) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : [],
  );
  return ["extension", ...folders, "tests", "bench", "tools"].filter((room) =>
    existsSync(join(root, room, "tsconfig.json")),
  );
}

const bin = (name) => join("node_modules", ".bin", name);

/** @returns {Promise<{ passed: number, failed: number }>} */
export async function check() {
  const steps = [
    ["format", bin("oxfmt"), ["--check"]],
    ["lint and layers", modernNode(), ["node_modules/oxlint/bin/oxlint", "--type-aware", "--deny-warnings"]],
    ...rooms().map((room) => [`types of ${room}`, bin("tsc"), ["-p", room]]),
    ["dead code", modernNode(), ["node_modules/knip/bin/knip.js", "--no-progress"]],
  ];
  const count = { passed: 0, failed: 0 };
  const left = steps.values();
  /** One after the other, each what no other lane has taken. */
  async function lane() {
    for (const [what, program, args] of left) {
      try {
        await runQuietly(program, args, what);
        count.passed++;
      } catch (error) {
        say(error.message);
        count.failed++;
      }
    }
  }
  // Each step reads much and computes on one core for part of its time.
  await Promise.all([lane(), lane()]);
  say(`check: ${count.passed} passed, ${count.failed} failed`);
  return count;
}
