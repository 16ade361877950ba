/**
 * Makes the installer for Windows: `pack-windows.ts FOLDER` puts it there. The program lies with its Node, a launcher and a manifest for each family of
 * browsers; what the installer does with them stands in windows-installer.ts. Needs makensis; runs nothing of Windows.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { encodeWindowsLauncher } from "../apps/host/src/install/launcher.ts";
import { encodeManifest } from "../apps/host/src/install/manifest.ts";
import { MANIFEST_FILE } from "../apps/host/src/install/places.ts";
import { MANIFEST_FOLDERS, WINDOWS_LAUNCHER } from "../apps/host/src/install/windows.ts";
import manifest from "../apps/host/package.json" with { type: "json" };
import { filesBelow, run, sizeOf, write } from "./package-tree.ts";
import { levelTree } from "./same-bytes.ts";
import { PROGRAM, encodeInstaller } from "./windows-installer.ts";

const { version } = manifest;
const out = resolve(process.argv[2] ?? "build/pack");
const work = join(out, "work-windows");
const program = join(work, PROGRAM);

rmSync(work, { recursive: true, force: true });
mkdirSync(program, { recursive: true });
run(process.execPath, ["--no-warnings", "tools/build-host.mjs", program, "win32-x64"]);
for (const kind of ["chromium", "firefox"] as const) {
  const folder = join(program, MANIFEST_FOLDERS[kind]);
  // By name alone: browsers of Windows look beside the manifest, wherever it lies.
  write(join(folder, MANIFEST_FILE), encodeManifest(kind, WINDOWS_LAUNCHER));
  write(join(folder, WINDOWS_LAUNCHER), encodeWindowsLauncher("..\\"));
}
levelTree(program);
const files = filesBelow(program);
const script = join(work, "installer.nsi");
const installer = join(out, `certbridge-host-${version}-windows-x64.exe`);
write(script, encodeInstaller({ version, files, sizeKiB: sizeOf(program, files), out: installer }));
levelTree(script);
run("makensis", ["-V2", "-WX", "-INPUTCHARSET", "UTF8", script]);
rmSync(work, { recursive: true, force: true });
