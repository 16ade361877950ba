/**
 * For which processor a file of machine code was made (驱动的位数和架构), read from its first bytes: ELF (System V ABI, gabi 4.1, "ELF Header"), PE (Microsoft's
 * "PE Format", "COFF File Header") and Mach-O (Apple's loader.h, fat.h). Nothing is loaded, so that a library for another computer can be told from a broken one.
 */

/** Names of processors as Node has them in `process.arch`. */
export interface MachineCode {
  readonly format: "elf" | "pe" | "mach-o";
  readonly bits: 32 | 64;
  /** More than one in a file for several (Mach-O); `unknown` for a number that is not in the table. */
  readonly processors: readonly string[];
}

const ELF = new Map([
  [3, "ia32"],
  [8, "mips"],
  [21, "ppc64"],
  [40, "arm"],
  [62, "x64"],
  [183, "arm64"],
  [243, "riscv64"],
  [258, "loong64"],
]);

const PE = new Map([
  [0x14c, "ia32"],
  [0x1c4, "arm"],
  [0x8664, "x64"],
  [0xaa64, "arm64"],
]);

const MACH_O = new Map([
  [7, "ia32"],
  [12, "arm"],
  [0x0100_0007, "x64"],
  [0x0100_000c, "arm64"],
]);

/** Bit of a Mach-O processor that says that it has 64 bits (CPU_ARCH_ABI64). */
const MACH_O_64 = 0x0100_0000;

/** Processors of a fat file at most: the same number begins a Java class, whose version stands where the count would. */
const FAT_COUNT = 20;

const named = (names: ReadonlyMap<number, string>, number: number): string => names.get(number) ?? "unknown";

function readElf(file: DataView): MachineCode {
  const isLittle = file.getUint8(5) !== 2;
  return {
    format: "elf",
    bits: file.getUint8(4) === 1 ? 32 : 64,
    processors: [named(ELF, file.getUint16(18, isLittle))],
  };
}

function readPe(file: DataView): MachineCode | null {
  const at = file.getUint32(0x3c, true);
  if (file.getUint32(at, false) !== 0x5045_0000) return null;
  const processor = named(PE, file.getUint16(at + 4, true));
  // The optional header's magic number: PE32 or PE32+.
  return { format: "pe", bits: file.getUint16(at + 24, true) === 0x20b ? 64 : 32, processors: [processor] };
}

function readMachO(file: DataView, isLittle: boolean): MachineCode {
  const number = file.getUint32(4, isLittle);
  return { format: "mach-o", bits: (number & MACH_O_64) === 0 ? 32 : 64, processors: [named(MACH_O, number)] };
}

function readFat(file: DataView): MachineCode | null {
  const count = file.getUint32(4, false);
  if (count === 0 || count > FAT_COUNT) return null;
  const numbers = Array.from({ length: count }, (_, at) => file.getUint32(8 + 20 * at, false));
  const bits = numbers.some((number) => (number & MACH_O_64) !== 0) ? 64 : 32;
  return { format: "mach-o", bits, processors: numbers.map((number) => named(MACH_O, number)) };
}

function read(file: DataView): MachineCode | null {
  switch (file.getUint32(0, false)) {
    case 0x7f45_4c46:
      return readElf(file);
    case 0xcafe_babe:
      return readFat(file);
    case 0xfeed_face:
    case 0xfeed_facf:
      return readMachO(file, false);
    case 0xcefa_edfe:
    case 0xcffa_edfe:
      return readMachO(file, true);
  }
  return file.getUint16(0, false) === 0x4d5a ? readPe(file) : null;
}

/** Null where the bytes are no machine code of these kinds. */
export function readMachineCode(bytes: Uint8Array): MachineCode | null {
  try {
    return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    // Shorter than it says.
    return null;
  }
}

/** What a program of this system and processor can load. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly processor: string;
}

export const ownSystem: System = { platform: process.platform, processor: process.arch };

const FORMATS: Partial<Record<NodeJS.Platform, MachineCode["format"]>> = { win32: "pe", darwin: "mach-o" };

export function fits({ format, processors }: MachineCode, { platform, processor }: System): boolean {
  return format === (FORMATS[platform] ?? "elf") && processors.includes(processor);
}

const SYSTEMS = { elf: "Linux", pe: "Windows", "mach-o": "macOS" } as const;

/** As `Linux x64`, for people. */
export const systemOf = ({ format, processors }: MachineCode): string => `${SYSTEMS[format]} ${processors.join(", ")}`;

/** Offsets of what is read of a section header, by the file's bits: type, file offset, size, size of an entry; and of an entry of the symbol table. */
const SECTIONS = {
  32: { table: 0x20, entryLen: 0x2e, count: 0x30, type: 4, offset: 16, size: 20, link: 24, symbolLen: 16, section: 14 },
  64: { table: 0x28, entryLen: 0x3a, count: 0x3c, type: 4, offset: 24, size: 32, link: 40, symbolLen: 24, section: 6 },
} as const;

/** Section type of the symbols that others can bind to. */
const SHT_DYNSYM = 11;

function readExports(file: DataView, bits: 32 | 64, isLittle: boolean): readonly string[] {
  const at = SECTIONS[bits];
  const word = (where: number) =>
    bits === 32 ? file.getUint32(where, isLittle) : Number(file.getBigUint64(where, isLittle));
  const [table, entryLen] = [word(at.table), file.getUint16(at.entryLen, isLittle)];
  const header = (index: number) => {
    const start = table + index * entryLen;
    return {
      type: file.getUint32(start + at.type, isLittle),
      offset: word(start + at.offset),
      size: word(start + at.size),
      link: file.getUint32(start + at.link, isLittle),
    };
  };
  const headers = Array.from({ length: file.getUint16(at.count, isLittle) }, (_, index) => header(index));
  const symbols = headers.find(({ type }) => type === SHT_DYNSYM);
  const texts = symbols === undefined ? undefined : headers[symbols.link];
  if (symbols === undefined || texts === undefined) return [];
  const bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength).subarray(
    texts.offset,
    texts.offset + texts.size,
  );
  const nameAt = (start: number) => new TextDecoder("latin1").decode(bytes.subarray(start, bytes.indexOf(0, start)));
  const names = [];
  for (let symbol = symbols.offset; symbol < symbols.offset + symbols.size; symbol += at.symbolLen) {
    // In no section: it is one that this file takes from another.
    if (file.getUint16(symbol + at.section, isLittle) === 0) continue;
    names.push(nameAt(file.getUint32(symbol, isLittle)));
  }
  return names;
}

/** Names that an ELF file gives to others; null for other files, and where there is no such table to be read. */
export function exportsOf(bytes: Uint8Array): readonly string[] | null {
  const code = readMachineCode(bytes);
  if (code?.format !== "elf") return null;
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return readExports(file, code.bits, file.getUint8(5) !== 2);
  } catch {
    return null;
  }
}
