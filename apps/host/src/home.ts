/**
 * The home folder (数据文件夹) of the companion program: where everything durable of the bidder lives, so that removing the
 * extension or cleaning the browser loses nothing. Its path is fixed when the program is installed and handed over as an
 * argument; at run time no variable of the environment moves it.
 */
import { join } from "node:path";
import { ownFolder } from "./disk.ts";
import { xdgFolder } from "./xdg.ts";

/** The paths of a home. */
export interface Home {
  readonly folder: string;
  /** One file per identity, and beside each the count of wrong PINs. */
  readonly keys: string;
  /** One file per credential's issuer and bidder. */
  readonly credentials: string;
  /** One file per bid that was made here. */
  readonly bids: string;
  /** One file per lot: the newest notice of it that was seen. */
  readonly notices: string;
  /** One file per bid: what was tried, and what came of it. */
  readonly ledger: string;
  /** One empty file per consent that was used. */
  readonly consents: string;
  /** One revocation list per CA, as it was fetched. */
  readonly lists: string;
  /** The key pair that names this home to extensions. */
  readonly identity: string;
  /** Which extensions are known, and for how many a place is open. */
  readonly pairings: string;
  /** The registry that `install --registry` brought; may be absent. */
  readonly registry: string;
  /** Vendors' libraries that were enrolled; may be absent. */
  readonly libraries: string;
  /** Whose turn it is with which device, and who waits. */
  readonly devices: string;
  /** What `install` wrote, for `uninstall` and `doctor`. */
  readonly installed: string;
  /** The launcher that browsers start. */
  readonly launcher: string;
  readonly log: string;
}

export function homeAt(folder: string): Home {
  return {
    folder,
    keys: join(folder, "keys"),
    credentials: join(folder, "credentials"),
    bids: join(folder, "bids"),
    notices: join(folder, "notices"),
    ledger: join(folder, "ledger"),
    consents: join(folder, "consents"),
    lists: join(folder, "revocation-lists"),
    identity: join(folder, "identity.json"),
    pairings: join(folder, "pairings.json"),
    registry: join(folder, "registry.json"),
    libraries: join(folder, "libraries.json"),
    devices: join(folder, "devices"),
    installed: join(folder, "installed.json"),
    launcher: join(folder, "certbridge-host"),
    log: join(folder, "host.log"),
  };
}

/**
 * Where a person's home is unless `--home` says otherwise: what XDG says, and on Windows and macOS where programs keep their data.
 *
 * @param owner the person's own folder
 * @param data  what XDG_DATA_HOME holds, where it is asked
 */
export function homeOf(owner: string, data?: string): string {
  if (process.platform === "win32") return join(owner, "AppData", "Local", "CertBridge");
  if (process.platform === "darwin") return join(owner, "Library", "Application Support", "CertBridge");
  return join(xdgFolder(data, join(owner, ".local", "share")), "certbridge");
}

/** Makes what is missing, for the owner only. */
export async function prepareHome(home: Home): Promise<void> {
  const { folder, keys, credentials, bids, notices, ledger, consents, lists } = home;
  for (const path of [folder, keys, credentials, bids, notices, ledger, consents, lists]) await ownFolder(path);
}
