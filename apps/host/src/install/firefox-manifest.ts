/** Firefox tells the program which manifest it found it by: whether that is one of ours. */
import type { Home } from "../home.ts";
import type { PersonFolders } from "./places.ts";
import { placeOf } from "./places.ts";
import { readInstalled } from "./receipt.ts";

/** Whether this is a manifest by which Firefox finds us: one that we wrote, or an administrator. */
export async function isFirefoxManifest(home: Home, person: PersonFolders, path: string): Promise<boolean> {
  const written = (await readInstalled(home))?.manifests ?? [];
  const known = written.flatMap((entry) => (entry.kind === "firefox" ? [entry.path] : []));
  const { machine } = placeOf("firefox", person);
  return [...known, ...machine].includes(path);
}
