/**
 * Bids that were begun (正在加密的标书): the key of each stays open, in this run of the program alone, for exactly the calls that its consent named and
 * that are left: the signatures of trailer and report. Encrypting takes minutes, at a bid's largest more than an hour, and a bidder has several lots.
 *
 * Each is held under its consent until it is signed, given up, or over: by the end of the run, or after two hours. Then its key is wiped. What was signed is
 * remembered for as long again, or until its package is known to be whole: it may come to nothing still.
 */
import type { Certificate } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import type { Carrier } from "@certbridge/protocol/carrier";
import { OperationError } from "@certbridge/protocol/errors";
import type { PreflightResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
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
  /** Whether a bid is in the making: this run may not be let go. */
  isOpen(): boolean;
  /** @throws OperationError BIDS_IN_THE_MAKING where as many keys are open as may be */
  mustHaveRoom(): void;
  /** Keeps it beside the others. @throws OperationError BIDS_IN_THE_MAKING */
  put(bid: BegunBid): void;
  /** Nobody waits for it any more: one that is still being begun is not kept. */
  abandon(consentId: string): void;
  /** Hands it over, its key with it; null where it is over, or was never begun. */
  take(consentId: string): BegunBid | null;
  /** Remembers one that was signed: its package may fail still. */
  signed(consentId: string, packageId: string): void;
  /** Its package is whole, and was handed over: it is nobody's to take back. */
  confirmed(consentId: string): void;
  /** The package that this consent signed, once. */
  takeSigned(consentId: string): string | null;
  /** Ends whichever there are: the run is over. */
  end(): Promise<void>;
}

interface Held<T> {
  readonly it: T;
  readonly stop: () => void;
}

/** What is held by consent, for so long. @param over what then becomes of it */
function openHeld<T>(alarm: Alarm, over: (it: T) => void) {
  const held = new Map<string, Held<T>>();
  function take(consentId: string): T | null {
    const found = held.get(consentId);
    if (found === undefined) return null;
    held.delete(consentId);
    found.stop();
    return found.it;
  }
  function put(consentId: string, it: T): void {
    const stop = alarm(BEGUN_MS, () => {
      if (take(consentId) !== null) over(it);
    });
    held.set(consentId, { it, stop });
  }
  return { held, take, put };
}

export function openBegun(alarm: Alarm, ledger: Pick<Ledger, "note">): Begun {
  async function close({ key, header }: BegunBid, code: "CONSENT_EXPIRED" | "INTERRUPTED"): Promise<void> {
    key.close();
    await ledger.note(header.packageId, { step: "encrypt", failure: failureOf(new OperationError(code)) });
  }
  const open = openHeld<BegunBid>(alarm, (bid) => void close(bid, "CONSENT_EXPIRED"));
  const signed = openHeld<string>(alarm, () => undefined);
  /** A person gives up no more of them than they can begin. */
  const abandoned = new Set<string>();

  function mustHaveRoom(): void {
    const limit = limits.bidsBegun;
    if (open.held.size >= limit) throw new OperationError("BIDS_IN_THE_MAKING", { limit });
  }

  return {
    isOpen: () => open.held.size + signed.held.size > 0,
    mustHaveRoom,
    abandon: (consentId) => void abandoned.add(consentId),
    put(bid) {
      mustHaveRoom();
      if (abandoned.has(bid.consentId)) throw new OperationError("CONSENT_EXPIRED");
      open.put(bid.consentId, bid);
    },
    take: open.take,
    signed: signed.put,
    confirmed: (consentId) => void signed.take(consentId),
    takeSigned: signed.take,
    async end() {
      for (const consentId of signed.held.keys()) signed.take(consentId);
      const bids = [...open.held.keys()].flatMap((consentId) => open.take(consentId) ?? []);
      await Promise.all(bids.map((bid) => close(bid, "INTERRUPTED")));
    },
  };
}
