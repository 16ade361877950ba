/**
 * Lays out the package for macOS: `pack-macos.ts FOLDER TARGET` puts an archive there with what `pkgbuild` and `productbuild` make a .pkg of, which run on
 * a Mac only (docs/release.md). `pkgroot` is the computer's root: the program with its Node, and a manifest in every folder of the table of browsers.
 */
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { encodeMachineLauncher } from "../apps/host/src/install/launcher.ts";
import { MACHINE_FOLDERS, MACHINE_LAUNCHER } from "../apps/host/src/install/places.ts";
import manifest from "../apps/host/package.json" with { type: "json" };
import { encodeDistribution, encodePostinstall, encodeUninstaller } from "./macos-texts.ts";
import { filesBelow, run, write, writeMachineManifests } from "./package-tree.ts";
import { MADE_AT, levelTree } from "./same-bytes.ts";
import { isTarget } from "./targets.ts";

const { version } = manifest;
const out = resolve(process.argv[2] ?? "build/pack");
const target = process.argv[3] ?? "darwin-arm64";
if (!isTarget(target) || !target.startsWith("darwin-")) throw new Error(`no target for macOS: ${target}`);
const architecture = target === "darwin-arm64" ? "arm64" : "x86_64";
const name = `certbridge-host-${version}-macos-${architecture}`;
const work = join(out, "work-macos");
const root = join(work, name, "pkgroot");
const program = join(root, MACHINE_FOLDERS.macos);

rmSync(work, { recursive: true, force: true });
mkdirSync(program, { recursive: true });
run(process.execPath, ["--no-warnings", "tools/build-host.mjs", program, target]);
write(join(program, MACHINE_LAUNCHER), encodeMachineLauncher(), 0o755);
const manifests = writeMachineManifests(root, "macos");
const command = "usr/local/bin/certbridge-host";
mkdirSync(join(root, "usr/local/bin"), { recursive: true });
symlinkSync(`/${MACHINE_FOLDERS.macos}/certbridge-host`, join(root, command));
const files = [...filesBelow(program), "uninstall.sh"].toSorted();
write(join(program, "uninstall.sh"), encodeUninstaller({ files, manifests, command }), 0o755);
write(join(work, name, "scripts/postinstall"), encodePostinstall(), 0o755);
write(join(work, name, "Distribution"), encodeDistribution(version, architecture));
levelTree(join(work, name));
const same = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name", `--mtime=@${MADE_AT}`];
const archive = join(out, `${name}-pkgroot.tar.gz`);
run("tar", ["--use-compress-program=gzip -n", "-cf", archive, ...same, "-C", work, name]);
rmSync(work, { recursive: true, force: true });
