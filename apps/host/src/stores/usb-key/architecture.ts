/**
 * For which processor a library is built, and in which runtime its worker is started: a process loads libraries of its own architecture only, and which other
 * runtimes there are is a table.
 */
import { join } from "node:path";
import type { DeviceProfile } from "@certbridge/trust";
import { readMachineCode } from "../../machine-code.ts";

export type Architecture = NonNullable<DeviceProfile["architecture"]>;

/** Those that Node is built as, with their bits. */
const BITS: Readonly<Record<Architecture, 32 | 64>> = {
  ia32: 32,
  x64: 64,
  arm: 32,
  arm64: 64,
  loong64: 64,
  riscv64: 64,
  ppc64: 64,
};

const isKnown = (processor: string): processor is Architecture => Object.hasOwn(BITS, processor);

/** Null where the header tells nothing that is known here: a file of macOS for several processors, or no library at all. */
export function architectureOf(content: Uint8Array): Architecture | null {
  const code = readMachineCode(content);
  const [processor, another] = code?.processors ?? [];
  if (code === null || processor === undefined || another !== undefined || !isKnown(processor)) return null;
  return BITS[processor] === code.bits ? processor : null;
}

/** Where this program runs. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** The Node that runs this program. */
  readonly node: string;
  /** The program's folder. */
  readonly folder: string;
  isThere(path: string): boolean;
}

/** Runtimes that may lie beside the program: those that Node and koffi are built as, and the system runs beside its own. Linux has no Node of 32 bits. */
const RUNTIMES: Readonly<Record<string, { readonly [A in Architecture]?: string }>> = {
  "win32-x64": { ia32: "node-ia32/node.exe" },
  "win32-arm64": { x64: "node-x64/node.exe", ia32: "node-ia32/node.exe" },
};

/** The Node that a library's worker is started with. Where there is none for it, the program's own: its worker then refuses the library. */
export function runtimeFor(architecture: Architecture | null, machine: Machine): string {
  const { platform, arch, node, folder, isThere } = machine;
  if (architecture === null || architecture === arch) return node;
  const beside = RUNTIMES[`${platform}-${arch}`]?.[architecture];
  if (beside === undefined) return node;
  const path = join(folder, beside);
  return isThere(path) ? path : node;
}
