/** For Node: `loadGm` that finds its own module, beside a bundled program or in `build/wasm`. */
import { readFile } from "node:fs/promises";
import type { Gm } from "./gm.ts";
import { loadGm as load } from "./load.ts";
import type { LoadOptions } from "./load.ts";

const PLACES = ["gm.simd.wasm", "../../../build/wasm/gm.simd.wasm"].map((path) => new URL(path, import.meta.url));

/** The module's bytes. Throws where it is at neither place. */
export async function findModule(): Promise<Uint8Array<ArrayBuffer>> {
  for (const place of PLACES) {
    const found = await readFile(place).catch(() => null);
    if (found !== null) return found;
  }
  throw new Error(`gm.simd.wasm is at none of: ${PLACES.map(String).join(", ")}`);
}

/**
 * The cryptography, started and self-tested; every call starts an instance of its own, which a program wants once.
 *
 * @param options as of `loadGm` of `@certbridge/gm`; without `simd` the module is looked for beside the bundle, then in `build/wasm`
 * @throws Error where the module is at neither place, or fails its known-answer tests
 */
export async function loadGm(options: Partial<LoadOptions> = {}): Promise<Gm> {
  return load({ ...options, simd: options.simd ?? (await findModule()) });
}
