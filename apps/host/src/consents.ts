/**
 * Consents that were used (已使用的授权). The background makes a consent and binds it to what the person saw; here is kept only
 * that its id was taken, so that none is taken twice, not even by two hosts that two browsers started, nor after a restart of one.
 *
 * The kernel keeps what a killed host has taken. A power cut may lose it, and with it everybody who could ask again: the background
 * holds its consents in the browser's memory and nowhere else. So no disk is waited for between the PIN and the signature.
 *
 * A consent is taken when the key is open and before its first use: a wrong PIN leaves it for the next try of the same person
 * in the same window. A use that fails half-way does not give it back, unless it was the device that failed: then nothing was made.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { OperationError } from "@certbridge/protocol/errors";
import type { Clock } from "./clock.ts";
import { claimName, dropFile, namesIn, readIfThere } from "./disk.ts";

/** A consent lives ten minutes at most (limits.consentMaxMs); its id is remembered much longer. */
const REMEMBERED_MS = 24 * 3600_000;

export interface Consents {
  /** Refuses an id that was taken, before a PIN is tried for it. */
  refuseTaken(consentId: string): Promise<void>;
  /** Takes it. @throws OperationError INVALID_REQUEST where it was taken before */
  take(consentId: string): Promise<void>;
  /** It came to nothing, and may be taken once more. */
  giveBack(consentId: string): Promise<void>;
  /** Forgets those that are a day old. Never rejects: what another host swept first, or what cannot be removed, stays as it is. */
  sweep(): Promise<void>;
}

function taken(): OperationError {
  return new OperationError("INVALID_REQUEST", { path: "consentId" }, { message: "this consent was used before" });
}

/** @param folder where the ids are kept; an id is checked by the schema before it comes here, so that it is a file name */
export function openConsents(folder: string, clock: Clock): Consents {
  const fileOf = (consentId: string): string => join(folder, consentId);
  async function forget(path: string): Promise<void> {
    const { mtimeMs } = await stat(path);
    if (clock() - mtimeMs > REMEMBERED_MS) await dropFile(path);
  }
  return {
    async refuseTaken(consentId) {
      if ((await readIfThere(fileOf(consentId))) !== null) throw taken();
    },
    async take(consentId) {
      if (!(await claimName(fileOf(consentId)))) throw taken();
    },
    giveBack: (consentId) => dropFile(fileOf(consentId)),
    async sweep() {
      for (const name of await namesIn(folder).catch(() => [])) await forget(fileOf(name)).catch(() => undefined);
    },
  };
}
