/** Packages that were taken in: verified, kept, and given a receipt. The newest of a bidder counts. Kept in memory beside the files. */
import type { BidReceipt } from "@certbridge/protocol/bid";
import type { Clock, OpeningDesk, StampedMessage, VerifiedPackage, Verifier } from "@certbridge/verify";
import { join } from "node:path";
import type { Account } from "./ledger.ts";
import type { Lots } from "./lots.ts";
import { PlatformError } from "./refusals.ts";
import { isFinal, type Upload, type Uploads } from "./uploads.ts";

/** A package that was taken in. */
export interface KeptBid {
  readonly uploadId: string;
  readonly lotId: string;
  readonly uscc: string;
  readonly name: string;
  readonly path: string;
  readonly verified: VerifiedPackage;
  /** Null until the authority stamped it: the bid counts all the same, from when its last byte came. */
  readonly receipt: StampedMessage<BidReceipt> | null;
}

export type ReceiptedBid = KeptBid & { readonly receipt: StampedMessage<BidReceipt> };

export interface Bids {
  /**
   * Verifies a complete upload, keeps it, and has its receipt stamped. Asked once more, because the line broke or the authority gave no stamp, it goes
   * on from there: nothing is sent or judged twice.
   *
   * @param submitHead of the bidder's own record, as the page brought it
   * @throws VerificationError · PolicyError as verifyPackage does · PlatformError SIGNED_BY_ANOTHER, PACKAGE_ID_TAKEN, UPLOAD_UNKNOWN,
   *   UPLOAD_INCOMPLETE, LOT_UNKNOWN; RECEIPT_DELAYED where it is kept and only the stamp is missing
   */
  submit(account: Account, uploadId: string, submitHead?: unknown): Promise<ReceiptedBid>;
  /** Resolves when everything for this lot that is being judged now was, and what the server failed to judge before was tried once more. */
  settled(lotId: string): Promise<void>;
  /** The bidder's newest for this lot, by when its last byte came; null where there is none. */
  find(lotId: string, uscc: string): KeptBid | null;
  /** The newest of each bidder, in the order in which they came. */
  of(lotId: string): readonly KeptBid[];
}

interface Kept extends KeptBid {
  readonly submitHead: unknown;
  receipt: StampedMessage<BidReceipt> | null;
}

/** What was to be judged. */
interface Handed {
  readonly account: Account;
  readonly upload: Upload;
  readonly submitHead: unknown;
}

interface Judged {
  readonly lotId: string;
  readonly bid: Promise<Kept>;
}

export function createBids(parts: {
  readonly verifier: Pick<Verifier, "verifyPackage">;
  readonly desk: Pick<OpeningDesk, "issueReceipt">;
  readonly lots: Pick<Lots, "find">;
  readonly uploads: Uploads;
  readonly folder: string;
  readonly clock: Clock;
}): Bids {
  const { verifier, desk, lots, uploads, folder, clock } = parts;
  const kept: Kept[] = [];
  /** By upload: whoever asks meanwhile waits for the same judgement. */
  const judging = new Map<string, Judged>();
  /** By upload: whole and in time, as far as anybody knows, and not judged because the server failed. */
  const failed = new Map<string, Handed>();
  const stamping = new Map<string, Promise<ReceiptedBid>>();
  /** Whose each package id is. */
  const owners = new Map<string, string>();

  /** How long the server took to judge one is nothing that a bidder could choose by. */
  const newest = (lotId: string, uscc: string): Kept | null =>
    kept
      .filter((bid) => bid.lotId === lotId && bid.uscc === uscc)
      .toSorted((a, b) => a.verified.receivedAt - b.verified.receivedAt)
      .at(-1) ?? null;

  async function judge({ account: { uscc, name }, upload, submitHead }: Handed, now: number): Promise<Kept> {
    const { id: lotId, notices } = lots.find(upload.lotId);
    // Named by the upload, which the bidder did not choose.
    const path = join(folder, `${upload.id}.cbid`);
    const verified = await uploads.complete(
      upload,
      now,
      async (source, receivedAt) => {
        const said = notices.map((notice) => notice.said);
        const verified = await verifier.verifyPackage(source, { notices: said, receivedAt });
        if (verified.signer.subject.uscc !== uscc) throw new PlatformError("SIGNED_BY_ANOTHER");
        // Looked up and entered in one step: of two that come at once, one is first.
        const owner = owners.get(verified.packageId) ?? uscc;
        if (owner !== uscc) throw new PlatformError("PACKAGE_ID_TAKEN");
        owners.set(verified.packageId, uscc);
        return verified;
      },
      path,
    );
    const bid: Kept = { uploadId: upload.id, lotId, uscc, name, path, verified, submitHead, receipt: null };
    kept.push(bid);
    return bid;
  }

  function judgeOnce(account: Account, uploadId: string, submitHead: unknown): Promise<Kept> {
    // The last byte is there: however long it takes to judge it, and however often, this is when it came.
    const now = clock();
    const upload = uploads.find(uploadId, account.uscc);
    const done = kept.find((bid) => bid.uploadId === upload.id);
    if (done !== undefined) return Promise.resolve(done);
    const known = judging.get(upload.id);
    if (known !== undefined) return known.bid;
    const handed = { account, upload, submitHead };
    failed.delete(upload.id);
    const bid = judge(handed, now)
      .catch((error: unknown) => {
        if (!isFinal(error)) failed.set(upload.id, handed);
        throw error;
      })
      .finally(() => judging.delete(upload.id));
    judging.set(upload.id, { lotId: upload.lotId, bid });
    return bid;
  }

  async function stamp(bid: Kept): Promise<ReceiptedBid> {
    try {
      const receipt = bid.receipt ?? (await desk.issueReceipt(bid.verified, bid.submitHead));
      return Object.assign(bid, { receipt });
    } catch (cause) {
      throw new PlatformError("RECEIPT_DELAYED", { cause });
    }
  }

  return {
    find: newest,
    of: (lotId) => kept.filter((bid) => bid.lotId === lotId && newest(lotId, bid.uscc) === bid),
    async submit(account, uploadId, submitHead) {
      const bid = await judgeOnce(account, uploadId, submitHead);
      const known = stamping.get(uploadId);
      if (known !== undefined) return known;
      const stamped = stamp(bid).finally(() => stamping.delete(uploadId));
      stamping.set(uploadId, stamped);
      return stamped;
    },
    async settled(lotId) {
      const again = [...failed.values()].filter(({ upload }) => upload.lotId === lotId);
      const tried = again.map(async ({ account, upload, submitHead }) => judgeOnce(account, upload.id, submitHead));
      const judged = [...judging.values()].filter((one) => one.lotId === lotId).map(({ bid }) => bid);
      await Promise.allSettled([...tried, ...judged]);
    },
  };
}
