/**
 * What a module does, step by step: Binaryen rewrites it so that every loop, block and return is reported (copies and fills become
 * loops), and this file so that the address of every load and store is, lanes and splats too. Two runs with other secrets must report
 * the same.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const features = [
  "simd",
  "relaxed-simd",
  "threads",
  "bulk-memory",
  "sign-ext",
  "nontrapping-float-to-int",
  "mutable-globals",
];

/** Binaryen's text, with a call around the address of every load and store; and how many. Nothing else changes, nor does any order. */
function reportAddresses(text: string): { readonly text: string; readonly reports: number } {
  let reports = 0;
  /** The offset of a load or store whose address, its first operand, is next. */
  let offset: string | undefined;
  /** What follows the end of each open expression. */
  const ends: string[] = [];
  const reported = text.replaceAll(/"(?:\\.|[^"\\])*"|\(([^()"]*)|\)/g, (token: string, head?: string) => {
    if (head === undefined) {
      if (token !== ")") return token;
      offset = undefined;
      return `)${ends.pop() ?? ""}`;
    }
    const report = offset === undefined ? "" : `(call $address (i32.const ${reports++}) (i32.const ${offset}) `;
    ends.push(report === "" ? "" : ")");
    offset = /^\w+\.(?:load|store)/.test(head) ? (/offset=(\d+)/.exec(head)?.[1] ?? "0") : undefined;
    return report + token;
  });
  const type = "(param i32 i32 i32) (result i32)";
  return { text: reported.replace("(module", `(module (import "env" "address" (func $address ${type}))`), reports };
}

/** The module, binary or text, with reports. */
function instrument(module: Uint8Array | string): Buffer<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), "trace-"));
  const [given, steps, traced] = [join(folder, "given"), join(folder, "steps.wat"), join(folder, "traced.wasm")];
  const rewrite = (from: string, to: string, ...options: readonly string[]): string => {
    const enabled = features.map((name) => `--enable-${name}`);
    const args = [join(root, "node_modules/binaryen/bin/wasm-opt"), from, ...enabled, ...options, "-o", to];
    return execFileSync(process.execPath, args, { stdio: "pipe", encoding: "utf8" });
  };
  try {
    writeFileSync(given, module);
    const metrics = rewrite(given, steps, "--llvm-memory-copy-fill-lowering", "--log-execution", "--metrics", "-S");
    const { text, reports } = reportAddresses(readFileSync(steps, "utf8"));
    const counts = metrics.matchAll(/^ \w*(?:Load|Store|Atomic|Memory(?:Copy|Fill|Init))\w* *: (\d+)/gm);
    const accesses = [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    if (accesses !== reports) throw new Error(`${reports} of ${accesses} accesses are reported`);
    writeFileSync(steps, text);
    rewrite(steps, traced);
    return readFileSync(traced);
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

  constructor(module: Uint8Array | string) {
    const env = {
      log_execution: (place: number) => this.#note(1, place, 0),
      address: (place: number, offset: number, address: number) => {
        this.#note(2, place, offset + address);
        return address;
      },
    };
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(instrument(module)), { env }).exports;
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
