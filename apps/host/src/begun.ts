/**
 * A bid that was begun (正在加密的标书): its key stays open, in this run of the program alone, for exactly the calls that its consent named and
 * that are left: the signatures of trailer and report. Encrypting takes minutes, at a bid's largest more than an hour.
 *
 * There is one at a time. A second one, the end of the run, and two hours end it; then its key is wiped.
 */
import type { Certificate } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";
import type { PreflightResult } from "@certbridge/protocol/host";
import type { SignedNotice } from "@certbridge/trust";
import type { Alarm } from "./clock.ts";
import type { OpenKey } from "./key-store.ts";
import { failureOf } from "./ledger.ts";
import type { Ledger } from "./ledger.ts";

/** 64 GiB at the slowest that was measured. Milliseconds. */
export const BEGUN_MS = 2 * 3600_000;

export interface BegunBid {
  readonly consentId: string;
  readonly key: OpenKey;
  readonly keyId: string;
  readonly carrier: Carrier;
  /** Whose key it is, and those above. */
  readonly signer: { readonly certificate: Certificate; readonly chain: readonly Certificate[] };
  /** The one that opened the key block in the trial. */
  readonly encryptionCertificate: Certificate;
  readonly notice: SignedNotice;
  /** The bytes of `header.json`, and what they say. */
  readonly headerBytes: Uint8Array;
  readonly header: BidHeader;
  readonly keyBlock: Uint8Array;
  /** As the key block has it, 32 bytes. */
  readonly commitment: Uint8Array;
  /** Recipients that count as a way to open it. */
  readonly openers: number;
  readonly results: readonly PreflightResult[];
}

export interface Begun {
  /** Whether a key is open. */
  isOpen(): boolean;
  /** Keeps this one, and ends the one before. */
  put(bid: BegunBid): Promise<void>;
  /** Hands it over, its key with it; null where it is over, or was never begun. */
  take(consentId: string): BegunBid | null;
  /** Remembers the last one that was signed: its package may fail still. */
  signed(consentId: string, packageId: string): void;
  /** The package that this consent signed last, once. */
  takeSigned(consentId: string): string | null;
  /** Ends whichever there is: the run is over. */
  end(): Promise<void>;
}

export function openBegun(alarm: Alarm, ledger: Pick<Ledger, "note">): Begun {
  let held: { readonly bid: BegunBid; readonly stop: () => void } | null = null;
  let last: { readonly consentId: string; readonly packageId: string } | null = null;

  async function end(code: "CONSENT_EXPIRED" | "INTERRUPTED"): Promise<void> {
    if (held === null) return;
    const { bid, stop } = held;
    held = null;
    stop();
    bid.key.close();
    await ledger.note(bid.header.packageId, { step: "encrypt", failure: failureOf(new OperationError(code)) });
  }

  return {
    isOpen: () => held !== null,
    async put(bid) {
      const ending = end("INTERRUPTED");
      held = { bid, stop: alarm(BEGUN_MS, () => void end("CONSENT_EXPIRED")) };
      await ending;
    },
    take(consentId) {
      if (held === null || held.bid.consentId !== consentId) return null;
      const { bid, stop } = held;
      held = null;
      stop();
      return bid;
    },
    signed(consentId, packageId) {
      last = { consentId, packageId };
    },
    takeSigned(consentId) {
      if (last === null || last.consentId !== consentId) return null;
      const { packageId } = last;
      last = null;
      return packageId;
    },
    end: () => end("INTERRUPTED"),
  };
}
