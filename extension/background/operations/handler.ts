import type { HostClient } from "../host-client.ts";
import type { AskedOperation, Params } from "@certbridge/protocol/page";
import type { Asked, Outcome } from "@certbridge/protocol/surface";
import type { Table } from "../../platform/storage.ts";
import type { findPackage, sweepPackages } from "../../platform/packages.ts";
import type { JobRecord, Jobs, Made } from "../jobs.ts";
import type { RequestRecord } from "../records.ts";
import type { WorkshopClient } from "../workshop-client.ts";

/** What an operation may reach. */
export interface Means {
  readonly host: HostClient;
  readonly workshop: WorkshopClient;
  readonly jobs: Jobs;
  /** Finished packages, by the request that made them. */
  readonly packages: { readonly find: typeof findPackage; readonly sweep: typeof sweepPackages };
  /** The key that was used last, by tab and origin. */
  readonly lastKeys: Table;
  readonly notify: (tabId: number, message: object) => void;
  /** Whether the document that asked is there still, and waits for this request. */
  readonly isThere: (record: RequestRecord) => Promise<boolean>;
  /** Tells our own windows that something changed. */
  readonly tellSurfaces: (message: object) => void;
}

/** What the person chose and typed; null where the verb uses no key. */
export interface Consent {
  readonly keyId: string;
  /** The PIN, for the companion program alone. */
  readonly sealedPin: string;
  readonly credentialId: string | null;
  /** The person was told that a wrong PIN would lock this CA锁, and goes on. */
  readonly mayUseLastTry?: true;
  /** Of decrypt: the person saw both times, and goes on. */
  readonly clockAccepted?: boolean;
}

/** As the program is told of it. */
export function usedKey({ keyId, sealedPin, mayUseLastTry }: Pick<Consent, "keyId" | "sealedPin" | "mayUseLastTry">) {
  return { keyId, sealedPin, ...(mayUseLastTry === true ? { mayUseLastTry } : {}) };
}

/** A backup key file in place of a key, as the person picked and typed it. */
export interface BackupConsent {
  readonly file: string;
  readonly passphrase: string;
  readonly clockAccepted?: boolean;
}

/** One verb for which the person is asked. */
export interface OperationHandler<N extends AskedOperation> {
  /** Params as the record keeps them: without content. */
  withoutContent(params: Params<N>): unknown;
  /**
   * Before the person is asked: what the window shows. May read content, and refuse. `openWindow` has the window opened meanwhile: called, if at all, once
   * nothing can be refused any more.
   */
  prepare(record: RequestRecord, params: Params<N>, means: Means, openWindow: () => void): Promise<Asked>;
  /**
   * After the person agreed: exactly the private-key calls that were listed. The result is kept in the record: no content. `brought`: the
   * params with their content, while whoever brought them waits; null where this worker has not met them.
   */
  perform(record: RequestRecord, consent: Consent | null, means: Means, brought: Params<N> | null): Promise<unknown>;
  /** An error as the site may learn it: nothing of what only the person brought. The window gets it as it is. */
  forSite?(record: RequestRecord, error: unknown): unknown;
  /** The same after a consent without any key, where a backup key file can stand in its place. */
  performWithBackup?(
    record: RequestRecord,
    backup: BackupConsent,
    means: Means,
    brought: Params<N> | null,
  ): Promise<unknown>;
  /** Whether it is a job: it goes on where its page is left, is found again by `jobs`, and can be ended while it works: nothing of it is left then. */
  readonly job?: {
    readonly of: (record: RequestRecord) => Pick<JobRecord, "operation" | "lot">;
    readonly made: (result: unknown) => Made;
    /** What it made is handed over: only now it counts. Killed before this, it leaves nothing; said twice it is no error. */
    readonly confirm: (id: string, made: Made, means: Means) => Promise<unknown>;
    /** It was ended after all of it was done, and before anybody had it. */
    readonly undo: (record: RequestRecord, means: Means) => Promise<unknown>;
  };
  /** Whether the person can end it while it works, where it is no job: nothing of it is left then. */
  endsEarly?(record: RequestRecord): boolean;
  /** Which of the keys that are here can do it, where not every one can. Asked again and again while the window is open: keys come and go. */
  fitting?(record: RequestRecord, keyIds: readonly string[], means: Means): Promise<readonly string[]>;
  /** What the window says at the end; where there is something, it stays until the person closes it. */
  tell?(result: unknown, now: number): Outcome;
  /** Completes a kept result on its way to the page, with what was too large to be kept. `params` come with the request. */
  deliver?(record: RequestRecord, result: unknown, params: Params<N>, means: Means): Promise<unknown>;
  /** Lets go of what prepare held, once the page has its answer or will get none. */
  release?(record: RequestRecord, means: Means): Promise<void>;
}

/** Where the last key of a tab and origin is kept. */
export const lastKeyOf = (record: RequestRecord) => `${record.tabId} ${record.platform.origin}`;
