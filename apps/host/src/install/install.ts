/** Installing for the person who runs it. */
import { access, constants, mkdir, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { OperationError } from "@certbridge/protocol/errors";
import { parseRegistry } from "@certbridge/trust";
import { isFileError, readIfThere, writeWhole } from "../disk.ts";
import { prepareHome } from "../home.ts";
import type { Home } from "../home.ts";
import { encodeLauncher } from "./launcher.ts";
import type { Program } from "./launcher.ts";
import { encodeManifest } from "./manifest.ts";
import type { Place } from "./places.ts";
import type { Installed } from "./receipt.ts";
import { readInstalled, sha256Of, writeInstalled } from "./receipt.ts";

/** Makes the folder and those above it, and tells of each one that it made, also where the next one fails. */
async function makeFolders(folder: string, made: (folder: string) => void): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // What is there, and no folder, is found when something is written into it.
    if (isFileError(error, "EEXIST")) return;
    if (!isFileError(error, "ENOENT")) throw error;
    await makeFolders(dirname(folder), made);
    await mkdir(folder);
  }
  made(folder);
}

/** Where this path leads, also where the last of it is not there yet. */
export async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const above = dirname(path);
    if (!isFileError(error, "ENOENT") || above === path) throw error;
    return join(await realFolder(above), basename(path));
  }
}

/** Whether the home is the folder of this program, or lies in it: what replaces or removes the one takes the keys along. */
export async function isInProgram({ folder }: Home, script: string): Promise<boolean> {
  const program = dirname(await realpath(script));
  const below = relative(program, await realFolder(folder));
  return below === "" || !(below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below));
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

/** A place whose manifest could not be written, and what the file system said. */
export interface Failed {
  readonly label: string;
  readonly path: string;
  readonly error: unknown;
}

/**
 * Writes launcher, registry and manifests. An installation that is there already is renewed; its other manifests stay. What hinders one browser's is no reason
 * to leave the others, and the receipt names what was written in any case: without it no `uninstall` finds that again.
 *
 * @throws OperationError INVALID_REQUEST where the registry is none; what the file system throws of the home
 */
export async function install(options: {
  readonly home: Home;
  readonly program: Program;
  readonly version: string;
  readonly places: readonly Place[];
  /** Path of a registry file to copy; null keeps what is there, or the built-in one. */
  readonly registry: string | null;
}): Promise<{ readonly record: Installed; readonly failed: readonly Failed[] }> {
  const { home, version, places } = options;
  const program = { node: await realpath(options.program.node), script: await realpath(options.program.script) };
  await access(program.node, constants.X_OK);
  const registry = options.registry === null ? null : await readableRegistry(options.registry);
  const before = await readInstalled(home);
  await prepareHome(home);

  const sha256 = { ...before?.sha256 };
  const manifests = new Map((before?.manifests ?? []).map((entry) => [entry.path, entry]));
  const folders = new Set(before?.folders);
  const failed: Failed[] = [];
  async function write(path: string, content: string | Uint8Array, mode: number): Promise<void> {
    await writeWhole(path, content, mode);
    sha256[path] = sha256Of(content);
  }
  const writeRecord = (): Promise<Installed> =>
    writeInstalled(home, {
      version,
      ...program,
      manifests: [...manifests.values()],
      folders: [...folders],
      registry: sha256[home.registry] !== undefined || before?.registry === true,
      sha256,
    });
  async function writePlace({ label, kind, manifest: path }: Place): Promise<void> {
    try {
      await makeFolders(dirname(path), (folder) => folders.add(folder));
      await write(path, encodeManifest(kind, home.launcher), 0o644);
      manifests.set(path, { label, kind, path });
    } catch (error) {
      failed.push({ label, path, error });
    }
  }
  try {
    await write(home.launcher, encodeLauncher(program, home.folder), 0o700);
    if (registry !== null) await write(home.registry, registry, 0o600);
  } catch (error) {
    await writeRecord().catch(() => undefined);
    throw error;
  }
  for (const place of places) await writePlace(place);
  return { record: await writeRecord(), failed };
}
