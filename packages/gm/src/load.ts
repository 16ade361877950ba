/** Starts the module: compiled bytes in, a tested `Gm` out. */
import { openCore } from "./core.ts";
import { createGm } from "./face.ts";
import type { Random } from "./face.ts";
import type { Gm } from "./gm.ts";
import { selfTest } from "./self-test.ts";

type Program = BufferSource | WebAssembly.Module;

/** What `loadGm` needs. */
export interface LoadOptions {
  /** `gm.simd.wasm`: its bytes, or the module compiled from them. */
  readonly simd: Program;
  /** The same with relaxed SIMD; taken where the engine accepts it. */
  readonly relaxed?: Program;
  /** Fills an array with unpredictable bytes. Default: `crypto.getRandomValues`. */
  readonly random?: Random;
}

const isModule = (program: Program): program is WebAssembly.Module => program instanceof WebAssembly.Module;

function choose({ simd, relaxed }: LoadOptions): Program {
  return relaxed !== undefined && (isModule(relaxed) || WebAssembly.validate(relaxed)) ? relaxed : simd;
}

/** Compiles where needed, starts, and runs the known-answer tests. Throws where the module or this engine fails them. */
export async function loadGm(options: LoadOptions): Promise<Gm> {
  const program = choose(options);
  const module = isModule(program) ? program : await WebAssembly.compile(program);
  const core = openCore(await WebAssembly.instantiate(module));
  const { random = (into) => void crypto.getRandomValues(into) } = options;
  const gm = createGm(core, random);
  selfTest(gm, core);
  return gm;
}
