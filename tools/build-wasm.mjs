/** wasm-core → build/wasm: the module, and its text for the reviewer and the tests that read it. */
import { mkdirSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { root } from "./step.mjs";

mkdirSync(new URL("../build/wasm", import.meta.url), { recursive: true });
const { status } = spawnSync(
  process.execPath,
  ["node_modules/assemblyscript/bin/asc.js", "--config", "asconfig.json", "--target", "simd"],
  { cwd: root, stdio: "inherit" },
);
process.exitCode = status ?? 1;
