import { readFile } from "node:fs/promises";
import type { Gm } from "./gm.ts";
import { loadGm as load, type LoadOptions } from "./load.ts";

/** As loadGm of the main entry, with the module that `npm run build` put under build/wasm. */
export async function loadGm(options: Partial<LoadOptions> = {}): Promise<Gm> {
  const simd = options.simd ?? (await readFile(new URL("../../../build/wasm/gm.simd.wasm", import.meta.url)));
  return load({ ...options, simd });
}
