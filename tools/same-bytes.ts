/** What packages need to come out with the same bytes wherever and whenever they are built of the same sources. */
import { chmodSync, lstatSync, lutimesSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The time that every packed file has, seconds since 1970; of a release, its own (reproducible-builds.org's name for it). */
export const MADE_AT = Number(process.env["SOURCE_DATE_EPOCH"] ?? Date.UTC(2026, 0, 1) / 1000);

/** Gives everything below a folder the same time, and modes that do not depend on who builds: 0755 for folders and programs, else 0644. */
export function levelTree(path: string): void {
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) levelTree(join(path, name));
  if (!found.isSymbolicLink()) chmodSync(path, found.isDirectory() || (found.mode & 0o100) !== 0 ? 0o755 : 0o644);
  lutimesSync(path, MADE_AT, MADE_AT);
}
