import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runHost, temporaryFolder } from "../../support/host.ts";
import { serveHost } from "../../support/served.ts";
import type { Served } from "../../support/served.ts";

/**
 * The launcher that browsers start, in a hostile environment: no variable, no preloaded library and no signal reaches the program.
 * Beside each a plain Node, which shows that what was set would have worked.
 */
const folder = temporaryFolder();
const home = join(folder.path, "home");
const evil = join(folder.path, "evil");
const launcher = join(home, "certbridge-host");
const running: ChildProcess[] = [];

beforeAll(async () => {
  mkdirSync(evil);
  writeFileSync(
    join(evil, "evil.cjs"),
    `require("node:fs").writeFileSync(${JSON.stringify(join(evil, "ran"))}, "");\n`,
  );
  const installed = await runHost(["--home", home, "install", "--browser-profile", join(folder.path, "profile")]);
  expect(installed).toMatchObject({ status: 0 });
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  folder.remove();
});

/** A library of the system's own that Node does not load by itself. */
const library = readFileSync("/proc/self/maps", "utf8")
  .split("\n")
  .flatMap((line) => /(\/\S+)\/libc\.so\.6$/.exec(line)?.[1] ?? [])
  .map((libraries) => join(libraries, "libBrokenLocale.so.1"))[0];

const hostile: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--require ${JSON.stringify(join(evil, "evil.cjs"))}`,
  NODE_DEBUG: "fs,module,stream",
  NODE_DEBUG_NATIVE: "inspector_server",
  NODE_V8_COVERAGE: join(evil, "coverage"),
  NODE_REDIRECT_WARNINGS: join(evil, "warnings"),
  NODE_PENDING_DEPRECATION: "1",
  NODE_EXTRA_CA_CERTS: join(evil, "none.pem"),
  NODE_COMPILE_CACHE: join(evil, "cache"),
  NODE_INSPECT_RESUME_ON_START: "1",
  CERTBRIDGE_HOME: evil,
  HOME: evil,
  XDG_DATA_HOME: evil,
  XDG_CONFIG_HOME: evil,
  LD_LIBRARY_PATH: evil,
  ...(library === undefined ? {} : { LD_PRELOAD: library }),
};

/** A Node that waits, in the same environment. */
async function plainNode(): Promise<{ readonly pid: number; readonly stderr: () => string }> {
  const script = "process.stdout.write('up'); setTimeout(() => undefined, 600_000);";
  const child = spawn(process.execPath, ["-e", script], { env: hostile, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child.stdout, "data");
  return { pid: child.pid ?? 0, stderr: () => stderr };
}

const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, "utf8");

/** Inodes of the process's sockets that listen on TCP. */
function listening(pid: number): readonly string[] {
  const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  const LISTEN = "0A";
  const lines = ["tcp", "tcp6"].flatMap((file) => proc(pid, `net/${file}`).split("\n").slice(1));
  return lines.flatMap((line) => {
    const [, , , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === LISTEN && own.includes(inode) ? [inode] : [];
  });
}

describe("the program, started by its launcher in a hostile environment", () => {
  let served: Served;
  beforeAll(async () => {
    served = serveHost(home, [launcher], { env: hostile });
    await served.ask("keys", {});
  });
  afterAll(() => served.kill("SIGKILL"));

  test("has an environment of one variable", () => {
    expect(proc(served.pid, "environ")).toBe("LANG=C.UTF-8\0");
  });

  test("ran no module, wrote no coverage, no cache and no debugging words; a plain Node did", async () => {
    expect(readdirSync(evil)).toEqual(["evil.cjs"]);
    // The shell and env, which are loaded before it, may complain of what was preloaded; nothing else is said.
    expect(
      served
        .output()
        .stderr.split("\n")
        .filter((line) => line !== "" && !line.includes("ld.so")),
    ).toEqual([]);
    const plain = await plainNode();
    expect(existsSync(join(evil, "ran"))).toBe(true);
    expect(plain.stderr()).not.toBe("");
  });

  test.skipIf(library === undefined || !existsSync(library))("has loaded no library of another's choice", async () => {
    expect(proc(served.pid, "maps")).not.toContain("libBrokenLocale");
    expect(proc((await plainNode()).pid, "maps")).toContain("libBrokenLocale");
  });

  test("leaves no core file behind", () => {
    expect(proc(served.pid, "limits")).toMatch(/^Max core file size\s+0\s+0\s/m);
  });

  test("opens no debugger at a signal; a plain Node does", async () => {
    const plain = await plainNode();
    expect(listening(plain.pid)).toEqual([]);
    process.kill(plain.pid, "SIGUSR1");
    process.kill(served.pid, "SIGUSR1");
    await expect.poll(() => listening(plain.pid).length, { timeout: 10_000 }).toBe(1);
    // As long again as the plain one was given.
    await sleep(200);
    if (existsSync(`/proc/${served.pid}/fd`)) expect(listening(served.pid)).toEqual([]);
    expect(served.output().stderr).not.toContain("Debugger");
  });
});
