/** The companion program (互认通程序): puts its rooms together and starts the one that the caller needs. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Gm } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import { builtinRegistry } from "@certbridge/trust";
import manifest from "../package.json" with { type: "json" };
import { readRegistry } from "./authorities.ts";
import { readCall } from "./caller.ts";
import { openConsents } from "./consents.ts";
import { openCredentials } from "./credentials.ts";
import { createDispatch } from "./dispatch.ts";
import { homeAt, prepareHome } from "./home.ts";
import type { Home } from "./home.ts";
import type { Host } from "./host.ts";
import type { Log } from "./log.ts";
import { openLog } from "./log.ts";
import { serve } from "./stdio/serve.ts";
import { openSoftwareStore } from "./stores/software/store.ts";
import type { SoftwareStore } from "./stores/software/store.ts";
import { createHandlers } from "./verbs/index.ts";

const { version } = manifest;
const clock = Date.now;
const random = (len: number): Uint8Array => randomBytes(len);

/** The core: beside the bundle where there is one, else where the sources build it. */
async function openCore(): Promise<Gm> {
  const beside = new URL("./gm.simd.wasm", import.meta.url);
  return existsSync(beside) ? loadGm({ simd: await readFile(beside) }) : loadGm();
}

const openStore = (gm: Gm, home: Home): SoftwareStore => openSoftwareStore({ gm, folder: home.keys, clock, random });

async function openHost(home: Home, log: Log): Promise<{ host: Host; store: SoftwareStore }> {
  await prepareHome(home);
  const gm = await openCore();
  const store = openStore(gm, home);
  // A broken registry tells nobody's code; doctor says so.
  const registry = await readRegistry(home.registry).catch(async (error: unknown) => {
    await log({ event: "registry-broken", error });
    return builtinRegistry;
  });
  const credentials = openCredentials({ gm, folder: home.credentials, clock });
  const consents = openConsents(home.consents, clock);
  return { host: { version, gm, clock, stores: [store], registry, credentials, consents }, store };
}

async function serveBrowser(home: Home, log: Log): Promise<number> {
  process.stdout.on("error", () => undefined);
  process.on("uncaughtException", (error) => {
    void log({ event: "crash", error }).finally(() => process.exit(1));
  });
  const { host } = await openHost(home, log);
  await host.consents.sweep();
  await serve(process.stdin, process.stdout, createDispatch(createHandlers(host), log), log);
  return 0;
}

async function runPerson(home: Home, log: Log, args: readonly string[]): Promise<number> {
  const { runCommand } = await import("./cli/program.ts");
  const { noSecrets, streamSecrets, terminalSecrets } = await import("./cli/terminal.ts");
  const config = process.env["XDG_CONFIG_HOME"] ?? join(homedir(), ".config");
  const cli = {
    version,
    home,
    program: { node: process.execPath, script: fileURLToPath(import.meta.url) },
    person: { home: homedir(), config, root: "/" },
    random,
    openHost: () => openHost(home, log),
    openStore: async () => openStore(await openCore(), home),
    secrets({ pinStdin = false }: { readonly pinStdin?: boolean }) {
      if (pinStdin) return streamSecrets(process.stdin);
      return process.stdin.isTTY ? terminalSecrets(process.stdin, process.stderr) : noSecrets();
    },
    say: (line: string) => void process.stdout.write(`${line}\n`),
  };
  return runCommand(cli, args, (line) => void process.stderr.write(`${line}\n`));
}

/** Where a person's commands work without `--home`: what XDG says. A browser's call never asks the environment. */
function defaultHome(isPerson: boolean): string {
  const data = isPerson ? process.env["XDG_DATA_HOME"] : undefined;
  const owner = isPerson ? homedir() : userInfo().homedir;
  return join(data ?? join(owner, ".local", "share"), "certbridge");
}

const call = readCall(process.argv.slice(2));
const home = homeAt(resolve(call.home ?? defaultHome(call.caller.kind === "person")));
const log = openLog(home.log, clock);
switch (call.caller.kind) {
  case "extension":
    process.exitCode = await serveBrowser(home, log).catch(() => 1);
    break;
  case "stranger":
    process.stderr.write("certbridge-host: this extension may not start the program\n");
    process.exitCode = 1;
    break;
  case "person":
    process.exitCode = await runPerson(home, log, call.args);
    break;
}
