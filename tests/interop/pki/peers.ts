/** The programs that this floor compares with, and a folder to exchange files in. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, test as run } from "vitest";

const JARS = ["bcprov", "bcpkix", "bcutil"].map((name) => `/usr/share/java/${name}.jar`);

const isProgram = (name: string): boolean => spawnSync(name, ["--version"]).error === undefined;

/** Vitest's `test` where the peer is there; else one that skips, or, with CI=true, a failure that says what to install. */
function testWith(missing: readonly string[], packages: string): typeof run {
  if (missing.length === 0) return run;
  const message = `${missing.join(", ")} not found: apt-get install ${packages}`;
  if (process.env.CI === "true") throw new Error(message);
  console.warn(`skipped: ${message}`);
  return run.skip as typeof run;
}

export const testOpenssl = testWith(isProgram("openssl") ? [] : ["openssl"], "openssl");

export const testBouncyCastle = testWith(
  [...["java", "javac"].filter((name) => !isProgram(name)), ...JARS.filter((jar) => !existsSync(jar))],
  "default-jdk-headless libbcprov-java libbcpkix-java libbcutil-java",
);

/** A folder for one test file, gone after it. */
export function exchange(name: string) {
  const folder = mkdtempSync(join(tmpdir(), `pki-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    write(file: string, content: string | Uint8Array): string {
      const path = join(folder, file);
      writeFileSync(path, content);
      return path;
    },
    read: (file: string): Uint8Array => new Uint8Array(readFileSync(join(folder, file))),
    openssl: (...args: readonly string[]): string => {
      const { status, stdout, stderr } = spawnSync("openssl", args, { cwd: folder, encoding: "utf8" });
      if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}`);
      return stdout + stderr;
    },
    /** Compiles a Java peer once, and runs one of its commands over this folder. */
    compile(peer = "Peer"): void {
      const sources = [peer, "Der"].map((name) => join(import.meta.dirname, `${name}.java`));
      execFileSync("javac", ["-cp", JARS.join(delimiter), "-d", folder, ...sources], { stdio: "pipe" });
    },
    java: (command: string, peer = "Peer"): readonly string[] =>
      execFileSync(
        "java",
        ["-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", [folder, ...JARS].join(delimiter), peer, command, folder],
        { encoding: "utf8", stdio: "pipe" },
      )
        .trimEnd()
        .split("\n"),
  };
}
