/**
 * Packs the companion program for other computers of this kind: `node tools/pack-host.mjs FOLDER` puts an archive there that is
 * unpacked anywhere and brings all it needs, its Node among it, and `install.sh`, which needs no administrator.
 */
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { MADE_AT, levelTree } from "./same-bytes.ts";
import { root, runQuietly } from "./step.mjs";

const out = resolve(process.argv[2] ?? "build/pack");
const name = "certbridge-host";
const work = join(out, "work-host");

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
await runQuietly(process.execPath, ["tools/build-host.mjs", join(work, name)], "building the host");
copyFileSync(join(root, "tools", "install.sh"), join(work, name, "install.sh"));
chmodSync(join(work, name, "install.sh"), 0o755);
levelTree(join(work, name));
const archive = join(out, `${name}-${process.platform}-${process.arch}.tar.gz`);
// Nothing of who built it, nor when: neither owner nor group, and the same bytes each time.
const same = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name", `--mtime=@${MADE_AT}`];
await runQuietly(
  "tar",
  ["--use-compress-program=gzip -n", "-cf", archive, ...same, "-C", work, name],
  "packing the host",
);
rmSync(work, { recursive: true, force: true });
