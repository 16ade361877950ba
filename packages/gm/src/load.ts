/** Starts the module: compiled bytes in, a tested `Gm` out. */
import { openCore } from "./core/index.ts";
import { createGm } from "./face.ts";
import type { Random } from "./face.ts";
import type { Gm } from "./gm.ts";
import { selfTest } from "./self-test.ts";

type Program = BufferSource | WebAssembly.Module;

/** What `loadGm` needs. */
export interface LoadOptions {
  /** `gm.simd.wasm`: its bytes, or the module compiled from them. */
  readonly simd: Program;
  /** `gm.relaxed.wasm`, the same with relaxed SIMD; taken where the engine accepts it and computes rightly with it. */
  readonly relaxed?: Program;
  /** Fills an array with unpredictable bytes. Default: `crypto.getRandomValues`. */
  readonly random?: Random;
}

/** The smallest module with a vector in it: `(func (result v128) i32.const 0 i8x16.splat)`. */
const VECTOR = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11];

const isModule = (program: Program): program is WebAssembly.Module => program instanceof WebAssembly.Module;

/** A module that passed its known-answer tests here, and what passed them. */
interface Started {
  readonly module: WebAssembly.Module;
  readonly gm: Gm;
}

async function start(program: Program, random: Random): Promise<Started> {
  const module = isModule(program) ? program : await WebAssembly.compile(program);
  const core = openCore(await WebAssembly.instantiate(module));
  const gm = createGm(core, random);
  selfTest(gm, core);
  return { module, gm };
}

async function startEither(options: LoadOptions): Promise<Started> {
  if (typeof WebAssembly === "undefined")
    throw new Error("the cryptographic core needs WebAssembly, which is off here");
  if (!WebAssembly.validate(Uint8Array.from(VECTOR))) {
    throw new Error("the cryptographic core needs WebAssembly SIMD, which this engine does not have");
  }
  const { simd, relaxed, random = (into) => void crypto.getRandomValues(into) } = options;
  if (relaxed !== undefined && (isModule(relaxed) || WebAssembly.validate(relaxed))) {
    // Relaxed instructions may differ from one processor to the next: where an answer is wrong, the others are taken.
    const started = await start(relaxed, random).catch(() => null);
    if (started !== null) return started;
  }
  return start(simd, random);
}

/**
 * Compiles where needed, starts, and runs the known-answer tests.
 *
 * @throws Error where this engine has no WebAssembly or no SIMD, or where the module fails on it
 */
export async function loadGm(options: LoadOptions): Promise<Gm> {
  return (await startEither(options)).gm;
}

/** The module that `loadGm` would take, compiled and tested, to be posted to workers. Throws as it does. */
export async function loadModule(options: LoadOptions): Promise<WebAssembly.Module> {
  return (await startEither(options)).module;
}
