/**
 * Packs the companion program for other computers of this kind: `node tools/pack-host.mjs FOLDER` puts an archive there that is
 * unpacked anywhere and brings all it needs, its Node among it.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { runQuietly } from "./step.mjs";

const out = resolve(process.argv[2] ?? "build/pack");
const name = "certbridge-host";
const work = join(out, "work-host");

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
await runQuietly(process.execPath, ["tools/build-host.mjs", join(work, name)], "building the host");
const archive = join(out, `${name}-${process.platform}-${process.arch}.tar.gz`);
// Nothing of who built it: neither owner nor group.
const whose = ["--owner=0", "--group=0", "--numeric-owner"];
await runQuietly("tar", ["-czf", archive, ...whose, "-C", work, name], "packing the host");
rmSync(work, { recursive: true, force: true });
