/**
 * Builds `build/host`: the companion program as one file with its core beside it, and `certbridge-host`, which a person runs.
 * The launcher keeps nothing of the environment but where the person's folders are: no variable of Node's reaches the program.
 */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build", "host");
const node = process.argv[2] ?? process.execPath;

const KEPT = ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "LANG", "TERM"];

mkdirSync(folder, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ["apps/host/src/main.ts"],
  outfile: join(folder, "certbridge-host.mjs"),
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node24",
  mainFields: ["module", "main"],
  legalComments: "eof",
  logLevel: "warning",
});
copyFileSync(join(root, "build", "wasm", "gm.simd.wasm"), join(folder, "gm.simd.wasm"));

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const kept = KEPT.map((name) => `\${${name}+"${name}=$${name}"}`).join(" ");
const launcher = join(folder, "certbridge-host");
writeFileSync(
  launcher,
  `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
exec /usr/bin/env -i ${kept} ${quote(node)} --disable-sigusr1 "$here/certbridge-host.mjs" "$@"
`,
);
chmodSync(launcher, 0o755);
