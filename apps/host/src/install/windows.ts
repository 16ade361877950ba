/**
 * Windows: browsers find manifests by the registry, which the installer writes and removes (tools/windows-installer.ts). The program itself reads and
 * writes no registry there: `install` opens places for a person's browsers, and `uninstall` ends pairings.
 */
import { join } from "node:path";
import type { BrowserName, ManifestKind } from "./browsers.ts";
import { browserNames, browserOf } from "./browsers.ts";
import { MANIFEST_FILE } from "./places.ts";

/** Every key of the table below which one of our name is read, once, with the kind of manifest that it leads to. */
export function registryKeys(): ReadonlyMap<string, ManifestKind> {
  return new Map(
    browserNames.flatMap((name) => {
      const { kind, windows } = browserOf(name);
      return (windows?.below ?? []).map((key) => [key, kind] as const);
    }),
  );
}

/** Folders below the program's that have the manifests, with a launcher beside each: a manifest names no other folder than its own. */
export const MANIFEST_FOLDERS: Readonly<Record<ManifestKind, string>> = { chromium: "chromium", firefox: "firefox" };

/** The launcher's name: browsers' and persons' alike. */
export const WINDOWS_LAUNCHER = "certbridge-host.cmd";

export const windowsBrowsers: readonly BrowserName[] = browserNames.filter((name) => browserOf(name).windows !== null);

/** Which browsers a person has, the table cannot tell there: of each kind the ones that most have. */
const USUAL: readonly BrowserName[] = ["chrome", "edge", "firefox"];

/** For whom `install` opens places. */
export function windowsPlaces(names: readonly BrowserName[] = USUAL): readonly {
  readonly kind: ManifestKind;
  readonly label: string;
}[] {
  return names.map((label) => ({ kind: browserOf(label).kind, label }));
}

/** The manifest of this kind that lies with the program. */
export const manifestBeside = (folder: string, kind: ManifestKind): string =>
  join(folder, MANIFEST_FOLDERS[kind], MANIFEST_FILE);
