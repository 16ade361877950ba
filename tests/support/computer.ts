/** A computer with a person on it, for whom the program is installed, and doctor looks. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { homeAt } from "../../apps/host/src/home.ts";
import { readIdentity } from "../../apps/host/src/identity.ts";
import { examine } from "../../apps/host/src/install/doctor.ts";
import { install } from "../../apps/host/src/install/install.ts";
import { placeOf } from "../../apps/host/src/install/places.ts";
import { openPairings } from "../../apps/host/src/pairings.ts";
import { openSoftwareStore } from "../../apps/host/src/stores/software/store.ts";
import { gm } from "./authority.ts";
import { noUsbKeys } from "./no-usb-keys.ts";

let count = 0;

export async function openComputer(folder: { readonly path: string }) {
  const root = join(folder.path, `computer-${++count}`);
  const person = { home: join(root, "张 三"), config: join(root, "张 三", ".config"), root };
  const home = homeAt(join(person.home, ".local", "share", "certbridge"));
  const script = join(root, "certbridge-host.mjs");
  await mkdir(person.home, { recursive: true });
  await writeFile(script, "");
  const places = (["chromium", "chrome", "edge", "firefox"] as const).map((name) => placeOf(name, person));
  const pairings = openPairings(home.pairings, Date.now);
  const store = openSoftwareStore({ gm, random: randomBytes, folder: home.keys, clock: Date.now });
  return {
    root,
    person,
    home,
    script,
    places,
    install: (registry: string | null = null, at = places) =>
      install({ home, program: { node: process.execPath, script }, version: "0.1.0", places: at, registry }),
    findings() {
      const readTrust = async () => ({ identity: await readIdentity(gm, home.identity), held: await pairings.list() });
      return examine({ home, usbKeys: noUsbKeys, store, readTrust, places, person });
    },
    async bad() {
      return (await this.findings()).filter(({ verdict }) => verdict === "bad").map(({ about }) => about);
    },
  };
}
