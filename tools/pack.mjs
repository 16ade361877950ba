/**
 * `npm run pack`: what the stores take, and the companion program's packages and installers for every system, under build/pack. What is for other systems
 * needs their Node from the npm registry; with `-- --here` it is left out.
 */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { modernNode, onPath } from "./setup.mjs";
import { root, runQuietly, say } from "./step.mjs";

async function packExtension(out) {
  const work = join(out, "work");
  mkdirSync(work, { recursive: true });
  process.env.CERTBRIDGE_OUT = "build/pack/work";
  for (const browser of ["chrome", "firefox"]) {
    const args = [
      "node_modules/wxt/bin/wxt.mjs",
      "zip",
      "-c",
      "extension/wxt.config.ts",
      "-b",
      browser,
      "--mv3",
      "--mode",
      "store",
    ];
    await runQuietly(modernNode(), args, `packing for ${browser}`);
  }
  for (const name of readdirSync(work)) if (name.endsWith(".zip")) renameSync(join(work, name), join(out, name));
  rmSync(work, { recursive: true, force: true });
}

/** The packages of the companion program: a script each, with its arguments, what it is for, and the program of the system's that it needs. */
const HERE = [
  { script: "pack-host.mjs", args: [], what: "this system, one person" },
  { script: "pack-deb.ts", args: [], what: "Debian", needs: "dpkg-deb" },
];
const ELSEWHERE = [
  ...["linux-x64", "linux-arm64"]
    .filter((target) => target !== `${process.platform}-${process.arch}`)
    .map((target) => ({ script: "pack-deb.ts", args: [target], what: `Debian, ${target}`, needs: "dpkg-deb" })),
  { script: "pack-windows.ts", args: [], what: "Windows", needs: "makensis", from: "nsis" },
  { script: "pack-macos.ts", args: ["darwin-arm64"], what: "macOS, Apple silicon" },
  { script: "pack-macos.ts", args: ["darwin-x64"], what: "macOS, Intel" },
];

/** Gives how many failed: one that cannot be made hinders no other. */
async function packPrograms(out, packages) {
  let failed = 0;
  for (const { script, args, what, needs, from = needs } of packages) {
    if (needs !== undefined && !onPath(needs)) {
      say(`no ${needs} here: the package for ${what} is left out (sudo apt-get install -y ${from})`);
      continue;
    }
    try {
      await runQuietly(modernNode(), ["--no-warnings", `tools/${script}`, out, ...args], `packing for ${what}`);
    } catch (error) {
      say(error.message);
      failed += 1;
    }
  }
  return failed;
}

/** @param {string[]} args `--here` for what this system can make without the network */
export async function pack(args) {
  const unknown = args.find((arg) => arg !== "--here");
  if (unknown !== undefined) throw new Error(`npm run pack: not understood: ${unknown} (-- --here)`);
  const out = join(root, "build", "pack");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  await packExtension(out);
  const failed = await packPrograms(out, args.includes("--here") ? HERE : [...HERE, ...ELSEWHERE]);
  for (const name of readdirSync(out)) say(`build/pack/${name}`);
  if (failed > 0)
    say(`${failed} packages were not made, see above; those of this system alone: npm run pack -- --here`);
  return failed > 0 ? 1 : 0;
}
