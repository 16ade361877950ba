/**
 * The table of browsers, made into this person's paths on Linux. Chromium's family looks at the person's folder first, then at the machine's,
 * and so does Firefox.
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

/** Where the system's own package puts the program, below the root. */
export const MACHINE_FOLDER = "usr/lib/certbridge";

/** What browsers start there. */
export const MACHINE_LAUNCHER = "certbridge-browser";

/** Folders that programs like this one make for browsers that nobody uses. */
const MADE_FOR_MANIFESTS: readonly string[] = ["NativeMessagingHosts", "native-messaging-hosts"];

/** For these `install` writes where it finds no browser at all: they may be started for the first time tomorrow. */
const USUAL: readonly BrowserName[] = ["chromium", "chrome", "edge", "firefox"];

const machineLauncher = (root: string): string => join(root, MACHINE_FOLDER, MACHINE_LAUNCHER);

/** Browsers that there are on Linux. */
export const linuxBrowsers: readonly BrowserName[] = browserNames.filter((name) => browserOf(name).linux !== null);

/** @throws RangeError where there is no such browser on this system */
export function placeOf(name: BrowserName, folders: PersonFolders): Place {
  const { kind, linux } = browserOf(name);
  if (linux === null) throw new RangeError(`no ${name} on this system`);
  const resolve = (path: FolderPath): string => {
    const at = path.indexOf("/");
    const base = path.slice(0, at) as keyof PersonFolders;
    return join(folders[base], path.slice(at + 1));
  };
  return {
    label: name,
    kind,
    manifest: join(resolve(linux.person), MANIFEST_FILE),
    machine: linux.machine.map((folder) => join(resolve(folder), MANIFEST_FILE)),
    profiles: linux.profiles.map(resolve),
    machineLauncher: machineLauncher(folders.root),
  };
}

/** Every place of the table, each manifest's path once: browsers of which little is known share Chromium's. */
export function allPlaces(folders: PersonFolders): readonly Place[] {
  const byPath = new Map<string, Place>();
  for (const name of linuxBrowsers) {
    const place = placeOf(name, folders);
    if (!byPath.has(place.manifest)) byPath.set(place.manifest, place);
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
    machineLauncher: machineLauncher("/"),
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
export async function presentPlaces(folders: PersonFolders): Promise<readonly Place[]> {
  const places = allPlaces(folders);
  const present = await Promise.all(places.map(isPresent));
  const found = places.filter((_place, at) => present[at]);
  return found.length > 0 ? found : USUAL.map((name) => placeOf(name, folders));
}
