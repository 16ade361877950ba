/** Installing for the person who runs it, and undoing exactly that. */
import { access, constants, mkdir, realpath, rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { OperationError } from "@certbridge/protocol/errors";
import { parseRegistry } from "@certbridge/trust";
import * as v from "valibot";
import { isFileError, readIfThere, removeFile, writeWhole } from "../disk.ts";
import { prepareHome } from "../home.ts";
import type { Home } from "../home.ts";
import { encodeLauncher } from "./launcher.ts";
import type { Program } from "./launcher.ts";
import { encodeManifest, parseManifest } from "./manifest.ts";
import type { PersonFolders, Place } from "./places.ts";
import { placeOf } from "./places.ts";

const installed = v.strictObject({
  format: v.literal("certbridge-installed:1"),
  version: v.string(),
  node: v.string(),
  script: v.string(),
  manifests: v.array(
    v.strictObject({ label: v.string(), kind: v.picklist(["chromium", "firefox"]), path: v.string() }),
  ),
  /** Folders that were made for manifests, innermost last. */
  folders: v.array(v.string()),
  registry: v.boolean(),
});

/** What an installation wrote. */
export type Installed = v.InferOutput<typeof installed>;

/** The record of an installation; null where there is none, or it cannot be read. */
export async function readInstalled(home: Home): Promise<Installed | null> {
  const content = await readIfThere(home.installed);
  if (content === null) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), installed), content.toString("utf8"));
  return parsed.success ? parsed.output : null;
}

/** Whether this is a manifest by which Firefox finds us: one that we wrote, or an administrator. */
export async function isFirefoxManifest(home: Home, person: PersonFolders, path: string): Promise<boolean> {
  const written = (await readInstalled(home))?.manifests ?? [];
  const known = written.flatMap((entry) => (entry.kind === "firefox" ? [entry.path] : []));
  const { machine } = placeOf("firefox", person);
  return [...known, ...machine].includes(path);
}

/** Makes the folder; gives those that were not there, outermost first. */
async function makeFolders(folder: string): Promise<readonly string[]> {
  const outermost = await mkdir(folder, { recursive: true });
  if (outermost === undefined) return [];
  const made: string[] = [];
  for (let at = folder; at.length >= outermost.length; at = dirname(at)) made.unshift(at);
  return made;
}

async function readableRegistry(path: string): Promise<Buffer> {
  const content = await readIfThere(path);
  if (content === null) throw new OperationError("INVALID_REQUEST", { path: "registry: no such file" });
  try {
    parseRegistry(JSON.parse(content.toString("utf8")));
  } catch (error) {
    throw new OperationError("INVALID_REQUEST", { path: "registry: not a registry" }, { cause: error });
  }
  return content;
}

/**
 * Writes launcher, registry and manifests. An installation that is there already is renewed; its other manifests stay.
 *
 * @throws OperationError INVALID_REQUEST where the registry is none; what the file system throws
 */
export async function install(options: {
  readonly home: Home;
  readonly program: Program;
  readonly version: string;
  readonly places: readonly Place[];
  /** Path of a registry file to copy; null keeps what is there, or the built-in one. */
  readonly registry: string | null;
}): Promise<Installed> {
  const { home, version, places } = options;
  const program = { node: await realpath(options.program.node), script: await realpath(options.program.script) };
  await access(program.node, constants.X_OK);
  const registry = options.registry === null ? null : await readableRegistry(options.registry);
  const before = await readInstalled(home);
  await prepareHome(home);

  await writeWhole(home.launcher, encodeLauncher(program, home.folder), 0o700);
  if (registry !== null) await writeWhole(home.registry, registry);
  const manifests = new Map((before?.manifests ?? []).map((entry) => [entry.path, entry]));
  const folders = new Set(before?.folders);
  for (const { label, kind, manifest } of places) {
    for (const folder of await makeFolders(dirname(manifest))) folders.add(folder);
    await writeWhole(manifest, encodeManifest(kind, home.launcher), 0o644);
    manifests.set(manifest, { label, kind, path: manifest });
  }
  const record: Installed = {
    format: "certbridge-installed:1",
    version,
    ...program,
    manifests: [...manifests.values()],
    folders: [...folders],
    registry: registry !== null || before?.registry === true,
  };
  await writeWhole(home.installed, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const kept = ["ENOTEMPTY", "ENOENT", "EEXIST"].some((code) => isFileError(error, code));
    if (!kept) throw error;
  }
}

/**
 * Removes what `install` wrote and nothing else: keys, credentials and the log stay. A manifest that another installation has
 * put in the place of ours is left alone. Returns the paths that were removed.
 */
export async function uninstall(home: Home): Promise<readonly string[]> {
  const record = await readInstalled(home);
  if (record === null) return [];
  const removed: string[] = [];
  for (const { path } of record.manifests) {
    const content = await readIfThere(path);
    if (content === null || parseManifest(content)?.path !== home.launcher) continue;
    await removeFile(path);
    removed.push(path);
  }
  for (const folder of record.folders.toSorted((a, b) => b.length - a.length)) await removeEmpty(folder);
  for (const path of [home.launcher, ...(record.registry ? [home.registry] : []), home.installed]) {
    await removeFile(path);
    removed.push(path);
  }
  return removed;
}
