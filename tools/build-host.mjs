/**
 * Builds `build/host`: the companion program, with its core and the worker for USB keys beside it, and `certbridge-host`, which a person runs. What a browser's
 * first answer takes is a small part of it; the rest lies in files of its own, `part-…`, which are read when they are asked for.
 * The launcher keeps nothing of the environment but where the person's folders are: no variable of Node's reaches the program.
 *
 * With a folder as argument it is built there for other computers: the Node that runs this script goes along, and nothing in
 * the folder names a place outside it.
 */
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const portable = process.argv[2] !== undefined;
const folder = portable ? resolve(process.argv[2]) : join(root, "build", "host");

const KEPT = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LANG", "TERM"];

mkdirSync(folder, { recursive: true });
// Their names change with what is in them: none may be left from before.
for (const name of readdirSync(folder)) if (name.startsWith("part-")) rmSync(join(folder, name));
const common = {
  absWorkingDir: root,
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  external: ["koffi"],
  platform: "node",
  format: "esm",
  target: "node24",
  mainFields: ["module", "main"],
  legalComments: "eof",
  logLevel: "warning",
};
const entryPoints = { "certbridge-host": "apps/host/src/main.ts" };
await build({ ...common, entryPoints, splitting: true, chunkNames: "part-[hash]" });
await build({ ...common, entryPoints: { "token-worker": "apps/host/src/stores/usb-key/worker.ts" } });
for (const name of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
  copyFileSync(join(root, "build", "wasm", name), join(folder, name));
}

// The library that calls vendors' libraries is machine code: it goes along as it is, for this system alone.
for (const name of ["koffi", `@koromix/koffi-${process.platform}-${process.arch}`]) {
  cpSync(join(root, "node_modules", name), join(folder, "node_modules", name), { recursive: true });
}

if (portable) {
  copyFileSync(process.execPath, join(folder, "node"));
  chmodSync(join(folder, "node"), 0o755);
  copyFileSync(join(dirname(process.execPath), "..", "LICENSE"), join(folder, "node.LICENSE"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const kept = KEPT.map((name) => `\${${name}+"${name}=$${name}"}`).join(" ");
const elsewhere = portable ? "" : `[ -x "$node" ] || node=${quote(process.execPath)}\n`;
const launcher = join(folder, "certbridge-host");
writeFileSync(
  launcher,
  `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
node="$here/node"
${elsewhere}exec /usr/bin/env -i ${kept} "$node" --disable-sigusr1 "$here/certbridge-host.mjs" "$@"
`,
);
chmodSync(launcher, 0o755);
