/**
 * Builds the software token into `build/soft-token/`: four memory layouts by three sets of exported names. What is needed is a C compiler
 * and OpenSSL's headers with its static library: a program that loads the token may have another OpenSSL inside, as Node has, whose symbols a
 * shared libcrypto would take.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { EXPORTS, LAYOUTS, libraryOf } from "./variants.ts";

const source = join(import.meta.dirname, "src");
const target = resolve(import.meta.dirname, "../../../build/soft-token");

const FLAGS = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC"];
const LIBRARIES = ["-l:libcrypto.a", "-lpthread", "-ldl"];

function run(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("gcc", args, { cwd, stdio: "inherit" });
    child.on("error", fail);
    child.on("exit", (code) => (code === 0 ? done() : fail(new Error(`gcc ${args.join(" ")}: ${code}`))));
  });
}

const files = readdirSync(source)
  .filter((name) => name.endsWith(".c"))
  .map((name) => join(source, name));

async function buildLayout(layout: (typeof LAYOUTS)[number]): Promise<void> {
  const objects = join(target, "objects", layout.name);
  mkdirSync(objects, { recursive: true });
  const macros = [`-DSKF_ULONG=${layout.ulong}`, `-DSKF_PACKED=${layout.packed ? 1 : 0}`];
  await run([...FLAGS, ...macros, "-c", ...files], objects);
  const parts = files.map((file) => join(objects, file.slice(source.length + 1).replace(/\.c$/, ".o")));
  for (const names of EXPORTS) {
    const library = join(target, libraryOf(layout.name, names));
    const link = [
      "-shared",
      "-s",
      "-Wl,-Bsymbolic",
      "-Wl,-z,defs",
      `-Wl,--version-script=${join(source, `${names}.map`)}`,
    ];
    await run([...link, "-o", `${library}.new`, ...parts, ...LIBRARIES], objects);
    // Whoever has the old one loaded keeps it.
    renameSync(`${library}.new`, library);
  }
}

/** Two at a time, as many as the smallest machine of the tests has processors. */
const left = LAYOUTS.values();
async function lane(): Promise<void> {
  for (const layout of left) await buildLayout(layout);
}
await Promise.all([lane(), lane()]);
