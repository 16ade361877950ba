/** The part of `doctor` that the extension shows too: looked at when a browser starts the program. */
import type { Home } from "../home.ts";
import type { Hazard } from "./finding.ts";
import { readInstalled } from "./install.ts";
import { lookAtPlaces } from "./look-at-places.ts";
import { lookAtPermissions } from "./look-at-program.ts";
import type { PersonFolders } from "./places.ts";
import { browserNames, placeOf } from "./places.ts";

export async function readHazards(home: Home, person: PersonFolders): Promise<readonly Hazard[]> {
  const installed = await readInstalled(home);
  if (installed === null) return [];
  const places = browserNames.map((name) => placeOf(name, person));
  const [manifests, permissions] = await Promise.all([
    lookAtPlaces(home, installed, places),
    lookAtPermissions(home, installed),
  ]);
  return [...new Set([...manifests, ...permissions].flatMap(({ hazard }) => (hazard === null ? [] : [hazard])))];
}
