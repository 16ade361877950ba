/** The tree of files that a package puts on a computer, and what stands in it for every system. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { ManifestKind } from "../apps/host/src/install/browsers.ts";
import { browserNames, browserOf } from "../apps/host/src/install/browsers.ts";
import { encodeManifest } from "../apps/host/src/install/manifest.ts";
import type { System } from "../apps/host/src/install/places.ts";
import { MACHINE_FOLDERS, MACHINE_LAUNCHER, MANIFEST_FILE } from "../apps/host/src/install/places.ts";
import { MADE_AT } from "./same-bytes.ts";

const project = resolve(import.meta.dirname, "..");

/** Runs a program in the project's folder. @throws Error where it fails; what it complained of was shown */
export function run(command: string, args: readonly string[]): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(MADE_AT) };
  const { status, error } = spawnSync(command, args, { cwd: project, env, stdio: ["ignore", "ignore", "inherit"] });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

export function write(path: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** Paths of all files below a folder, sorted. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** KiB, for what a system tells its people. */
export function sizeOf(folder: string, files: readonly string[]): number {
  const bytes = files.reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0);
  return Math.ceil(bytes / 1024);
}

/** The machine's folders of every browser of the table on this system, each once, with the kind of manifest that is read there. */
function machineFolders(system: System): ReadonlyMap<string, ManifestKind> {
  const folders = browserNames.flatMap((name) => {
    const { kind, [system]: row } = browserOf(name);
    // Debian has no lib64 for programs' files; the other folder is of other systems.
    const machine = (row?.machine ?? []).filter((folder) => !folder.startsWith("root/usr/lib64/"));
    return machine.map((folder) => [folder.replace(/^root\//, ""), kind] as const);
  });
  return new Map(folders);
}

/** Writes the manifests of the whole machine; gives their paths below the root. */
export function writeMachineManifests(root: string, system: System): readonly string[] {
  return Array.from(machineFolders(system), ([folder, kind]) => {
    const path = join(folder, MANIFEST_FILE);
    write(join(root, path), encodeManifest(kind, `/${MACHINE_FOLDERS[system]}/${MACHINE_LAUNCHER}`));
    return path;
  });
}
