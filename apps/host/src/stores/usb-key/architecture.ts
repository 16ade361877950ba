/**
 * For which processor a library's file is built, by its header: ELF (Linux), PE (Windows), Mach-O (macOS). A process loads libraries of its own architecture
 * only; which other runtimes there are to start a worker in is a table.
 */
import { join } from "node:path";
import type { DeviceProfile } from "@certbridge/trust";

export type Architecture = NonNullable<DeviceProfile["architecture"]>;

/** Machine numbers of the three formats, with the word size where one number serves two. */
const ELF: Readonly<Record<string, Architecture>> = {
  "32-3": "ia32",
  "64-62": "x64",
  "64-183": "arm64",
  "32-40": "arm",
  "64-258": "loong64",
  "64-243": "riscv64",
  "64-21": "ppc64",
};
const PE: Readonly<Record<number, Architecture>> = { 0x014c: "ia32", 0x8664: "x64", 0xaa64: "arm64", 0x01c4: "arm" };
const MACH: Readonly<Record<number, Architecture>> = { 7: "ia32", 0x0100_0007: "x64", 0x0100_000c: "arm64" };

const ELF_MAGIC = 0x7f45_4c46;
const PE_MAGIC = 0x5045_0000;
const MACH_MAGICS: readonly number[] = [0xcefa_edfe, 0xcffa_edfe];

function ofElf(file: DataView): Architecture | null {
  const bits = file.getUint8(4) === 1 ? 32 : 64;
  const isLittle = file.getUint8(5) === 1;
  return ELF[`${bits}-${file.getUint16(18, isLittle)}`] ?? null;
}

function ofPe(file: DataView): Architecture | null {
  const at = file.getUint32(0x3c, true);
  return file.getUint32(at, false) === PE_MAGIC ? (PE[file.getUint16(at + 4, true)] ?? null) : null;
}

/** Null where the header tells nothing that is known here: a file of macOS for several processors, or no library at all. */
export function architectureOf(content: Uint8Array): Architecture | null {
  const file = new DataView(content.buffer, content.byteOffset, content.byteLength);
  try {
    const magic = file.getUint32(0, false);
    if (magic === ELF_MAGIC) return ofElf(file);
    if (magic >>> 16 === 0x4d5a) return ofPe(file);
    return MACH_MAGICS.includes(magic) ? (MACH[file.getUint32(4, true)] ?? null) : null;
  } catch (error) {
    // Shorter than its own header says.
    if (error instanceof RangeError) return null;
    throw error;
  }
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
