/** The companion program (互认通程序): starts the room that the caller needs, and loads no other. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "../package.json" with { type: "json" };
import { readCall } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { homeAt, homeOf } from "./home.ts";
import type { Home } from "./home.ts";
import { isFirefoxManifest } from "./install/firefox-manifest.ts";
import { openLog } from "./log.ts";
import { clock, ownFolders, ownHome } from "./rim.ts";
import { serveBrowser } from "./serve-browser.ts";

const { version } = manifest;

/** The program's own. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Where this caller's home is without `--home`. A browser's call never asks the environment. */
function defaultHome(isPerson: boolean): string {
  return isPerson ? homeOf(homedir(), process.env["XDG_DATA_HOME"]) : ownHome();
}

function refuse(): number {
  process.stderr.write("certbridge-host: this caller may not start the program\n");
  return 1;
}

async function answer(caller: Caller, home: Home, args: readonly string[]): Promise<number> {
  const log = openLog(home.log, clock);
  switch (caller.kind) {
    case "person":
      return (await import("./cli/person.ts")).runPerson(version, fileURLToPath(import.meta.url), home, args);
    case "chromium":
      return serveBrowser({ version, home, log, kind: "chromium" });
    case "firefox":
      if (!(await isFirefoxManifest({ home, person: ownFolders(), folder: FOLDER, path: caller.manifest })))
        return refuse();
      return serveBrowser({ version, home, log, kind: "firefox" });
    case "stranger":
      return refuse();
  }
}

const { caller, home, args } = readCall(process.argv.slice(2));
process.exitCode = await answer(caller, homeAt(resolve(home ?? defaultHome(caller.kind === "person"))), args);
