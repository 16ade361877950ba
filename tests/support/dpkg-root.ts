/**
 * A system of its own on which dpkg installs: a folder with dpkg's records. Not the computer's own, since manifests of the whole machine would be found by
 * every browser and every `doctor` of the tests that run beside. What a package asks of the system is judged by what this computer really has.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "../..");

/** Builds the package; gives its path. */
export function packDeb(into: string): string {
  execFileSync(process.execPath, ["--no-warnings", join(project, "tools/pack-deb.ts"), into], { cwd: project });
  const [name = ""] = readdirSync(into).filter((file) => file.endsWith(".deb"));
  return join(into, name);
}

/** What dpkg ended with and said; what it complained of, line by line. */
export interface DpkgRan {
  readonly status: number | null;
  readonly stdout: string;
  readonly said: readonly string[];
}

/** The records of these very packages, as this computer has them: what the program needs. */
function layRecords(root: string): void {
  const records = join(root, "var/lib/dpkg");
  for (const name of ["info", "updates"]) mkdirSync(join(records, name), { recursive: true });
  const needed = ["libc6", "libstdc++6", "libgcc-s1", "coreutils"];
  const status = execFileSync("dpkg-query", ["--status", ...needed], { encoding: "utf8" });
  writeFileSync(join(records, "status"), `${status.trimEnd()}\n\n`);
  writeFileSync(join(records, "available"), "");
}

/** Only root may change a system; whoever is not is it in a namespace where root's files are their own. */
const AS_ROOT = process.getuid?.() === 0 ? [] : ["unshare", "--map-root-user"];

/**
 * @param root made if missing
 * @returns dpkg, for that system
 */
export function openDpkg(root: string): (...args: readonly string[]) => DpkgRan {
  layRecords(root);
  return (...args) => {
    const [command = "", ...words] = [...AS_ROOT, "dpkg", `--root=${root}`, ...args];
    const env = { PATH: `${process.env["PATH"]}:/usr/sbin:/sbin`, LC_ALL: "C.UTF-8" };
    const { status, stdout, stderr } = spawnSync(command, words, { encoding: "utf8", env });
    // Of what the program needs it has the records and not the lists of files.
    const said = stderr.split("\n").filter((line) => line !== "" && !line.includes("files list file for package"));
    return { status, stdout, said };
  };
}
