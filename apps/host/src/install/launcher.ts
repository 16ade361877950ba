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

export function encodeLauncher({ node, script }: Program, home: string): string {
  const words = [node, "--disable-sigusr1", "--no-warnings", script, "--home", home].map(quote);
  return `#!/bin/sh\nulimit -c 0\nexec /usr/bin/env -i LANG=C.UTF-8 ${words.join(" ")} "$@"\n`;
}
