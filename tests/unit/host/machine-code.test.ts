import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { exportsOf, fits, ownSystem, readMachineCode } from "../../../apps/host/src/machine-code.ts";
import { libraryOf } from "../../support/soft-token/variants.ts";

const library = resolve("build/soft-token", libraryOf("packed4", "vendor"));

function elf(bits: 32 | 64, machine: number, isLittle = true): Buffer {
  const head = Buffer.alloc(64);
  head.write("\x7fELF", "latin1");
  head[4] = bits === 32 ? 1 : 2;
  head[5] = isLittle ? 1 : 2;
  if (isLittle) head.writeUInt16LE(machine, 18);
  else head.writeUInt16BE(machine, 18);
  return head;
}

function pe(machine: number, magic: number): Buffer {
  const file = Buffer.alloc(256);
  file.write("MZ", "latin1");
  file.writeUInt32LE(128, 0x3c);
  file.write("PE\0\0", 128, "latin1");
  file.writeUInt16LE(machine, 132);
  file.writeUInt16LE(magic, 152);
  return file;
}

function machO(processor: number): Buffer {
  const file = Buffer.alloc(32);
  file.writeUInt32LE(0xfeed_facf);
  file.writeUInt32LE(processor, 4);
  return file;
}

function fat(...processors: readonly number[]): Buffer {
  const file = Buffer.alloc(8 + 20 * processors.length);
  file.writeUInt32BE(0xcafe_babe);
  file.writeUInt32BE(processors.length, 4);
  for (const [at, processor] of processors.entries()) file.writeUInt32BE(processor, 8 + 20 * at);
  return file;
}

describe("for which processor a file is", () => {
  test.each<[string, Buffer, object]>([
    ["x86-64", elf(64, 62), { format: "elf", bits: 64, processors: ["x64"] }],
    ["x86, of 32 bits", elf(32, 3), { format: "elf", bits: 32, processors: ["ia32"] }],
    ["arm64", elf(64, 183), { format: "elf", bits: 64, processors: ["arm64"] }],
    ["loongarch", elf(64, 258), { format: "elf", bits: 64, processors: ["loong64"] }],
    ["one that stores the other way round", elf(64, 21, false), { format: "elf", bits: 64, processors: ["ppc64"] }],
    ["one that nobody knows", elf(64, 9999), { format: "elf", bits: 64, processors: ["unknown"] }],
    ["Windows, 32 bits", pe(0x14c, 0x10b), { format: "pe", bits: 32, processors: ["ia32"] }],
    ["Windows, 64 bits", pe(0x8664, 0x20b), { format: "pe", bits: 64, processors: ["x64"] }],
    ["macOS", machO(0x0100_000c), { format: "mach-o", bits: 64, processors: ["arm64"] }],
    ["macOS, both", fat(0x0100_0007, 0x0100_000c), { format: "mach-o", bits: 64, processors: ["x64", "arm64"] }],
  ])("%s", (_, bytes, code) => expect(readMachineCode(bytes)).toEqual(code));

  test.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("/* GNU ld script */ GROUP ( libvendor.so.1 )")],
    ["an ELF file that is cut", elf(64, 62).subarray(0, 10)],
    ["a program of DOS", Buffer.concat([Buffer.from("MZ"), Buffer.alloc(300)])],
    ["a Java class", Buffer.concat([Buffer.from("cafebabe00000034", "hex"), Buffer.alloc(2000)])],
  ])("%s is none", (_, bytes) => expect(readMachineCode(bytes)).toBeNull());

  test("a view into a larger buffer is read from its own start", () => {
    expect(readMachineCode(Buffer.concat([Buffer.alloc(7), elf(64, 62)]).subarray(7))?.processors).toEqual(["x64"]);
  });

  test("this very Node and our own library fit this computer; what is made for others does not", () => {
    for (const path of [process.execPath, library]) {
      const code = readMachineCode(readFileSync(path));
      expect(code !== null && fits(code, ownSystem)).toBe(true);
    }
    const system = { platform: "linux", processor: "x64" } as const;
    const fitting = [elf(64, 62), elf(32, 3), elf(64, 183), pe(0x8664, 0x20b), machO(0x0100_0007)].map((bytes) => {
      const code = readMachineCode(bytes);
      return code !== null && fits(code, system);
    });
    expect(fitting).toEqual([true, false, false, false, false]);
  });
});

describe("what a library gives to others", () => {
  test("is what binutils reads of it", () => {
    const lines = execFileSync("nm", ["-D", "--defined-only", "-P", library], { encoding: "utf8" }).trim().split("\n");
    const known = lines.map((line) => line.split(" ")[0]?.replace(/@.*$/, "") ?? "").toSorted();
    expect(known.length).toBeGreaterThan(60);
    expect(exportsOf(readFileSync(library))?.toSorted()).toEqual(known);
  });

  test("is not known of what is no ELF file, or not a whole one", () => {
    expect(exportsOf(pe(0x8664, 0x20b))).toBeNull();
    expect(exportsOf(readFileSync(library).subarray(0, 5000))).toBeNull();
  });
});
