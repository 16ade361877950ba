/**
 * The table of browsers, made into this person's paths on Linux and macOS. Chromium's family looks at the person's folder first, then at the
 * machine's, and so does Firefox. Windows has a registry in the place of folders: windows.ts.
 */
import { join } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";
import { namesIn } from "../disk.ts";
import type { BrowserName, FolderPath, ManifestKind } from "./browsers.ts";
import { browserNames, browserOf } from "./browsers.ts";

export interface Place {
  /** A browser, or the profile folder that was named on the command line. */
  readonly label: string;
  readonly kind: ManifestKind;
  /** The manifest's path. */
  readonly manifest: string;
  /** Manifests of the whole machine, for the same browser. */
  readonly machine: readonly string[];
  /** Folders of which one is there where the person uses the browser. */
  readonly profiles: readonly string[];
  /** What manifests of the machine start, where the program was installed for the whole machine. */
  readonly machineLauncher: string;
}

/** The person's folders, as they were when the program was installed. */
export interface PersonFolders {
  /** `~`. */
  readonly home: string;
  /** `~/.config`, or what XDG_CONFIG_HOME names. */
  readonly config: string;
  /** `/`; another one in tests. */
  readonly root: string;
}

export const MANIFEST_FILE = `${HOST_NAME}.json`;

/** Systems whose browsers look for manifests in folders. */
export type System = "linux" | "macos";

/** The one that the program runs on. */
const HERE: System = process.platform === "darwin" ? "macos" : "linux";

/** Where the system's own package puts the program, below the root. */
export const MACHINE_FOLDERS: Readonly<Record<System, string>> = {
  linux: "usr/lib/certbridge",
  macos: "Library/Application Support/CertBridge",
};

/** What browsers start there. */
export const MACHINE_LAUNCHER = "certbridge-browser";

/** Folders that programs like this one make for browsers that nobody uses. */
const MADE_FOR_MANIFESTS: readonly string[] = ["NativeMessagingHosts", "native-messaging-hosts"];

/** For these `install` writes where it finds no browser at all: they may be started for the first time tomorrow. */
const USUAL: readonly BrowserName[] = ["chromium", "chrome", "edge", "firefox"];

const machineLauncher = (root: string, system: System): string => join(root, MACHINE_FOLDERS[system], MACHINE_LAUNCHER);

/** Browsers that there are on this system. */
export const browsersOn = (system: System): readonly BrowserName[] =>
  browserNames.filter((name) => browserOf(name)[system] !== null);

export const browsersHere: readonly BrowserName[] = browsersOn(HERE);

/** @throws RangeError where there is no such browser on this system */
export function placeOf(name: BrowserName, folders: PersonFolders, system: System = HERE): Place {
  const { kind, [system]: row } = browserOf(name);
  if (row === null) throw new RangeError(`no ${name} on this system`);
  const resolve = (path: FolderPath): string => {
    const at = path.indexOf("/");
    const base = path.slice(0, at) as keyof PersonFolders;
    return join(folders[base], path.slice(at + 1));
  };
  return {
    label: name,
    kind,
    manifest: join(resolve(row.person), MANIFEST_FILE),
    machine: row.machine.map((folder) => join(resolve(folder), MANIFEST_FILE)),
    profiles: row.profiles.map(resolve),
    machineLauncher: machineLauncher(folders.root, system),
  };
}

/**
 * Every place of the table, each manifest's path once: browsers of which little is known share Chromium's, and on macOS Brave has Chrome's. It is used where any
 * of them is.
 */
export function allPlaces(folders: PersonFolders, system: System = HERE): readonly Place[] {
  const byPath = new Map<string, Place>();
  for (const name of browsersOn(system)) {
    const place = placeOf(name, folders, system);
    const first = byPath.get(place.manifest) ?? { ...place, profiles: [] };
    byPath.set(place.manifest, { ...first, profiles: [...first.profiles, ...place.profiles] });
  }
  return [...byPath.values()];
}

/** A profile folder of Chromium's family, given by --user-data-dir: it looks there and at the machine's folder only. */
export function profilePlace(folder: string): Place {
  return {
    label: folder,
    kind: "chromium",
    manifest: join(folder, "NativeMessagingHosts", MANIFEST_FILE),
    machine: [],
    profiles: [folder],
    machineLauncher: machineLauncher("/", HERE),
  };
}

/** Whether the person uses this browser: its folder is there, and holds more than manifests like ours. */
export async function isPresent({ profiles }: Place): Promise<boolean> {
  for (const folder of profiles) {
    const names = await namesIn(folder).catch(() => []);
    if (names.some((name) => !MADE_FOR_MANIFESTS.includes(name))) return true;
  }
  return false;
}

/** Where `install` writes unless it is told: each browser that is there, else the usual ones. */
export async function presentPlaces(folders: PersonFolders, system: System = HERE): Promise<readonly Place[]> {
  const places = allPlaces(folders, system);
  const present = await Promise.all(places.map(isPresent));
  const found = places.filter((_place, at) => present[at]);
  return found.length > 0 ? found : USUAL.map((name) => placeOf(name, folders, system));
}
