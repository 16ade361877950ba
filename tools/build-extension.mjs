/** extension → build/extension (`store`) or build/extension-demo (`demo`), for Chromium and Firefox. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./step.mjs";

const mode = process.argv[2] === "demo" ? "demo" : "store";
const outDir = mode === "demo" ? "build/extension-demo" : "build/extension";
rmSync(join(root, outDir), { recursive: true, force: true });

for (const browser of ["chrome", "firefox"]) {
  const { status } = spawnSync(
    process.execPath,
    ["node_modules/wxt/bin/wxt.mjs", "build", "-c", "extension/wxt.config.ts", "-b", browser, "--mv3", "--mode", mode],
    { cwd: root, stdio: "inherit", env: { ...process.env, CERTBRIDGE_OUT: outDir } },
  );
  if (status !== 0) process.exit(status ?? 1);
}
