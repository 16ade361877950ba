/** Opens the probes in `build/wasm`: the core with its inner functions, by pointers, for tests below the face. */
import { loadGm } from "@certbridge/gm";
import type { Gm } from "@certbridge/gm";
import { readFileSync } from "node:fs";

/** Both ship; an engine that has relaxed SIMD takes the second. */
export const builds = ["simd", "relaxed"] as const;
export type Build = (typeof builds)[number];

const PROBES: Readonly<Record<Build, string>> = { simd: "gm.probe.wasm", relaxed: "gm.relaxed-probe.wasm" };

const read = (name: string): Buffer<ArrayBuffer> =>
  readFileSync(new URL(`../../../build/wasm/${name}`, import.meta.url));

/** A module as it ships, and with the inner functions. */
export const moduleBytes = (build: Build): Buffer<ArrayBuffer> => read(`gm.${build}.wasm`);
export const probeBytes = (build: Build): Buffer<ArrayBuffer> => read(PROBES[build]);

/** The face over one build, and over each. */
export const openGm = (build: Build): Promise<Gm> => loadGm({ simd: moduleBytes(build) });
export async function openEach(): Promise<Readonly<Record<Build, Gm>>> {
  const [simd, relaxed] = await Promise.all([openGm("simd"), openGm("relaxed")]);
  return { simd, relaxed };
}

/** Calls and memory of a fresh probe. Places handed out lie in the window, which no inner function uses. */
export class Probe {
  readonly heap: Uint8Array;
  readonly words: DataView;
  readonly #exports: WebAssembly.Exports;
  #next: number;

  constructor(build: Build = "simd") {
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(probeBytes(build))).exports;
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
    this.heap = new Uint8Array(memory.buffer);
    this.words = new DataView(memory.buffer);
    this.#next = this.call("windowAt");
  }

  /** Calls an exported function; booleans, masks and what has 64 bits come back as numbers. */
  call(name: string, ...args: readonly (number | bigint)[]): number {
    const callee = this.#exports[name];
    if (typeof callee !== "function") throw new Error(`${name} is not exported`);
    const answer: unknown = callee(...args);
    return typeof answer === "number" || typeof answer === "bigint" ? Number(answer) : 0;
  }

  /** The address, or number, of an exported constant. */
  constant(name: string): number {
    const value = this.#exports[name];
    if (!(value instanceof WebAssembly.Global)) throw new Error(`${name} is not exported`);
    return Number(value.value);
  }

  /** A new place of len bytes. */
  place(len: number): number {
    const at = this.#next;
    this.#next += (len + 15) & ~15;
    return at;
  }

  /** A new place that holds these bytes. */
  put(bytes: Uint8Array): number {
    const at = this.place(bytes.length);
    this.heap.set(bytes, at);
    return at;
  }

  bytes(at: number, len: number): Buffer {
    return Buffer.from(this.heap.slice(at, at + len));
  }

  /** Nine limbs. */
  limbs(at: number): number[] {
    return Array.from({ length: 9 }, (_, i) => this.words.getInt32(at + 4 * i, true));
  }

  setLimbs(at: number, limbs: readonly number[]): void {
    limbs.forEach((limb, i) => this.words.setInt32(at + 4 * i, limb, true));
  }
}

/** Σ limbᵢ · 2²⁹ⁱ. */
export function valueOf(limbs: readonly number[]): bigint {
  return limbs.reduce((sum, limb, i) => sum + (BigInt(limb) << BigInt(29 * i)), 0n);
}

/** The limbs of a number in [0, 2²⁶¹). */
export function limbsOf(value: bigint): number[] {
  return Array.from({ length: 9 }, (_, i) => Number((value >> BigInt(29 * i)) & 0x1fffffffn));
}
