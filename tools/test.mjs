/** `npm test`: check, build, tests, and the closing line that counts them all. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { check } from "./check.mjs";
import { modernNode } from "./setup.mjs";
import { root, run } from "./step.mjs";

const VITEST = "node_modules/vitest/vitest.mjs";

async function runVitest(args, env = {}) {
  const file = join(root, "build", "test-count.json");
  rmSync(file, { force: true });
  const code = await run(modernNode(), [VITEST, "run", ...args], { env: { ...process.env, ...env } });
  if (!existsSync(file)) return { passed: 0, failed: 1, skipped: 0 };
  const count = JSON.parse(readFileSync(file, "utf8"));
  if (code !== 0 && count.failed === 0) count.failed = 1;
  return count;
}

/** Prints the closing line and gives the exit status. With CI=true a skipped test is a failure. */
function close(count) {
  const skipped = count.skipped === 0 ? "" : `, ${count.skipped} skipped`;
  process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`);
  return count.failed > 0 || (process.env.CI === "true" && count.skipped > 0) ? 1 : 0;
}

/** @param {string[]} args passed on to vitest; with any, the check is left out */
export async function test(args) {
  // Neither reads what the other writes, and each computes on one core for much of its time.
  const [checked] = await Promise.all([
    args.length === 0 ? check() : { passed: 0, failed: 0 },
    build(["wasm", "host", "extension", "extension-demo", "soft-token"]),
  ]);
  const tested = await runVitest(args);
  return close({
    passed: checked.passed + tested.passed,
    failed: checked.failed + tested.failed,
    skipped: tested.skipped,
  });
}

/** The property floor with the slow counts. */
export async function testSlow(args) {
  await build(["wasm"]);
  return close(await runVitest(["--project", "property*", ...args], { CERTBRIDGE_SLOW: "1" }));
}
