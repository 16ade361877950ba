import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Counts the tests for the launcher, which adds its own checks and prints the closing line. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        if (state === "passed") count.passed++;
        else if (state === "failed") count.failed++;
        else count.skipped++;
      }
      // A file that broke before its first test has failed, though it counts no test.
      if (tests === 0 || (module.errors().length > 0 && !module.ok() && count.failed === 0)) count.failed++;
    }
    mkdirSync("build", { recursive: true });
    writeFileSync("build/test-count.json", JSON.stringify(count));
  }
}
