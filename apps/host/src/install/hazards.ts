/** The part of `doctor` that the extension shows too: looked at when a browser starts the program. */
import type { Home } from "../home.ts";
import type { Finding, Hazard } from "./finding.ts";
import { lookAtPlaces } from "./look-at-places.ts";
import { lookAtPermissions } from "./look-at-program.ts";
import { lookAtSandbox } from "./look-at-sandbox.ts";
import type { PersonFolders } from "./places.ts";
import { allPlaces } from "./places.ts";
import { readInstalled } from "./receipt.ts";

function hazardsIn(findings: readonly Finding[]): readonly Hazard[] {
  return [...new Set(findings.flatMap(({ hazard }) => (hazard === null ? [] : [hazard])))];
}

export async function readHazards(home: Home, person: PersonFolders): Promise<readonly Hazard[]> {
  // Inside a sandbox home and installation are others.
  const sandbox = await lookAtSandbox(person);
  const installed = await readInstalled(home).catch(() => null);
  const manifests = await lookAtPlaces(home, installed, allPlaces(person));
  // Without a record nobody installed it for this person: it was the machine's package, whose files are root's.
  const permissions = installed === null ? [] : lookAtPermissions(home, installed);
  return hazardsIn([...sandbox, ...manifests, ...permissions]);
}
