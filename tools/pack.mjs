/** `npm run pack`: what the stores take and what an installer unpacks, under build/pack. */
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { modernNode, onPath } from "./setup.mjs";
import { root, runQuietly, say } from "./step.mjs";

export async function pack() {
  const out = join(root, "build", "pack");
  const work = join(out, "work");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  process.env.CERTBRIDGE_OUT = "build/pack/work";
  for (const browser of ["chrome", "firefox"]) {
    const args = [
      "node_modules/wxt/bin/wxt.mjs",
      "zip",
      "-c",
      "extension/wxt.config.ts",
      "-b",
      browser,
      "--mv3",
      "--mode",
      "store",
    ];
    await runQuietly(modernNode(), args, `packing for ${browser}`);
  }
  for (const name of readdirSync(work)) if (name.endsWith(".zip")) renameSync(join(work, name), join(out, name));
  rmSync(work, { recursive: true, force: true });
  await runQuietly(modernNode(), ["tools/pack-host.mjs", out], "packing the host");
  if (onPath("dpkg-deb")) {
    await runQuietly(modernNode(), ["--no-warnings", "tools/pack-deb.ts", out], "packing the host for Debian");
  } else say("no dpkg-deb here: the .deb is left out");
  for (const name of readdirSync(out)) say(`build/pack/${name}`);
  return 0;
}
