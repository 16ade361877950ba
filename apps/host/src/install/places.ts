/**
 * Where browsers on Linux look for the manifests of native-messaging hosts. The folders are those that each browser's own
 * documentation names; Chromium's family looks at the person's folder first, then at the machine's, and so does Firefox.
 */
import { join } from "node:path";
import { HOST_NAME } from "@certbridge/protocol/ids";

export const browserNames = ["chromium", "chrome", "edge", "firefox"] as const;

export type BrowserName = (typeof browserNames)[number];

/** Chromium's family names the callers by origin, Firefox by extension id. */
export type ManifestKind = "chromium" | "firefox";

export interface Place {
  /** A browser, or the profile folder that was named on the command line. */
  readonly label: string;
  readonly kind: ManifestKind;
  /** The manifest's path. */
  readonly manifest: string;
  /** Manifests of the whole machine, for the same browser. */
  readonly machine: readonly string[];
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

const FILE = `${HOST_NAME}.json`;

function chromiumPlace(label: BrowserName, config: string, machine: string): Place {
  return {
    label,
    kind: "chromium",
    manifest: join(config, "NativeMessagingHosts", FILE),
    machine: [join(machine, "native-messaging-hosts", FILE)],
  };
}

function firefoxPlace({ home, root }: PersonFolders): Place {
  return {
    label: "firefox",
    kind: "firefox",
    manifest: join(home, ".mozilla", "native-messaging-hosts", FILE),
    machine: ["lib", "lib64"].map((lib) => join(root, "usr", lib, "mozilla", "native-messaging-hosts", FILE)),
  };
}

const places: Readonly<Record<BrowserName, (folders: PersonFolders) => Place>> = {
  chromium: ({ config, root }) => chromiumPlace("chromium", join(config, "chromium"), join(root, "etc/chromium")),
  chrome: ({ config, root }) => chromiumPlace("chrome", join(config, "google-chrome"), join(root, "etc/opt/chrome")),
  edge: ({ config, root }) => chromiumPlace("edge", join(config, "microsoft-edge"), join(root, "etc/opt/edge")),
  firefox: firefoxPlace,
};

export function placeOf(browser: BrowserName, folders: PersonFolders): Place {
  return places[browser](folders);
}

/** A profile folder of Chromium's family, given by --user-data-dir: it looks there and at the machine's folder only. */
export function profilePlace(folder: string): Place {
  return {
    label: folder,
    kind: "chromium",
    manifest: join(folder, "NativeMessagingHosts", FILE),
    machine: [],
  };
}
