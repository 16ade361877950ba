/** For Node: `loadGm` that finds its own modules, beside a bundled program or in `build/wasm`. */
import { readFile } from "node:fs/promises";
import type { Gm } from "./gm.ts";
import { loadGm as load } from "./load.ts";
import type { LoadOptions } from "./load.ts";

const PLACES = ["./", "../../../build/wasm/"].map((path) => new URL(path, import.meta.url));

const read = (place: URL, name: string) => readFile(new URL(name, place)).catch(() => null);

/** Both from one place: who can write beside the program decides, nobody else. */
export async function findModules(): Promise<Pick<LoadOptions, "simd" | "relaxed">> {
  for (const place of PLACES) {
    const [simd, relaxed] = await Promise.all([read(place, "gm.simd.wasm"), read(place, "gm.relaxed.wasm")]);
    if (simd !== null) return relaxed === null ? { simd } : { simd, relaxed };
  }
  throw new Error(`gm.simd.wasm is at none of: ${PLACES.map(String).join(", ")}`);
}

/**
 * The cryptography, started and self-tested; every call starts an instance of its own, which a program wants once.
 *
 * @param options as of `loadGm` of `@certbridge/gm`; without `simd` the modules are looked for beside the bundle, then in `build/wasm`
 * @throws Error where the module is at neither place, or fails its known-answer tests
 */
export async function loadGm(options: Partial<LoadOptions> = {}): Promise<Gm> {
  const { simd } = options;
  return load(simd === undefined ? { ...(await findModules()), ...options } : { ...options, simd });
}
