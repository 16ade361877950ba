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

/** Makes the folder; gives those that were not there, outermost first. */
async function makeFolders(folder: string): Promise<readonly string[]> {
  const outermost = await mkdir(folder, { recursive: true });
  if (outermost === undefined) return [];
  const made: string[] = [];
  for (let at = folder; at.length >= outermost.length; at = dirname(at)) made.unshift(at);
  return made;
}

/** Where this path leads, also where the last of it is not there yet. */
async function realFolder(path: string): Promise<string> {
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

  const sha256 = { ...before?.sha256 };
  async function write(path: string, content: string | Uint8Array, mode: number): Promise<void> {
    await writeWhole(path, content, mode);
    sha256[path] = sha256Of(content);
  }
  await write(home.launcher, encodeLauncher(program, home.folder), 0o700);
  if (registry !== null) await write(home.registry, registry, 0o600);
  const manifests = new Map((before?.manifests ?? []).map((entry) => [entry.path, entry]));
  const folders = new Set(before?.folders);
  for (const { label, kind, manifest } of places) {
    for (const folder of await makeFolders(dirname(manifest))) folders.add(folder);
    await write(manifest, encodeManifest(kind, home.launcher), 0o644);
    manifests.set(manifest, { label, kind, path: manifest });
  }
  return writeInstalled(home, {
    version,
    ...program,
    manifests: [...manifests.values()],
    folders: [...folders],
    registry: registry !== null || before?.registry === true,
    sha256,
  });
}
