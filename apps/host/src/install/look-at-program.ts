/** Launcher, Node and program: that they are there, as they were written, and that nobody else can write them. */
import { open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { namesIn, readIfThere } from "../disk.ts";
import type { Home } from "../home.ts";
import { fits, ownSystem, readMachineCode, systemOf } from "../machine-code.ts";
import type { Finding, Words } from "./finding.ts";
import { REPAIR, finding, say } from "./finding.ts";
import { encodeLauncher } from "./launcher.ts";
import { isExecutable } from "./look-at-places.ts";
import type { Installed } from "./receipt.ts";

const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
/** In a folder with this bit only its owner can replace a file. */
const STICKY = 0o1000;
const ROOT = 0;

/** Whether somebody else than the person and root can put something else in this place. */
async function othersCanWrite(path: string): Promise<boolean> {
  const { mode, uid, gid, isDirectory } = await stat(path).then((found) => ({
    mode: found.mode,
    uid: found.uid,
    gid: found.gid,
    isDirectory: found.isDirectory(),
  }));
  if (uid !== process.getuid?.() && uid !== ROOT) return true;
  if (isDirectory && (mode & STICKY) !== 0) return false;
  // A group of the person's own is the default of some systems.
  const byGroup = (mode & GROUP_WRITES) !== 0 && gid !== process.getgid?.() && gid !== ROOT;
  return byGroup || (mode & OTHERS_WRITE) !== 0;
}

/** The file and every folder above it. */
function pathAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === path ? [path] : [path, ...pathAbove(above)];
}

/** Of everything that is started, each file and folder that others may write. */
export async function lookAtPermissions(home: Home, installed: Installed): Promise<readonly Finding[]> {
  const folder = dirname(installed.script);
  const parts = (await namesIn(folder).catch(() => [])).filter((name) => /\.(mjs|wasm)$/.test(name));
  const files = [
    home.launcher,
    installed.node,
    installed.script,
    ...parts.map((name) => join(folder, name)),
    home.identity,
    home.pairings,
  ];
  const real = await Promise.all(files.map((path) => realpath(path).catch(() => null)));
  const looked = new Set(real.flatMap((path) => (path === null ? [] : pathAbove(path))));
  const writable: string[] = [];
  for (const path of looked) if (await othersCanWrite(path).catch(() => false)) writable.push(path);
  return writable.map((path) => {
    const what = say("其他用户可以改动这个文件或文件夹", "other users can change this file or folder");
    const todo = say(`请运行 chmod go-w '${path}'`, `run chmod go-w '${path}'`);
    return finding("permissions", path, "bad", what, { todo, hazard: "permissions" });
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
  return [...findings, ...(await lookAtPermissions(home, installed))];
}
