/** Who started the program, as people call it: for another browser that waits for a device which this one has. It is a name to show, and decides nothing. */
import { readlink } from "node:fs/promises";
import { basename } from "node:path";

/** Of `certbridge-host …` at a terminal. */
export const COMMAND_LINE = "certbridge-host";

/** By the file that runs, as browsers' packages on Linux have it. */
const NAMES: Readonly<Record<string, string>> = {
  chrome: "Chrome",
  chromium: "Chromium",
  msedge: "Edge",
  brave: "Brave",
  "vivaldi-bin": "Vivaldi",
  opera: "Opera",
  firefox: "Firefox",
  "firefox-esr": "Firefox",
  "firefox-bin": "Firefox",
};

/** A word that is fixed, as {@link COMMAND_LINE} is: the extension has words of its own for both. */
export const SOME_BROWSER = "browser";

/** Linux says which file the parent runs; elsewhere it is some browser (浏览器). */
export async function nameOfParent(pid: number = process.ppid): Promise<string> {
  const file = await readlink(`/proc/${pid}/exe`).catch(() => "");
  // A browser that was updated while it runs: its file is no longer there.
  const program = basename(file.replace(/ \(deleted\)$/, ""));
  return Object.hasOwn(NAMES, program) ? (NAMES[program] ?? SOME_BROWSER) : SOME_BROWSER;
}
