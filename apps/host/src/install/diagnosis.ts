/** The part of `doctor` that the extension shows where a person looks for their key: by names, for which it has words of its own. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Supervisor } from "../stores/usb-key/supervisor.ts";
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

/**
 * Looks as often as it is asked, one look at a time. The libraries' keepers stay between looks, without a worker: one whose library falls over again and again
 * leaves it alone here, too, whoever opens windows of ours.
 */
export function openDiagnosis(look: KeyLook, person: PersonFolders): () => Promise<readonly Found[]> {
  const keepers = new Map<string, Supervisor>();
  const supervise: KeyLook["supervise"] = (opening) => {
    const { path, sha256 } = opening.library;
    const name = JSON.stringify([path, encodeBase64Url(sha256), opening.layout]);
    const keeper = keepers.get(name) ?? look.supervise(opening);
    keepers.set(name, keeper);
    return keeper;
  };
  let underWay: Promise<readonly Found[]> | null = null;
  return () =>
    (underWay ??= diagnose({ ...look, supervise }, person).finally(() => {
      underWay = null;
    }));
}
