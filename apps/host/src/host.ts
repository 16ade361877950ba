/** What the verbs stand on: everything that has an effect, put together in main.ts. */
import type { Gm } from "@certbridge/gm";
import type { Registry } from "@certbridge/trust";
import type { Begun } from "./begun.ts";
import type { Bids } from "./bids.ts";
import type { Clock } from "./clock.ts";
import type { Consents } from "./consents.ts";
import type { Credentials } from "./credentials.ts";
import type { Identity } from "./identity.ts";
import type { KeyStore } from "./key-store.ts";
import type { Ledger } from "./ledger.ts";
import type { Notices } from "./notices.ts";
import type { Random } from "./random.ts";
import type { RevocationLists } from "./revocation-lists.ts";
import type { SignedClock } from "./signed-clock.ts";

export interface Host {
  readonly version: string;
  readonly gm: Gm;
  readonly clock: Clock;
  readonly random: Random;
  readonly stores: readonly KeyStore[];
  /** As soon as other devices are plugged in than at the mark `seen`, or after so long (ms): the mark by then. Null where none can be. */
  pluggedChange(seen: string | null, waitMs: number): Promise<string | null>;
  readonly registry: Registry;
  readonly credentials: Credentials;
  readonly bids: Bids;
  readonly notices: Notices;
  readonly ledger: Ledger;
  readonly consents: Consents;
  readonly lists: RevocationLists;
  readonly signedClock: SignedClock;
  readonly identity: Identity;
}

/** What one run for a browser adds. */
export interface Run {
  /** 32 random bytes, base64url: names this run. */
  readonly session: string;
  /** Whether the extension with this key is paired; it is now, where a place was open. */
  admitClient(publicKey: string): Promise<boolean>;
  /** What lets another program take this one's place. */
  hazards(): Promise<readonly string[]>;
  /** Looks for what stands between the person and their key: names that `doctor` explains. */
  diagnose(): Promise<readonly { readonly cause: string; readonly verdict: "good" | "note" | "bad" }[]>;
  /** The bids that were begun in this run. */
  readonly begun: Begun;
}
