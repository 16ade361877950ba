/** How large the module is that ships. */
import { readdir, readFile } from "node:fs/promises";
import { alone, type Part } from "../figure.ts";
import { WASM_KB } from "./bounds.ts";

const BUILT = "build/wasm";

/** The larger of the builds that ship, uncompressed, in KB of 1000 bytes; a program loads one of them. */
export const wasmSize: Part = {
  metrics: ["crypto.wasm-size"],
  async measure() {
    const shipped = (await readdir(BUILT)).filter((name) => /^gm\.(simd|relaxed)\.wasm$/.test(name));
    const sizes = await Promise.all(shipped.map(async (name) => (await readFile(`${BUILT}/${name}`)).length));
    return [alone("crypto.wasm-size", "node", Math.max(...sizes) / 1000, "KB", WASM_KB)];
  },
};
