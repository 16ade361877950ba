/**
 * Makes the system's own package of the companion program, for Debian and what descends from it (UOS, Kylin): `pack-deb.ts FOLDER` puts
 * it there. The program lies under /usr/lib/certbridge with its Node, and the machine's manifests make it known to everybody's browsers. No
 * script of a maintainer runs: there is nothing to be done but to put files where they belong.
 *
 * The manifests are no conffiles: one that stayed behind when the package is removed would lead nowhere.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { browserNames, browserOf } from "../apps/host/src/install/browsers.ts";
import { encodeMachineLauncher } from "../apps/host/src/install/launcher.ts";
import { encodeManifest } from "../apps/host/src/install/manifest.ts";
import { MACHINE_FOLDER, MACHINE_LAUNCHER, MANIFEST_FILE } from "../apps/host/src/install/places.ts";
import manifest from "../apps/host/package.json" with { type: "json" };
import { MADE_AT, levelTree } from "./same-bytes.ts";

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64", loong64: "loong64" };
const PACKAGE = "certbridge-host";

const project = resolve(import.meta.dirname, "..");
const out = resolve(process.argv[2] ?? "build/pack");
const work = join(out, "work-deb");
const program = join(work, MACHINE_FOLDER);

function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(MADE_AT) };
  const { status, error } = spawnSync(command, args, { cwd: project, env, stdio: ["ignore", "ignore", "inherit"] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** The machine's folders of every browser of the table on Linux, each once, with the kind of manifest that is read there. */
function machineFolders(): ReadonlyMap<string, "chromium" | "firefox"> {
  const folders = browserNames.flatMap((name) => {
    const { kind, linux } = browserOf(name);
    // Debian has no lib64 for programs' files; the other folder is of other systems.
    const machine = (linux?.machine ?? []).filter((folder) => !folder.startsWith("root/usr/lib64/"));
    return machine.map((folder) => [folder.replace(/^root\//, ""), kind] as const);
  });
  return new Map(folders);
}

/** Paths of all files below a folder, sorted. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

function control(architecture: string, sizeKiB: number): string {
  return `Package: ${PACKAGE}
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: CertBridge <security@certbridge.org>
Installed-Size: ${sizeKiB}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1 | libgcc1, coreutils
Section: web
Priority: optional
Description: companion program of CertBridge 互认通
 Keeps certificates beside the browser and signs for the browser extension
 CertBridge. Brings the runtime that it needs, and makes itself known to every
 browser of this computer that reads native-messaging manifests for the whole
 machine. Each person runs "certbridge-host install" once to pair their browsers.
`;
}

rmSync(work, { recursive: true, force: true });
mkdirSync(program, { recursive: true });
run(process.execPath, ["tools/build-host.mjs", program]);
write(join(program, MACHINE_LAUNCHER), encodeMachineLauncher(), 0o755);
for (const [folder, kind] of machineFolders()) {
  write(join(work, folder, MANIFEST_FILE), encodeManifest(kind, `/${MACHINE_FOLDER}/${MACHINE_LAUNCHER}`));
}
mkdirSync(join(work, "usr/bin"));
symlinkSync(`../lib/certbridge/certbridge-host`, join(work, "usr/bin/certbridge-host"));
mkdirSync(join(work, "usr/share/doc", PACKAGE), { recursive: true });
copyFileSync(join(project, "LICENSE"), join(work, "usr/share/doc", PACKAGE, "copyright"));

const files = filesBelow(work);
const md5 = (file: string) =>
  createHash("md5")
    .update(readFileSync(join(work, file)))
    .digest("hex");
write(join(work, "DEBIAN/md5sums"), files.map((file) => `${md5(file)}  ${file}\n`).join(""));
const bytes = files.reduce((sum, file) => sum + readFileSync(join(work, file)).length, 0);
const architecture = ARCHITECTURES[process.arch] ?? process.arch;
write(join(work, "DEBIAN/control"), control(architecture, Math.ceil(bytes / 1024)));
levelTree(work);
const name = `${PACKAGE}_${manifest.version}_${architecture}.deb`;
// gzip is what every dpkg of the systems out there reads.
run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", work, join(out, name)]);
rmSync(work, { recursive: true, force: true });
