/** A program as a Flatpak's sandbox has it: in a mount namespace with a root of its own, where `/.flatpak-info` lies. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * Needs what private policies need, see missingForPrivatePolicies.
 *
 * @param folder  the test's own; made if missing
 * @param program absolute path
 * @returns path of a script that starts the program in there, with its arguments
 */
export function startsInSandbox(folder: string, program: string): string {
  const [root, script] = [resolve(folder, "root"), resolve(folder, "sandboxed")];
  mkdirSync(root, { recursive: true });
  const steps = [
    `mount -t tmpfs tmpfs '${root}'`,
    `for each in /*; do
       if [ -L "$each" ]; then cp -a "$each" '${root}'"$each"
       elif [ -d "$each" ]; then mkdir '${root}'"$each" && mount --rbind "$each" '${root}'"$each"
       fi
     done`,
    `printf '[Application]\\nname=org.chromium.Chromium\\n' > '${join(root, ".flatpak-info")}'`,
    `exec chroot '${root}' '${program}' "$@"`,
  ];
  const inside = steps.join(" && ").replaceAll("'", String.raw`'\''`);
  writeFileSync(script, `#!/bin/sh\nexec unshare --mount --propagation private sh -c '${inside}' sh "$@"\n`, {
    mode: 0o755,
  });
  return script;
}
