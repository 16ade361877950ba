/** Where the secrets of a test turn up: in texts, in all files of a folder, in what the machine's processes were started with. */
import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { traces } from "./canaries.ts";

/** A secret that is like no other bytes. */
export interface Canary {
  readonly name: string;
  readonly text: string | Uint8Array;
}

/** Small letters alone, so that it stands as it is in JSON, in an address and in a page. */
export function makeCanary(name: string): Canary & { readonly text: string } {
  return { name, text: Array.from(randomBytes(20), (byte) => String.fromCharCode(0x61 + (byte % 26))).join("") };
}

/** A secret that was found: which, in which form, and where. */
export interface Finding {
  readonly canary: string;
  readonly form: string;
  readonly where: string;
}

export interface Search {
  in(content: Uint8Array | string, where: string): readonly Finding[];
  /** In all files below a folder, and in their names. Files that did not change since this search saw them are not read again. */
  inFolder(path: string): readonly Finding[];
  /** In command lines and environments of all processes that may be looked at. */
  inProcesses(): readonly Finding[];
}

/** Null where it is gone, as files and folders of a running browser often are. */
function orGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

export function searchFor(canaries: readonly Canary[]): Search {
  const seen = new Map<string, string>();

  function isChanged(path: string): boolean {
    const found = orGone(() => lstatSync(path));
    const state = `${found?.mtimeMs} ${found?.size}`;
    if (found === null || seen.get(path) === state) return false;
    seen.set(path, state);
    return true;
  }

  const search: Search = {
    in: (content, where) =>
      canaries.flatMap(({ name, text }) => traces(content, text).map((form) => ({ canary: name, form, where }))),
    inFolder: (path) =>
      (orGone(() => readdirSync(path, { withFileTypes: true })) ?? []).flatMap((entry) => {
        const inner = join(path, entry.name);
        const named = search.in(entry.name, `a name in ${path}`);
        if (entry.isDirectory()) return [...named, ...search.inFolder(inner)];
        return entry.isFile() && isChanged(inner) ? [...named, ...inFile(inner)] : named;
      }),
    inProcesses: () =>
      readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => [...inFile(`/proc/${pid}/cmdline`), ...inFile(`/proc/${pid}/environ`)]),
  };
  const inFile = (path: string): readonly Finding[] => search.in(orGone(() => readFileSync(path)) ?? "", path);
  return search;
}
