/** What the tasks stand on, in any engine: our cryptography, the peers that must be started, and those that only Node has. */
import type { Gm } from "@certbridge/gm";
import { createSM3, type IHasher } from "hash-wasm";
import type { Candidate } from "./candidate.ts";
import { type Libsm, openLibsm } from "./peers/libsm.ts";
import type { OpenSsl } from "./peers/openssl.ts";

export interface World {
  readonly gm: Gm;
  readonly libsm: Libsm;
  readonly hashWasm: IHasher;
  /** Null in browsers. */
  readonly openssl: OpenSsl | null;
  /** Candidates that are programs of the system, for a metric; none in browsers. */
  programs(metric: string): readonly Candidate[];
}

/** @param libsm the bytes of its module */
export async function openWorld(
  gm: Gm,
  libsm: BufferSource,
  onlyInNode: Pick<World, "openssl" | "programs"> = { openssl: null, programs: () => [] },
): Promise<World> {
  return { gm, libsm: await openLibsm(libsm), hashWasm: await createSM3(), ...onlyInNode };
}
