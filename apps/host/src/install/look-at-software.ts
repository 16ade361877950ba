/**
 * What else on this computer uses USB keys, and whether the person sits at it. Notes all of it: such software may well stand beside this program, and the person
 * who looks into a fault should know that it is there.
 *
 * Read from /proc and from browsers' folders; nothing is connected to. The environment is not asked, although XRDP_SESSION and SSH_CONNECTION would tell: where
 * a browser starts this program they are not there, and whoever sets a variable would have a say in what is found. Who the ancestors of this process are, and what
 * logind wrote down of the person's sessions, tell the same and cannot be set.
 */
import { readFile, readdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { basename, join } from "node:path";
import { namesIn } from "../disk.ts";
import type { Finding } from "./finding.ts";
import { finding, say } from "./finding.ts";
import type { PersonFolders, Place } from "./places.ts";
import { remoteDesktops, type VendorSoftware, vendorSoftware } from "./vendor-software.ts";

/** Ancestors looked at, at most. */
const GENERATIONS = 32;

/** State of a socket that listens (include/net/tcp_states.h). */
const LISTENS = "0A";

const textOf = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");

const nameOf = (text: string): string =>
  basename(text.replaceAll("\\", "/").trim())
    .toLowerCase()
    .replace(/\.exe$/, "");

/** Names of what runs: the kernel's own, which it cuts after 15 characters, and that of the program as it was started. */
async function processNames(root: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(join(root, "proc")).catch(() => []);
  const names = await Promise.all(
    entries
      .filter((entry) => /^\d+$/.test(entry))
      .map(async (entry) => {
        const [comm, cmdline] = await Promise.all(
          ["comm", "cmdline"].map((file) => textOf(join(root, "proc", entry, file))),
        );
        return [nameOf(comm ?? ""), nameOf((cmdline ?? "").split("\0")[0] ?? "")];
      }),
  );
  return new Set(names.flat().filter((name) => name !== ""));
}

/** Ports on which something listens here. proc_pid_net(5): the local address is hexadecimal, address and port. */
async function listeningPorts(root: string): Promise<ReadonlySet<number>> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => textOf(join(root, "proc/net", name))));
  const ports = tables.flatMap((table) =>
    table.split("\n").flatMap((line) => {
      const [, local = "", , state] = line.trim().split(/\s+/);
      return state === LISTENS ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : [];
    }),
  );
  return new Set(ports);
}

/** Ids of extensions in every profile of these browsers. */
async function extensionIds(places: readonly Place[]): Promise<ReadonlySet<string>> {
  const folders = places.flatMap(({ kind, profiles }) => (kind === "chromium" ? profiles : []));
  const found = await Promise.all(
    folders.map(async (folder) => {
      const profiles = await namesIn(folder).catch(() => []);
      const ids = await Promise.all(profiles.map((name) => namesIn(join(folder, name, "Extensions")).catch(() => [])));
      return ids.flat();
    }),
  );
  return new Set(found.flat());
}

function noteOf({ id, zh, en, extensions }: VendorSoftware): Finding {
  const isExtension = extensions.length > 0;
  const what = say(
    isExtension ? `浏览器里装有 ${zh}` : `这台电脑上似乎在运行 ${zh}，它会占用CA锁`,
    isExtension ? `a browser has ${en}` : `${en} seems to run here, and takes USB keys for itself`,
  );
  const todo = isExtension
    ? say(
        "网页若调用的是它，请在浏览器的扩展管理中停用它",
        "if pages call it in our place, switch it off among the browser's extensions",
      )
    : say("CA锁被占用时，请先退出它，再重新插入CA锁", "where a key is taken, quit it and plug the key in again");
  return finding(`software:${id}`, null, "note", what, { todo, cause: "other-software" });
}

/** The names of the processes that this one descends from. */
async function ancestorNames(root: string): Promise<readonly string[]> {
  const names: string[] = [];
  let process = "self";
  while (names.length < GENERATIONS) {
    const status = await textOf(join(root, "proc", process, "status"));
    const parent = /^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? "0";
    if (parent === "0") break;
    names.push(nameOf(await textOf(join(root, "proc", parent, "comm"))));
    process = parent;
  }
  return names;
}

/** Whether logind has the person's only sessions as remote ones (sd_session_is_remote(3)); its files are one line a fact. */
async function hasRemoteSession(root: string, uid: number): Promise<boolean> {
  const folder = join(root, "run/systemd/sessions");
  const names = await readdir(folder).catch(() => []);
  const sessions = await Promise.all(
    names.filter((name) => !name.endsWith(".ref")).map((name) => textOf(join(folder, name))),
  );
  const own = sessions.filter((session) => session.includes(`\nUID=${uid}\n`) && session.includes("\nCLASS=user\n"));
  return own.length > 0 && own.every((session) => session.includes("\nREMOTE=1\n"));
}

async function lookAtDesktop(root: string, uid: number): Promise<readonly Finding[]> {
  const by = (await ancestorNames(root)).map((name) => remoteDesktops.get(name)).find((name) => name !== undefined);
  if (by === undefined && !(await hasRemoteSession(root, uid))) return [];
  const how = by === undefined ? "" : `（${by}）`;
  const what = say(
    `您正在远程使用这台电脑${how}，插在您手边电脑上的CA锁这里看不到`,
    `you work on this computer from another one${by === undefined ? "" : ` (${by})`}: a key plugged in there is not seen here`,
  );
  const todo = say("请在插着CA锁的那台电脑上直接操作", "work at the computer that the key is plugged into");
  return [finding("remote-desktop", null, "note", what, { todo, cause: "remote-desktop" })];
}

export async function lookAtSoftware(
  { root }: PersonFolders,
  places: readonly Place[],
  uid = userInfo().uid,
): Promise<readonly Finding[]> {
  const [processes, ports, extensions] = await Promise.all([
    processNames(root),
    listeningPorts(root),
    extensionIds(places),
  ]);
  const found = vendorSoftware.filter(
    (software) =>
      software.processes.some((name) => processes.has(name)) ||
      software.ports.some((port) => ports.has(port)) ||
      software.extensions.some((id) => extensions.has(id)),
  );
  return [...found.map(noteOf), ...(await lookAtDesktop(root, uid))];
}
