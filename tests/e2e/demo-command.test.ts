import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";

/** `npm start` as it is typed: what it prints last, and the status that scripts go by. */
const main = resolve("apps/demo/src/main.ts");
const elsewhere = mkdtempSync(join(tmpdir(), "demo-command-"));
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

function start(args: readonly string[], options: { readonly cwd?: string; readonly display?: string } = {}) {
  const { DISPLAY: _own, WAYLAND_DISPLAY: _ownToo, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ["--no-warnings", main, ...args], {
    cwd: options.cwd ?? process.cwd(),
    env: options.display === undefined ? env : { ...env, DISPLAY: options.display },
    encoding: "utf8",
  });
  return { status, last: stdout.trimEnd().split("\n").at(-1) };
}

test("a sabotage is noticed, unattended even where there is a display", () => {
  expect(start(["--sabotage", "host"], { display: ":4711" })).toEqual({
    status: 3,
    last: "sabotage host ended as it must: HOST_MISSING",
  });
});

test("a crash is no sabotage that was noticed", () => {
  // Nothing is built there: the companion program cannot be installed.
  expect(start(["--headless", "--sabotage", "signature"], { cwd: elsewhere }).status).toBe(1);
});

test.each([
  ["--sabotage", "gravity"],
  ["--story", "none"],
])("%s %s is not understood", (...args) => {
  expect(start(args).status).toBe(2);
});
