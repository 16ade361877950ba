/** The part of `doctor` that the extension shows where a person looks for their key: by names, for which it has words of its own. */
import type { Cause, Verdict } from "./finding.ts";
import type { KeyLook } from "./look-at-keys.ts";
import { lookAtKeys } from "./look-at-keys.ts";
import { lookAtSoftware } from "./look-at-software.ts";
import type { PersonFolders } from "./places.ts";
import { allPlaces } from "./places.ts";

/** What was found, without names, numbers and paths. */
export interface Found {
  readonly cause: Cause;
  readonly verdict: Verdict;
}

/** Several of one kind are told once. */
export async function diagnose(look: KeyLook, person: PersonFolders): Promise<readonly Found[]> {
  const [keys, software] = await Promise.all([lookAtKeys(look), lookAtSoftware(person, allPlaces(person))]);
  const told = new Map(
    [...keys, ...software].flatMap(({ cause, verdict }) =>
      cause === null ? [] : [[cause, { cause, verdict }] as const],
    ),
  );
  return [...told.values()];
}
