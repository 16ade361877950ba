/** Firefox tells the program which manifest it found it by: whether that is one of ours. */
import { realpath } from "node:fs/promises";
import type { Home } from "../home.ts";
import type { PersonFolders } from "./places.ts";
import { placeOf } from "./places.ts";
import { readInstalled } from "./receipt.ts";
import { manifestBeside } from "./windows.ts";

/** Whether this is the manifest that lies with the program, as on Windows: who can write there can write the program. */
async function isBeside(folder: string, path: string): Promise<boolean> {
  // By the system's own spelling of both: on Windows a folder has several.
  const [one, other] = await Promise.all([realpath(manifestBeside(folder, "firefox")), realpath(path)]);
  return one === other;
}

/**
 * Whether this is a manifest by which Firefox finds us: one that we wrote, or an administrator, or the one beside the program.
 *
 * @param folder the program's
 */
export async function isFirefoxManifest(options: {
  readonly home: Home;
  readonly person: PersonFolders;
  readonly folder: string;
  readonly path: string;
}): Promise<boolean> {
  const { home, person, folder, path } = options;
  const written = (await readInstalled(home))?.manifests ?? [];
  const known = written.flatMap((entry) => (entry.kind === "firefox" ? [entry.path] : []));
  const { machine } = placeOf("firefox", person);
  return [...known, ...machine].includes(path) || isBeside(folder, path).catch(() => false);
}
