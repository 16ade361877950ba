/**
 * What the shipped module does, step by step: Binaryen rewrites it so that every loop, block and return, and the address of every
 * load and store (of copies and fills too, which become loops), is reported. Two runs with other secrets must report the same.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Build } from "./probe.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** The module with reports. */
function instrument(build: Build): Buffer<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), "trace-"));
  const out = join(folder, "traced.wasm");
  try {
    execFileSync(
      process.execPath,
      [
        join(root, "node_modules/binaryen/bin/wasm-opt"),
        join(root, `build/wasm/gm.${build}.wasm`),
        "--enable-simd",
        "--enable-relaxed-simd",
        "--enable-bulk-memory",
        "--enable-sign-ext",
        "--enable-nontrapping-float-to-int",
        "--enable-mutable-globals",
        "--llvm-memory-copy-fill-lowering",
        "--log-execution",
        "--instrument-memory",
        "-o",
        out,
      ],
      { stdio: "pipe" },
    );
    return readFileSync(out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number of steps, and a digest of them. */
export interface Trace {
  readonly steps: number;
  readonly digest: string;
}

export class Traced {
  readonly heap: Uint8Array;
  readonly #exports: WebAssembly.Exports;
  #steps = 0;
  #low = 0;
  #high = 0;

  constructor(build: Build) {
    const id = (_: number, value: number): number => value;
    const wide = (_: number, value: bigint): bigint => value;
    const at = (kind: number) => (place: number, _len: number, offset: number, address: number) => {
      this.#note(kind, place, offset + address);
      return address;
    };
    const env = {
      log_execution: (place: number) => this.#note(1, place, 0),
      memory_grow_pre: id,
      memory_grow_post: id,
      load_ptr: at(2),
      store_ptr: at(3),
      load_val_i32: id,
      load_val_i64: wide,
      load_val_f32: id,
      load_val_f64: id,
      store_val_i32: id,
      store_val_i64: wide,
      store_val_f32: id,
      store_val_f64: id,
    };
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(instrument(build)), { env }).exports;
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error("no memory");
    this.heap = new Uint8Array(memory.buffer);
  }

  /** Two running 32-bit checks, each of another shape; no attacker forges a trace here. */
  #note(kind: number, place: number, address: number): void {
    this.#steps++;
    const word = (kind * 0x9e3779b1) ^ Math.imul(place, 0x85ebca6b) ^ address;
    this.#low = Math.imul(this.#low ^ word, 0x01000193);
    this.#high = (Math.imul(this.#high, 31) + (word ^ (word >>> 15))) | 0;
  }

  /** Calls an exported function. */
  call(name: string, ...args: readonly number[]): number {
    const callee = this.#exports[name];
    if (typeof callee !== "function") throw new Error(`${name} is not exported`);
    const answer: unknown = callee(...args);
    return typeof answer === "number" ? answer : 0;
  }

  /** The trace of what `action` calls. */
  record(action: () => void): Trace {
    [this.#steps, this.#low, this.#high] = [0, 0, 0];
    action();
    return { steps: this.#steps, digest: `${this.#low >>> 0}.${this.#high >>> 0}` };
  }
}
