/** Launcher, Node and program: that they are there, as they were written, and that nobody else can write them. */
import type { Stats } from "node:fs";
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import { fits, ownSystem, readMachineCode, systemOf } from "../machine-code.ts";
import type { Finding, Words } from "./finding.ts";
import { REPAIR, finding, say } from "./finding.ts";
import { encodeLauncher, quote } from "./launcher.ts";
import { isExecutable } from "./look-at-places.ts";
import type { Installed } from "./receipt.ts";
import { wayTo, type Entry } from "../writers.ts";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** In a folder with this bit only its owner can replace a file. */
const STICKY = 0o1000;
const ROOT = 0;

/** How somebody else than the person and root can put something else in this place; null where nobody can. */
function othersWay({ found }: Entry): "owner" | "mode" | null {
  const { mode, uid, gid } = found;
  if (uid !== process.getuid?.() && uid !== ROOT) return "owner";
  // A link has no mode: who can take it away is said by the folder that it lies in.
  if (found.isSymbolicLink() || (found.isDirectory() && (mode & STICKY) !== 0)) return null;
  // A group of the person's own is the default of some systems.
  const byGroup = (mode & GROUP_WRITES) !== 0 && gid !== process.getgid?.() && gid !== ROOT;
  return byGroup || (mode & OTHERS_WRITE) !== 0 ? "mode" : null;
}

/** Packages that the worker of USB keys loads, with machine code among them. */
const PACKAGES: readonly string[] = ["@koromix", "koffi"];

/** The paths below a folder; none where it is not there, or closed. */
function pathsIn(folder: string, recursive: boolean): readonly string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" }).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** What is loaded from beside the program: its parts, and of packages also what says which of their files is meant. */
function partsIn(folder: string): readonly string[] {
  const parts = pathsIn(folder, false).filter((path) => /\.(mjs|wasm)$/.test(path));
  const packages = PACKAGES.flatMap((name) => pathsIn(join(folder, "node_modules", name), true));
  return [...parts, ...packages.filter((path) => /\.(node|c?js|json)$/.test(path))];
}

/** Everything that decides what is started: each file, the folders above it, and the links on the way. Nothing of what is not there. */
function waysTo(files: readonly string[]): readonly Entry[] {
  const known = new Map<string, Stats>();
  const look = (path: string): Stats => {
    const found = known.get(path) ?? lstatSync(path);
    known.set(path, found);
    return found;
  };
  const entries = new Map<string, Entry>();
  for (const file of files) {
    try {
      if (!existsSync(file)) continue;
      for (const entry of wayTo(file, look)) entries.set(entry.path, entry);
    } catch {
      // Gone meanwhile, or closed to the person, who then cannot start it either.
    }
  }
  return [...entries.values()];
}

/** Of everything that is started, each file, folder and link that others may change. */
export function lookAtPermissions(home: Home, installed: Installed): readonly Finding[] {
  if (process.getuid === undefined) return [];
  const { node, script } = installed;
  const files = [home.launcher, node, script, ...partsIn(dirname(script)), home.identity, home.pairings];
  return waysTo(files).flatMap((entry) => {
    const way = othersWay(entry);
    if (way === null) return [];
    const { path, found } = entry;
    const what = say("其他用户可以改动这个文件或文件夹", "other users can change this file or folder");
    // Whose it is can always give itself the right to write.
    const own = `sudo chown ${found.isSymbolicLink() ? "-h " : ""}root ${quote(path)}`;
    const close = `chmod go-w ${quote(path)}`;
    const todo =
      way === "mode"
        ? say(`请运行 ${close}`, `run ${close}`)
        : say(
            `它属于其他用户：请运行 ${own}，或把程序重新装到您自己的文件夹`,
            `it belongs to another user: run ${own}, or install the program into a folder of your own`,
          );
    return [finding("permissions", path, "bad", what, { todo, hazard: "permissions" })];
  });
}

/** Enough for every header that is read. */
const HEAD_LEN = 4096;

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_LEN);
    const { bytesRead } = await file.read(head, 0, HEAD_LEN, 0);
    return head.slice(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** That the Node that runs the program is there, and made for this computer: a home may have been copied from another one. */
async function lookAtNode(path: string): Promise<readonly Finding[]> {
  const bad = (what: Words): readonly Finding[] => [finding("node", path, "bad", what, { todo: REPAIR })];
  if (!(await isExecutable(path))) return bad(say("找不到运行环境 Node", "the Node that runs it is missing"));
  const code = readMachineCode(await readHead(path).catch(() => new Uint8Array(0)));
  if (code === null || fits(code, ownSystem)) return [];
  const own = `${ownSystem.platform} ${ownSystem.processor}`;
  return bad(
    say(
      `运行环境 Node 是给 ${systemOf(code)} 用的，这台电脑是 ${own}`,
      `the Node that runs it is for ${systemOf(code)}, and this computer is ${own}`,
    ),
  );
}

export async function lookAtProgram(home: Home, installed: Installed | null): Promise<readonly Finding[]> {
  const about = "launcher";
  if (installed === null) {
    const what = say("互认通程序尚未安装到浏览器", "the program is not installed for any browser");
    const todo = say("请运行 certbridge-host install", "run certbridge-host install");
    return [finding(about, null, "bad", what, { todo })];
  }
  const { launcher } = home;
  const content = await readIfThere(launcher);
  if (content === null || !(await isExecutable(launcher))) {
    const what = say("启动文件缺失或不可执行", "the launcher is missing or not executable");
    return [finding(about, launcher, "bad", what, { todo: REPAIR })];
  }
  if (content.toString("utf8") !== encodeLauncher(installed, home.folder)) {
    const what = say("启动文件被改动", "the launcher was altered");
    return [finding(about, launcher, "bad", what, { todo: REPAIR })];
  }
  const findings = [finding(about, launcher, "good", say("启动文件正常", "the launcher is as it was written"))];
  findings.push(...(await lookAtNode(installed.node)));
  if ((await readIfThere(installed.script)) === null) {
    const what = say("程序文件缺失", "the program's file is missing");
    findings.push(finding("program", installed.script, "bad", what, { todo: REPAIR }));
  }
  return [...findings, ...lookAtPermissions(home, installed)];
}
