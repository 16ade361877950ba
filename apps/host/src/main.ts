/** The companion program (互认通程序): starts the room that the caller needs, and loads no other. */
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Gm } from "@certbridge/gm";
import manifest from "../package.json" with { type: "json" };
import { readCall } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { homeAt, prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import { openIdentity } from "./identity.ts";
import { isFirefoxManifest } from "./install/firefox-manifest.ts";
import { openLog } from "./log.ts";
import { COMMAND_LINE } from "./parent.ts";
import { clock, openCore, ownFolders, random } from "./rim.ts";
import { serveBrowser } from "./serve-browser.ts";

const { version } = manifest;

/** The program's own. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

async function runPerson(home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  const { openHost, openQueue, openStore, supervise } = await import("./open-host.ts");
  const { runCommand } = await import("./cli/program.ts");
  const { noSecrets, streamSecrets, terminalSecrets } = await import("./cli/terminal.ts");
  const config = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  const cli = {
    version,
    home,
    program: { node: process.execPath, script: fileURLToPath(import.meta.url) },
    person: { home: homedir(), config, root: "/" },
    random,
    clock,
    async openHost() {
      await prepareHome(home);
      const gm = await openCore();
      const core = { version, gm, identity: await openIdentity({ gm, clock }, home.identity), startedBy: COMMAND_LINE };
      return openHost(core, home, log);
    },
    openCore,
    openStore: (gm: Gm) => openStore(gm, home),
    superviseLibrary: supervise,
    queueForDevices: () => openQueue(home),
    secrets({ pinStdin = false }: { readonly pinStdin?: boolean }) {
      if (pinStdin) return streamSecrets(process.stdin);
      return process.stdin.isTTY ? terminalSecrets(process.stdin, process.stderr) : noSecrets();
    },
    say: (line: string) => void process.stdout.write(`${line}\n`),
  };
  return runCommand(cli, args, (line) => void process.stderr.write(`${line}\n`));
}

/**
 * Where a person's commands work without `--home`: what XDG says, and on Windows and macOS where programs keep their data. A browser's call never asks
 * the environment.
 */
function defaultHome(isPerson: boolean): string {
  const owner = isPerson ? homedir() : userInfo().homedir;
  if (process.platform === "win32") return join(owner, "AppData", "Local", "CertBridge");
  if (process.platform === "darwin") return join(owner, "Library", "Application Support", "CertBridge");
  const data = isPerson ? process.env["XDG_DATA_HOME"] : undefined;
  return join(data ?? join(owner, ".local", "share"), "certbridge");
}

function refuse(): number {
  process.stderr.write("certbridge-host: this caller may not start the program\n");
  return 1;
}

async function answer(caller: Caller, home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  switch (caller.kind) {
    case "person":
      return runPerson(home, args);
    case "chromium":
      return serveBrowser(version, home, log, "chromium");
    case "firefox":
      if (!(await isFirefoxManifest({ home, person: ownFolders(), folder: FOLDER, path: caller.manifest })))
        return refuse();
      return serveBrowser(version, home, log, "firefox");
    case "stranger":
      return refuse();
  }
}

const { caller, home, args } = readCall(process.argv.slice(2));
process.exitCode = await answer(caller, homeAt(resolve(home ?? defaultHome(caller.kind === "person"))), args);
