/**
 * Who else can put another file in the place of one (谁能改动这个文件). What is loaded as machine code has to be out of everybody's reach but the
 * person's and root's: the file, each folder above it, and each link on the way.
 *
 * In a folder with the sticky bit, as /tmp has it, only its owner, an entry's owner and root may rename or remove that entry (POSIX.1-2017, rename, EACCES
 * and EPERM). Each entry on the way is the person's or root's here, so a sticky folder that everybody writes takes nothing away: nobody can put another
 * folder in the place of the one below it. The folder that the file or a link lies in is another matter: there anybody could add what a library loads
 * from beside it. Access lists show: where there is one, the mode's bits of the group are its mask.
 *
 * Systems without owners and modes (Windows) tell nothing of this kind: there nothing is looked at.
 */
import type { Stats } from "node:fs";
import { lstatSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

const ROOT = 0;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/** Links on a way at most, as Linux has it. */
const LINKS = 40;

export interface Entry {
  readonly path: string;
  readonly found: Stats;
}

const namesOf = (path: string): readonly string[] => path.split("/").filter((name) => name !== "" && name !== ".");

/**
 * Everything that decides what lies at this path, from the root on. @throws where something is missing, or links go round
 *
 * @param look asks the system, or remembers what it said: several ways begin with the same folders
 */
export function wayTo(path: string, look: (path: string) => Stats = lstatSync): readonly Entry[] {
  const way: Entry[] = [{ path: "/", found: look("/") }];
  let [at, left, links] = ["/", namesOf(path), 0];
  for (let name = left[0]; name !== undefined; name = left[0]) {
    left = left.slice(1);
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const here = join(at, name);
    const found = look(here);
    way.push({ path: here, found });
    if (!found.isSymbolicLink()) {
      at = here;
      continue;
    }
    links += 1;
    if (links > LINKS) throw new RangeError("too many links");
    const target = readlinkSync(here);
    if (isAbsolute(target)) at = "/";
    left = [...namesOf(target), ...left];
  }
  return way;
}

export interface Reach {
  /** The first file, link or folder that somebody else can change; null where there is none. */
  readonly open: string | null;
  /** Whether the person can change one of them, being not root: then every program of theirs can. */
  readonly own: boolean;
}

/** @param path absolute. @throws where something on the way is missing */
export async function reachOf(path: string, me = process.getuid?.()): Promise<Reach> {
  if (me === undefined) return { open: null, own: false };
  const way = wayTo(path);
  const holders = new Set(way.flatMap(({ path: at, found }) => (found.isDirectory() ? [] : [dirname(at)])));
  const isOpen = ({ path: at, found }: Entry): boolean => {
    if (found.uid !== ROOT && found.uid !== me) return true;
    // A link has no mode: who can take it away is said by the folder that it lies in.
    if (found.isSymbolicLink()) return false;
    if (found.isDirectory() && (found.mode & STICKY) !== 0 && !holders.has(at)) return false;
    const byGroup = (found.mode & GROUP_WRITES) !== 0 && found.gid !== ROOT;
    return byGroup || (found.mode & OTHERS_WRITE) !== 0;
  };
  return {
    open: way.find(isOpen)?.path ?? null,
    own: me !== ROOT && way.some(({ found }) => found.uid === me),
  };
}
