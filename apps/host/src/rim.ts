/** What the machine gives the program: the time, an alarm, unpredictable bytes. Everywhere else they are parameters. */
import { randomBytes, randomFillSync } from "node:crypto";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { loadGm } from "@certbridge/gm/node";
import type { Alarm, Clock } from "./clock.ts";
import { homeOf } from "./home.ts";
import type { PersonFolders } from "./install/places.ts";
import type { Random } from "./random.ts";

export const clock: Clock = Date.now;

export const random: Random = (len) => randomBytes(len);

/** The cryptography, with Node's own random bytes: for those of the web's interface Node would have to load that interface first. */
export const openCore = (): Promise<Gm> => loadGm({ random: (into) => void randomFillSync(into) });

export const alarm: Alarm = (afterMs, ring) => {
  const timer = setTimeout(ring, afterMs);
  return () => clearTimeout(timer);
};

/** Where browsers look on this machine, without a word of the environment. */
export function ownFolders(): PersonFolders {
  const { homedir: folder } = userInfo();
  return { home: folder, config: join(folder, ".config"), root: "/" };
}

/** Where the program works that a browser starts by the machine's manifest, which names no home. */
export const ownHome = (): string => homeOf(userInfo().homedir);
