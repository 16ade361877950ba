/** A computer where the system's own package is installed: in a mount namespace where what it brings lies in its places, and nowhere else. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";

/** A word of the shell that stands for exactly this text. */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/**
 * Needs what private policies need, see missingForPrivatePolicies.
 *
 * @param folder   the test's own; made if missing
 * @param unpacked the package's content
 * @param owner    whom the program runs as
 * @param program  a name in the package's folder, or an absolute path
 * @returns path of a script that starts a program of the package in there, with its arguments
 */
export function startsInstalled(
  folder: string,
  unpacked: string,
  owner: { readonly uid: number; readonly gid: number },
  program: string,
): string {
  const at = (file: string) => resolve(folder, file);
  for (const path of ["etc", "lib"]) mkdirSync(at(path), { recursive: true });
  const [etc, lib, content] = [at("etc"), at("lib"), unpacked].map(quote) as [string, string, string];
  // Both lie in memory; the real folders are not written to even by mkdir.
  const path = program.startsWith("/") ? program : `/usr/lib/certbridge/${program}`;
  const steps = [
    "set -e",
    `mount -t tmpfs -o mode=755 tmpfs ${etc}`,
    `cp -a /etc/. ${etc}`,
    `cp -a ${content}/etc/. ${etc}`,
    `mount --bind ${etc} /etc`,
    `mount -t tmpfs -o mode=755 tmpfs ${lib}`,
    "for each in /usr/lib/*; do",
    `  name=${lib}/\${each##*/}`,
    '  if [ -d "$each" ] && [ ! -L "$each" ]; then mkdir "$name" && mount --rbind "$each" "$name"',
    '  else cp -a "$each" "$name"',
    "  fi",
    "done",
    `mkdir ${lib}/certbridge`,
    `mount --bind ${content}/usr/lib/certbridge ${lib}/certbridge`,
    `mount --rbind ${lib} /usr/lib`,
    `exec setpriv --reuid=${owner.uid} --regid=${owner.gid} --clear-groups --inh-caps=-all ${quote(path)} "$@"`,
  ];
  const name = basename(program);
  const inside = at(`inside-${name}`);
  writeFileSync(inside, `${steps.join("\n")}\n`);
  const script = at(`starts-${name}`);
  const line = `exec unshare --mount --propagation private sh ${quote(inside)} "$@"`;
  writeFileSync(script, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return script;
}
