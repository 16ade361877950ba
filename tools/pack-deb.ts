/**
 * Makes the system's own package of the companion program, for Debian and what descends from it (UOS, Kylin): `pack-deb.ts FOLDER [TARGET]`
 * puts it there, for this computer's processor or for the target's (`linux-arm64`). The program lies under /usr/lib/certbridge with its Node, and the
 * machine's manifests make it known to everybody's browsers. No script of a maintainer runs: there is nothing to be done but to put files where they belong.
 *
 * The manifests are no conffiles: one that stayed behind when the package is removed would lead nowhere.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { encodeMachineLauncher } from "../apps/host/src/install/launcher.ts";
import { MACHINE_FOLDERS, MACHINE_LAUNCHER } from "../apps/host/src/install/places.ts";
import manifest from "../apps/host/package.json" with { type: "json" };
import { filesBelow, run, sizeOf, write, writeMachineManifests } from "./package-tree.ts";
import { levelTree } from "./same-bytes.ts";
import { HERE, isTarget, targets } from "./targets.ts";

const PACKAGE = "certbridge-host";

const project = resolve(import.meta.dirname, "..");
const out = resolve(process.argv[2] ?? "build/pack");
const target = process.argv[3] ?? HERE;
const work = join(out, "work-deb");
const program = join(work, MACHINE_FOLDERS.linux);
// On a computer that is none of the targets the Node that runs this goes along.
const architecture = (isTarget(target) ? targets[target].deb : null) ?? process.arch;

function control(architecture: string, sizeKiB: number): string {
  return `Package: ${PACKAGE}
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: CertBridge <security@certbridge.org>
Installed-Size: ${sizeKiB}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1 | libgcc1, coreutils
Section: web
Priority: optional
Description: companion program of CertBridge 互认通
 Keeps certificates beside the browser and signs for the browser extension
 CertBridge. Brings the runtime that it needs, and makes itself known to every
 browser of this computer that reads native-messaging manifests for the whole
 machine. Each person runs "certbridge-host install" once to pair their browsers.
`;
}

rmSync(work, { recursive: true, force: true });
mkdirSync(program, { recursive: true });
run(process.execPath, ["--no-warnings", "tools/build-host.mjs", program, target]);
write(join(program, MACHINE_LAUNCHER), encodeMachineLauncher(), 0o755);
writeMachineManifests(work, "linux");
mkdirSync(join(work, "usr/bin"));
symlinkSync(`../lib/certbridge/certbridge-host`, join(work, "usr/bin/certbridge-host"));
mkdirSync(join(work, "usr/share/doc", PACKAGE), { recursive: true });
copyFileSync(join(project, "LICENSE"), join(work, "usr/share/doc", PACKAGE, "copyright"));

const files = filesBelow(work);
const md5 = (file: string) =>
  createHash("md5")
    .update(readFileSync(join(work, file)))
    .digest("hex");
write(join(work, "DEBIAN/md5sums"), files.map((file) => `${md5(file)}  ${file}\n`).join(""));
write(join(work, "DEBIAN/control"), control(architecture, sizeOf(work, files)));
levelTree(work);
const name = `${PACKAGE}_${manifest.version}_${architecture}.deb`;
// gzip is what every dpkg of the systems out there reads.
run("dpkg-deb", ["--root-owner-group", "-Zgzip", "-z6", "--build", work, join(out, name)]);
rmSync(work, { recursive: true, force: true });
