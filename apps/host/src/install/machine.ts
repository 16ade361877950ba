/**
 * The program as the system's own package brings it, for everybody on the machine. Its manifests are the machine's, and browsers find it for
 * each person; what is left to do for a person is to open places for their browsers, which nobody can do for them
 * (docs/formats/host-pairing.md).
 */
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { readIfThere } from "../disk.ts";
import { realFolder } from "./install.ts";
import { allowsExactly, parseManifest } from "./manifest.ts";
import type { Place } from "./places.ts";

/** The machine's manifest by which this browser starts the machine's program; null where it finds another one, or one of the person's first. */
async function manifestOfMachine(place: Place): Promise<string | null> {
  if ((await readIfThere(place.manifest)) !== null) return null;
  for (const path of place.machine) {
    const content = await readIfThere(path);
    if (content === null) continue;
    const manifest = parseManifest(content);
    const isOurs = manifest?.path === place.machineLauncher && allowsExactly(place.kind, manifest);
    return isOurs ? path : null;
  }
  return null;
}

/** A browser, and the machine's manifest by which it finds us. */
interface ServedByMachine {
  readonly label: string;
  readonly manifest: string;
}

/**
 * Which of these need a manifest of the person's own, and which have the machine's, of the program that runs. By the machine's a browser comes to the home that
 * the system's list of users leads to, and to no other: a place that was opened in another one nobody would ever take.
 */
export async function splitByMachine(
  places: readonly Place[],
  { script, home, machineHome }: { readonly script: string; readonly home: string; readonly machineHome: () => string },
): Promise<{ readonly own: readonly Place[]; readonly byMachine: readonly ServedByMachine[] }> {
  const folder = dirname(await realpath(script));
  // Another copy of the program asks nothing of the kind.
  const isOfMachine = places.some(({ machineLauncher }) => folder === dirname(machineLauncher));
  const isBrowsersHome = isOfMachine && (await realFolder(home)) === (await realFolder(machineHome()));
  const own: Place[] = [];
  const byMachine: ServedByMachine[] = [];
  for (const place of places) {
    const isMachines = isBrowsersHome && folder === dirname(place.machineLauncher);
    const manifest = isMachines ? await manifestOfMachine(place).catch(() => null) : null;
    if (manifest === null) own.push(place);
    else byMachine.push({ label: place.label, manifest });
  }
  return { own, byMachine };
}
