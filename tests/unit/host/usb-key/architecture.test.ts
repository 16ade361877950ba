/** For which processor a library is built, and what comes of one that is for another. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { describe, expect, it } from "vitest";
import { architectureOf, runtimeFor } from "../../../../apps/host/src/stores/usb-key/architecture.ts";
import { enrol, KEY_ID, makeKey, place, storeOf } from "./world.ts";

/** The beginning of a file of Linux: class, order of bytes, machine. */
function elf(bits: 32 | 64, machine: number, order: "little" | "big" = "little"): Buffer {
  const file = Buffer.alloc(64);
  file.write("\x7fELF", 0, "latin1");
  file[4] = bits === 32 ? 1 : 2;
  file[5] = order === "little" ? 1 : 2;
  if (order === "little") file.writeUInt16LE(machine, 18);
  else file.writeUInt16BE(machine, 18);
  return file;
}

function pe(machine: number, at = 0x80): Buffer {
  const file = Buffer.alloc(at + 26);
  file.write("MZ", 0, "latin1");
  file.writeUInt32LE(at, 0x3c);
  file.write("PE\0\0", at, "latin1");
  file.writeUInt16LE(machine, at + 4);
  // PE32 or PE32+.
  file.writeUInt16LE([0x8664, 0xaa64].includes(machine) ? 0x20b : 0x10b, at + 24);
  return file;
}

function mach(magic: number, cpu: number): Buffer {
  const file = Buffer.alloc(32);
  file.writeUInt32LE(magic, 0);
  file.writeUInt32LE(cpu, 4);
  return file;
}

describe("a library's header", () => {
  it.each([
    ["ELF of 64 bits, x86", elf(64, 62), "x64"],
    ["ELF of 32 bits, x86", elf(32, 3), "ia32"],
    ["ELF of 64 bits, ARM", elf(64, 183), "arm64"],
    ["ELF of 32 bits, ARM", elf(32, 40), "arm"],
    ["ELF, LoongArch", elf(64, 258), "loong64"],
    ["ELF, big-endian Power", elf(64, 21, "big"), "ppc64"],
    ["ELF of 32 bits for a processor of 64, which no Node is", elf(32, 62), null],
    ["PE of 32 bits", pe(0x14c), "ia32"],
    ["PE of 64 bits", pe(0x8664), "x64"],
    ["PE, ARM", pe(0xaa64), "arm64"],
    ["Mach-O, ARM", mach(0xfeedfacf, 0x0100000c), "arm64"],
    ["Mach-O, x86", mach(0xfeedfacf, 0x01000007), "x64"],
    ["Mach-O for several", Buffer.from("cafebabe00000002", "hex"), null],
    ["a header that ends early", elf(64, 62).subarray(0, 10), null],
    ["a PE that points beyond its end", pe(0x8664).subarray(0, 0x80), null],
    ["nothing", new Uint8Array(0), null],
    ["a text", Buffer.from("MZ is how it begins, and no more; then something else.............."), null],
  ])("tells of %s", (_, content, expected) => {
    expect(architectureOf(content)).toBe(expected);
  });

  it("tells of the soft token what this computer is", () => {
    expect(architectureOf(readFileSync(makeKey().library))).toBe(process.arch);
  });
});

describe("the runtime of a worker", () => {
  const [own, folder] = ["C:\\互认通\\node.exe", "C:\\互认通"];
  const windows = { platform: "win32", arch: "x64", node: own, folder, isThere: () => true };
  const beside = join(folder, "node-ia32/node.exe");

  it("is the program's own for its own architecture, and where the file tells none", () => {
    expect(runtimeFor("x64", windows)).toBe(own);
    expect(runtimeFor(null, windows)).toBe(own);
  });

  it("is the one of 32 bits for a library of 32 bits, on Windows, where it was installed", () => {
    expect(runtimeFor("ia32", windows)).toBe(beside);
    expect(runtimeFor("ia32", { ...windows, isThere: (path) => path !== beside })).toBe(own);
    expect(runtimeFor("arm64", windows)).toBe(own);
    expect(runtimeFor("x64", { ...windows, arch: "arm64" })).toBe(join(folder, "node-x64/node.exe"));
  });

  it("is the program's own on Linux, where there is no other", () => {
    expect(runtimeFor("ia32", { ...windows, platform: "linux" })).toBe(own);
  });
});

describe("a library of 32 bits on a computer of 64", () => {
  const refused = { code: "DRIVER_FAILED", details: { fault: "wrong-architecture" } };

  it("is not enrolled", async () => {
    const path = `${place()}.so`;
    writeFileSync(path, elf(32, 3));
    await expect(enrol(path)).rejects.toMatchObject(refused);
  });

  it("that was enrolled elsewhere is not loaded", async () => {
    const { library } = await enrol(makeKey().library);
    const forged = readFileSync(library.path);
    elf(32, 3).copy(forged, 0, 0, 20);
    const path = `${place()}.so`;
    writeFileSync(path, forged);
    const sha256 = encodeBase64Url(createHash("sha256").update(forged).digest());
    const profile = { ...library.profile, architecture: "ia32" as const };
    await expect(storeOf([{ ...library, path, sha256, profile }]).find(KEY_ID)).rejects.toMatchObject(refused);
  });
});
