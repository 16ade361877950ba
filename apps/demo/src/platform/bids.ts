/** Packages that were taken in: verified, kept, and given a receipt. The newest of a bidder counts. Kept in memory beside the files. */
import type { BidReceipt } from "@certbridge/protocol/bid";
import type { Clock, OpeningDesk, StampedMessage, VerifiedPackage, Verifier } from "@certbridge/verify";
import { join } from "node:path";
import type { Account } from "./ledger.ts";
import type { Lot } from "./lots.ts";
import { PlatformError } from "./refusals.ts";
import type { Upload, Uploads } from "./uploads.ts";

/** A package that has its receipt. */
export interface KeptBid {
  readonly lotId: string;
  readonly uscc: string;
  readonly name: string;
  readonly path: string;
  readonly verified: VerifiedPackage;
  readonly receipt: StampedMessage<BidReceipt>;
}

export interface Bids {
  /**
   * Verifies a complete upload and keeps it.
   *
   * @param submitHead of the bidder's own record, as the page brought it
   * @throws VerificationError · PolicyError as verifyPackage does · PlatformError SIGNED_BY_ANOTHER, PACKAGE_ID_TAKEN,
   *   UPLOAD_INCOMPLETE
   */
  submit(account: Account, lot: Lot, upload: Upload, submitHead?: unknown): Promise<KeptBid>;
  /** The bidder's newest for this lot; null where there is none. */
  find(lotId: string, uscc: string): KeptBid | null;
  /** The newest of each bidder, in the order in which they came. */
  of(lotId: string): readonly KeptBid[];
}

export function createBids(parts: {
  readonly verifier: Pick<Verifier, "verifyPackage">;
  readonly desk: Pick<OpeningDesk, "issueReceipt">;
  readonly uploads: Uploads;
  readonly folder: string;
  readonly clock: Clock;
}): Bids {
  const { verifier, desk, uploads, folder, clock } = parts;
  const kept: KeptBid[] = [];
  /** Whose each package id is. */
  const owners = new Map<string, string>();

  const newest = (lotId: string, uscc: string) =>
    kept.findLast((bid) => bid.lotId === lotId && bid.uscc === uscc) ?? null;

  return {
    find: newest,
    of: (lotId) => kept.filter((bid) => bid.lotId === lotId && newest(lotId, bid.uscc) === bid),
    async submit({ uscc, name }, { id: lotId, notices }, upload, submitHead) {
      // The last byte is there: however long it takes to judge it, this is when it came.
      const receivedAt = clock();
      // Named by the upload, which the bidder did not choose.
      const path = join(folder, `${upload.id}.cbid`);
      const { verified, receipt } = await uploads.complete(
        upload,
        async (source) => {
          const said = notices.map((notice) => notice.said);
          const verified = await verifier.verifyPackage(source, { notices: said, receivedAt });
          if (verified.signer.subject.uscc !== uscc) throw new PlatformError("SIGNED_BY_ANOTHER");
          // Looked up and entered in one step: of two that come at once, one is first.
          const owner = owners.get(verified.packageId) ?? uscc;
          if (owner !== uscc) throw new PlatformError("PACKAGE_ID_TAKEN");
          owners.set(verified.packageId, uscc);
          return { verified, receipt: await desk.issueReceipt(verified, submitHead) };
        },
        path,
      );
      const bid: KeptBid = { lotId, uscc, name, path, verified, receipt };
      kept.push(bid);
      return bid;
    },
  };
}
