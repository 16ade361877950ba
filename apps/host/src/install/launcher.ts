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
function quote(text: string): string {
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
 * The script that the manifests of the whole machine name. It finds the program beside itself, wherever the package was unpacked, by a program of
 * the system's and not by PATH. It names no home: each person's is found by the system's own list of users.
 */
export function encodeMachineLauncher(): string {
  const before = `self=$(/usr/bin/readlink -f -- "$0")\nhere=\${self%/*}\n`;
  return encodeScript([`"$here/node"`, ...FLAGS, `"$here/certbridge-host.mjs"`], before);
}
