/**
 * The script that browsers start. Everything it needs stands in it as an absolute path. It starts the program in an empty
 * environment, so that no variable (NODE_OPTIONS, NODE_DEBUG, a preloaded module) reaches it, with the debugger's signal off, and
 * with no core file to be left by a crash.
 */

export interface Program {
  /** The Node that runs it. */
  readonly node: string;
  /** The bundle, or main.ts. */
  readonly script: string;
}

/** A word of the shell that stands for exactly this text. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @param words of the command, as the shell reads them */
function encodeScript(words: readonly string[], before = ""): string {
  return `#!/bin/sh\nulimit -c 0\n${before}exec /usr/bin/env -i LANG=C.UTF-8 ${words.join(" ")} "$@"\n`;
}

const FLAGS = ["--disable-sigusr1", "--no-warnings"].map(quote);

export function encodeLauncher({ node, script }: Program, home: string): string {
  return encodeScript([quote(node), ...FLAGS, ...[script, "--home", home].map(quote)]);
}

/**
 * The script that the manifests of the whole machine name. It finds the program beside itself, wherever the package was unpacked, by the path that it was
 * started by: that of a manifest has to be absolute (Chromium's and Mozilla's pages on native messaging), and no other program is needed, which not every system has in
 * the same place. It names no home: each person's is found by the system's own list of users.
 */
export function encodeMachineLauncher(): string {
  return encodeScript([`"$here/node"`, ...FLAGS, `"$here/certbridge-host.mjs"`], "here=${0%/*}\n");
}

/** Windows finds its own programs by it, and so does Node. */
const KEPT_ON_WINDOWS = "SystemRoot";

/**
 * The same for Windows, where browsers start a script by `cmd.exe`. It holds no path at all: `%~dp0` is the folder that it lies in, put in its place
 * by cmd where nothing of it is read as words of a command (Chinese, spaces, `&`, `^`, `(`), and no code page can misread it. Delayed expansion is off,
 * or `!` in a path would go; the environment is emptied but for one variable. What is handed over comes from the browser, in quotes where it needs them.
 *
 * @param folder the program's, from where the script lies; with a backslash behind it, or empty
 */
export function encodeWindowsLauncher(folder = ""): string {
  const path = (name: string): string => `"%~dp0${folder}${name}"`;
  const lines = [
    "@echo off",
    "setlocal DisableDelayedExpansion",
    `for /f "delims==" %%v in ('set') do if /i not "%%v"=="${KEPT_ON_WINDOWS}" set "%%v="`,
    `${path("node.exe")} --disable-sigusr1 --no-warnings ${path("certbridge-host.mjs")} %*`,
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}
