/**
 * Builds `build/wasm`: `gm.simd.wasm` and, for engines that have relaxed SIMD, `gm.relaxed.wasm`, which ship; of each a probe with the
 * inner functions, which only tests load. The options are in `asconfig.json` (warning 112 is about vectors that go from one file to
 * another); needs nothing but the installed packages.
 */
import { main } from "assemblyscript/asc";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const [core, probe] = ["wasm-core/index.ts", "wasm-core/probe.ts"];
const entries = { simd: core, relaxed: core, probe, "relaxed-probe": probe };

mkdirSync(new URL("../build/wasm/", import.meta.url), { recursive: true });
for (const [target, entry] of Object.entries(entries)) {
  const args = [entry, "--config", "asconfig.json", "--target", target, "--baseDir", root];
  const { error } = await main(args, { stderr: process.stderr });
  if (error !== null) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
