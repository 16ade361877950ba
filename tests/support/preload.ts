import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

const receipt = v.looseObject({ node: v.string() });

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Has the installed program preload a module: by a Node of its own, which the launcher and its receipt name. A launcher that says something else than the
 * receipt would be written again at the next start.
 *
 * @param home   the installation's
 * @param module what Node's `--import` takes
 * @param before lines of sh that run first
 */
export function preloadModule(home: string, module: string, before = ""): void {
  const [launcher, installed] = [join(home, "certbridge-host"), join(home, "installed.json")];
  const said = v.parse(receipt, JSON.parse(readFileSync(installed, "utf8")));
  const node = join(home, "preloading-node");
  writeFileSync(node, `#!/bin/sh\n${before}exec ${quote(said.node)} --import ${quote(module)} "$@"\n`);
  chmodSync(node, 0o700);
  const text = readFileSync(launcher, "utf8");
  const other = text.replace(quote(said.node), quote(node));
  if (other === text) throw new Error("another launcher expected");
  writeFileSync(launcher, other);
  writeFileSync(installed, JSON.stringify({ ...said, node }));
}
