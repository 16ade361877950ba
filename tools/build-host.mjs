/**
 * Builds `build/host`: the companion program, with its core and the worker for USB keys beside it, and `certbridge-host`, which a person runs. What a browser's
 * first answer takes is a small part of it; the rest lies in files of its own, `part-…`, which are read when they are asked for.
 * The launcher keeps nothing of the environment but where the person's folders are: no variable of Node's reaches the program.
 *
 * With a folder as argument it is built there for other computers, of this system or of the one that is named behind it (`win32-x64`): a Node goes along,
 * and nothing in the folder names a place outside it.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { encodeWindowsLauncher } from "../apps/host/src/install/launcher.ts";
import { bringPackage } from "./foreign-packages.ts";
import { HERE, isTarget, targets } from "./targets.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const [, , given, target = HERE] = process.argv;
const portable = given !== undefined;
const folder = portable ? resolve(given) : join(root, "build", "host");

const KEPT = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LANG", "TERM"];

mkdirSync(folder, { recursive: true });
// Their names change with what is in them: none may be left from before.
for (const name of readdirSync(folder)) if (name.startsWith("part-")) rmSync(join(folder, name));
/**
 * Node's own modules without Node's wrapping of them for `import`, which reads every export once, and so loads what hides behind some of them: streams, the
 * web's cryptography. A browser's first answer waits for that.
 */
const ownModules = {
  name: "own-modules",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: "own-modules", sideEffects: false }));
    onLoad({ filter: /./, namespace: "own-modules" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).filter((name) => name !== "default");
      const exported = names.map(
        (name) => `const ${name}$ = /* @__PURE__ */ own("${name}"); export { ${name}$ as ${name} };`,
      );
      const own = `const module = process.getBuiltinModule("${path}"); const own = (name) => module[name];`;
      return { contents: [own, ...exported, "export default module;"].join("\n"), loader: "js" };
    });
  },
};
const common = {
  plugins: [ownModules],
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
  // What is read at each start; a log's places are by line and column all the same.
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: "warning",
};
const entryPoints = { "certbridge-host": "apps/host/src/main.ts" };
await build({ ...common, entryPoints, splitting: true, chunkNames: "part-[hash]" });
await build({ ...common, entryPoints: { "token-worker": "apps/host/src/stores/usb-key/worker.ts" } });
for (const name of ["gm.simd.wasm", "gm.relaxed.wasm"]) {
  copyFileSync(join(root, "build", "wasm", name), join(folder, name));
}

/** Of koffi what `require("koffi")` reads, and its licence: the rest is sources and papers. */
const OF_KOFFI = ["package.json", "LICENSE.txt", "index.cjs", "src/koffi/index.cjs", "src/koffi/src/static.cjs"];

// The library that calls vendors' libraries is machine code: it goes along as it is, for one system alone.
rmSync(join(folder, "node_modules"), { recursive: true, force: true });
for (const name of OF_KOFFI) {
  const to = join(folder, "node_modules/koffi", name);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(root, "node_modules/koffi", name), to);
}
const machineCode = `@koromix/koffi-${target}`;
/** Papers, what a linker would want, and, where a Node goes along, what is for musl: it is none. */
const isLeftOut = (path) =>
  basename(path) === "README.md" || path.endsWith(".lib") || (portable && basename(path).startsWith("musl_"));
cpSync(bringPackage(machineCode), join(folder, "node_modules", machineCode), {
  recursive: true,
  filter: (path) => !isLeftOut(path),
});

/** Node and its licence: of the package that npm has for the target, or the one that runs this script. */
function nodeOf() {
  const bin = dirname(process.execPath);
  if (target === HERE) return { program: process.execPath, licence: join(bin, "..", "LICENSE") };
  if (!isTarget(target)) throw new Error(`npm has no Node for ${target}`);
  const { node, program } = targets[target];
  const brought = bringPackage(node);
  return { program: join(brought, program), licence: join(brought, "LICENSE") };
}

if (portable) {
  const { program, licence } = nodeOf();
  const node = join(folder, basename(program));
  copyFileSync(program, node);
  chmodSync(node, 0o755);
  // Not each system's package has it, and it is the same for all.
  const here = join(dirname(process.execPath), "..", "LICENSE");
  copyFileSync(existsSync(licence) ? licence : here, join(folder, "node.LICENSE"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

function writeShellLauncher() {
  const kept = KEPT.map((name) => `\${${name}+"${name}=$${name}"}`).join(" ");
  const elsewhere = portable ? "" : `[ -x "$node" ] || node=${quote(process.execPath)}\n`;
  const launcher = join(folder, "certbridge-host");
  // A core file would hold what was in memory: a PIN, a key.
  writeFileSync(
    launcher,
    `#!/bin/sh
ulimit -c 0
here=$(dirname -- "$(readlink -f -- "$0")")
node="$here/node"
${elsewhere}exec /usr/bin/env -i ${kept} "$node" --disable-sigusr1 "$here/certbridge-host.mjs" "$@"
`,
  );
  chmodSync(launcher, 0o755);
}

if (target.startsWith("win32")) writeFileSync(join(folder, "certbridge-host.cmd"), encodeWindowsLauncher());
else writeShellLauncher();
