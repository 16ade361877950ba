/**
 * An ordinary user of this machine, with a folder of their own. Root makes one and removes it afterwards; anybody else is one. What
 * they start stands in their folder too, since a clone below /root is out of their reach.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Person {
  /** Empty but for the programs. */
  readonly folder: string;
  /** The companion program as it was unpacked there. */
  readonly program: string;
  /** Starts Chromium as this person. */
  readonly chromium: string;
  /** Undefined where the person is whoever runs this. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** A folder of theirs below their own. */
  makeFolder(name: string): string;
  remove(): void;
}

function makeUser(home: string): { readonly name: string; readonly uid: number; readonly gid: number } {
  const name = `certbridge-${randomBytes(4).toString("hex")}`;
  execFileSync("useradd", ["--system", "--user-group", "--no-create-home", "--home-dir", home, name]);
  const idOf = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  return { name, uid: idOf("-u"), gid: idOf("-g") };
}

export function openPerson(): Person {
  const folder = mkdtempSync(join(tmpdir(), "certbridge-person-"));
  const user = process.getuid?.() === 0 ? makeUser(folder) : null;

  const makeFolder = (name: string) => {
    const made = join(folder, name);
    mkdirSync(made, { recursive: true });
    if (user !== null) chownSync(made, user.uid, user.gid);
    return made;
  };
  const writeProgram = (name: string, line: string) => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\n${line} "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  };

  makeFolder(".");
  cpSync("build/host", join(folder, "program"), { recursive: true });
  cpSync(process.execPath, join(folder, "node"));
  const become = user === null ? "" : `setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups --inh-caps=-all `;
  const own = `HOME='${folder}' TMPDIR='${makeFolder("tmp")}'`;
  return {
    folder,
    program: writeProgram("certbridge-host", `exec '${folder}/node' '${folder}/program/certbridge-host.mjs'`),
    chromium: writeProgram(
      "chromium",
      `exec ${become}env -u XDG_CONFIG_HOME -u XDG_CACHE_HOME ${own} /usr/bin/chromium`,
    ),
    ...(user === null ? {} : { owner: { uid: user.uid, gid: user.gid } }),
    makeFolder,
    remove() {
      // A process that still ends keeps its user.
      if (user !== null) execFileSync("userdel", ["--force", user.name], { stdio: "ignore" });
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
