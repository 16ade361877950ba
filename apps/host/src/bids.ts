/**
 * Bids that this computer made, or took over from another (本机的标书), until long after their opening: the key block that only the bidder's key opens, and what names it.
 * Removing the extension or cleaning the browser loses none. Nothing here says what was bid: no file's name, size or hash of plaintext.
 */
import type { Gm } from "@certbridge/gm";
import { hexOf, parseCertificate, parseEnvelopedData, sameBytes } from "@certbridge/pki";
import type { Certificate, EnvelopedData } from "@certbridge/pki";
import {
  type BidHeader,
  bidHeader,
  bidNotice,
  bidTrailer,
  legacyBidTrailer,
  packageId,
} from "@certbridge/protocol/bid";
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { instant } from "@certbridge/protocol/instant";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import type { SignedNotice } from "@certbridge/trust";
import type { Clock } from "./clock.ts";
import { mergeReceipts, receiptsOf, stampedMessage, type StampedMessage, withAnswer, withReceipt } from "./receipts.ts";
import { openRecordFiles } from "./record-files.ts";

/** Objections and complaints (异议、投诉) come weeks after an opening; then what was kept for it has served. */
export const KEPT_AFTER_OPENING_MS = 90 * 24 * 3600_000;

/**
 * Whether what was kept for an opening has served. This computer's clock alone takes nothing away, however long it is ahead: an authority's time stamp, on
 * a message that was kept, has to be of a time so late, too.
 *
 * @param openingTime as the newest notice has it
 * @param stampedAt the latest of those stamps; null where there is none
 */
export function hasServed(openingTime: string, now: number, stampedAt: number | null): boolean {
  return stampedAt !== null && Date.parse(openingTime) + KEPT_AFTER_OPENING_MS < Math.min(now, stampedAt);
}

/** An unfinished bid that nobody confirmed within a day was never made: no job takes so long, and no package is kept for longer. Milliseconds. */
const UNFINISHED_MS = 24 * 3600_000;

const sm3 = base64Url(32, 32);
const certificate = base64Url(1, limits.certificateLen);

const record = v.strictObject({
  format: v.literal("certbridge-bid-file:1"),
  packageId,
  /** The bytes of `header.json`. */
  header: base64Url(1, limits.bidHeaderLen),
  keyBlock: base64Url(1, limits.keyBlockLen),
  /** Of the package's `META-INF/signature.p7s`, as it was handed over. */
  signatureSm3: sm3,
  /** Of the trailer that was signed. */
  trailer: v.strictObject({
    commitment: sm3,
    keyBlockSm3: sm3,
    payloadSm3: sm3,
    /** Of either profile. */
    payloadLen: legacyBidTrailer.entries.payloadLen,
    ledgerHead: bidTrailer.entries.ledgerHead,
  }),
  /** That trailer and its signature, for whoever wants to see it proved again. */
  signed: v.exactOptional(
    v.strictObject({ trailer: base64Url(1, limits.bidTrailerLen), signature: base64Url(1, limits.bidSignatureLen) }),
  ),
  /** Recipients of the key block that count as a way to open it. Not said of a bid that another computer made: they are counted anew. */
  openers: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(limits.recipients))),
  /** The pair that made it; it may have been renewed since. */
  keyId: base64Url(32, 32),
  signingCertificate: certificate,
  encryptionCertificate: certificate,
  madeAt: instant,
  /** It was signed, and nobody said yet that its package is whole. */
  unfinished: v.exactOptional(v.literal(true)),
  /** When the key block was last tried on the key after that, and whether it opened. */
  rehearsal: v.nullable(v.strictObject({ at: instant, opened: v.boolean() })),
  /** The platform's receipt, DER: the first one that came. */
  receipt: v.nullable(stampedMessage),
  /** The newest one since, where there was another. */
  laterReceipt: v.exactOptional(stampedMessage),
  /** The platform's answers to released keys, DER, the newest last. */
  openings: v.exactOptional(v.pipe(v.array(stampedMessage), v.maxLength(limits.openingReceipts))),
  /** The report that was signed with it, DER. docs/formats/ledger.md */
  report: base64Url(1, limits.bidSignatureLen),
  /** Made by another computer, and brought here then: what was tried there stands in the ledger there. */
  importedAt: v.exactOptional(instant),
  /** When the person saved a backup key file of it, and when it was last written into a file for another computer. */
  backupAt: v.exactOptional(instant),
  exportedAt: v.exactOptional(instant),
  /** The newest notice of its lot: the table of notices may lose it to others of the same platform, a bid may not. */
  notice: v.exactOptional(v.strictObject({ said: bidNotice, der: base64Url(1, limits.noticeLen) })),
});

export type BidRecord = v.InferOutput<typeof record>;

/** A bid's file, with what is in it. */
export interface KeptBid {
  readonly bid: BidRecord;
  readonly header: BidHeader;
  readonly envelope: EnvelopedData;
  readonly signingCertificate: Certificate;
  readonly encryptionCertificate: Certificate;
}

/** Whether it is a bid: one whose package nobody has yet is none that waits for its opening. */
export const isWhole = ({ bid }: KeptBid): boolean => bid.unfinished === undefined;

/** Key block, two certificates, signature, report, two receipts, answers to released keys and notice, each in base64url, and what the notice says. Bytes. */
const FILE_LEN = 1024 * 1024;

export interface Bids {
  /** Those that can be read, unfinished ones among them. */
  all(): Promise<readonly KeptBid[]>;
  find(packageId: string): Promise<KeptBid | null>;
  /** By the bytes of its key block. */
  ofKeyBlock(keyBlock: Uint8Array): Promise<KeptBid | null>;
  /** @throws OperationError INVALID_REQUEST where this package id was kept before, STORE_BUSY */
  keep(bid: BidRecord): Promise<void>;
  /** Its package is whole. @throws OperationError INVALID_REQUEST where there is none of this id */
  finished(packageId: string): Promise<void>;
  /** Forgets one that came to nothing; one that is not there is no error. */
  drop(packageId: string): Promise<void>;
  /** Writes down how a rehearsal went. */
  rehearsed(packageId: string, rehearsal: NonNullable<BidRecord["rehearsal"]>): Promise<KeptBid>;
  /** Keeps the platform's receipt beside the first one, or in the place of a later one; it stays as it was where there is no place for it. What a platform took in is whole. */
  received(packageId: string, receipt: StampedMessage): Promise<KeptBid>;
  /** Keeps of these receipts of another computer's, and of those that are here, the first and the newest. */
  takenOver(packageId: string, receipts: readonly StampedMessage[]): Promise<KeptBid>;
  /** Keeps a newer notice of its lot with it. */
  noticed(packageId: string, notice: Pick<SignedNotice, "said" | "der">): Promise<void>;
  /** Keeps the platform's answer to a released key beside those before; it stays as it was where there is no place for it. */
  answered(packageId: string, opening: StampedMessage): Promise<KeptBid>;
  /** Writes down that there is something which brings it back. */
  secured(packageId: string, how: Pick<BidRecord, "backupAt" | "exportedAt">): Promise<KeptBid>;
  /** The latest time stamp on what platforms said of these bids, in milliseconds since 1970: it was that late at least. Null where there is none. */
  latestStamp(): Promise<number | null>;
  /**
   * At a start: forgets those that have served, and those that nobody finished within a day.
   *
   * @param openingOf as the newest notice has it
   * @param stampedAt as {@link hasServed} has it
   * @returns package ids of those that were never finished
   */
  sweep(openingOf: (kept: KeptBid) => Promise<string>, stampedAt: number | null): Promise<readonly string[]>;
}

/** A file name of 16 bytes in letters that every file system tells apart; base64url's are not. */
export function packageName(packageId: string): string {
  return hexOf(decodeBase64Url(packageId));
}

/** A package id that cannot be meant: kept before where it has to be new, or not there where it has to be. */
export function wrongPackage(): OperationError {
  return new OperationError("INVALID_REQUEST", { path: "packageId" });
}

/** A file of this name, read; null where it is damaged, or another package's. */
function read(name: string, bid: BidRecord | null): KeptBid | null {
  if (bid === null || packageName(bid.packageId) !== name) return null;
  try {
    const header = parseCanonical(bidHeader, decodeBase64Url(bid.header), limits.bidHeaderLen, "header");
    if (header.packageId !== bid.packageId) return null;
    return {
      bid,
      header,
      envelope: parseEnvelopedData(decodeBase64Url(bid.keyBlock), limits.keyBlockLen),
      signingCertificate: parseCertificate(decodeBase64Url(bid.signingCertificate)),
      encryptionCertificate: parseCertificate(decodeBase64Url(bid.encryptionCertificate)),
    };
  } catch {
    return null;
  }
}

const finish = ({ unfinished: _said, ...bid }: BidRecord): BidRecord => bid;

/** @param options.folder where the files are; made by whoever prepares the home */
export function openBids(options: {
  readonly gm: Pick<Gm, "sm3">;
  readonly folder: string;
  readonly clock: Clock;
}): Bids {
  const { gm, folder, clock } = options;
  const files = openRecordFiles({ folder, schema: record, maxLen: FILE_LEN });

  async function all(): Promise<readonly KeptBid[]> {
    return (await files.all()).flatMap(({ name, record: bid }) => read(name, bid) ?? []);
  }

  async function find(id: string): Promise<KeptBid | null> {
    const name = packageName(id);
    return read(name, await files.read(name));
  }

  const change = (id: string, to: (bid: BidRecord) => BidRecord): Promise<KeptBid> =>
    files.alone(async () => {
      const found = await find(id);
      if (found === null) throw wrongPackage();
      const bid = to(found.bid);
      await files.write(packageName(id), bid);
      return { ...found, bid };
    });

  return {
    all,
    find,
    async ofKeyBlock(keyBlock) {
      const sought = gm.sm3(keyBlock);
      const found = (await all()).find(({ bid }) => sameBytes(decodeBase64Url(bid.trailer.keyBlockSm3), sought));
      return found ?? null;
    },
    async keep(bid) {
      await files.alone(async () => {
        if ((await find(bid.packageId)) !== null) throw wrongPackage();
        await files.write(packageName(bid.packageId), bid);
      });
    },
    drop: (id) => files.alone(() => files.remove(packageName(id))),
    async finished(id) {
      await change(id, finish);
    },
    rehearsed: (id, rehearsal) => change(id, (bid) => ({ ...bid, rehearsal })),
    received: (id, receipt) => change(id, (bid) => ({ ...finish(bid), ...withReceipt(bid, receipt) })),
    takenOver: (id, receipts) => change(id, (bid) => ({ ...bid, ...mergeReceipts(bid, receipts) })),
    answered: (id, opening) => change(id, (bid) => ({ ...bid, ...withAnswer(bid, opening) })),
    secured: (id, how) => change(id, (bid) => ({ ...bid, ...how })),
    async noticed(id, { said, der }) {
      await change(id, (bid) => ({ ...bid, notice: { said, der: encodeBase64Url(der) } }));
    },
    async latestStamp() {
      const stamped = (await all()).flatMap(({ bid }) => [...receiptsOf(bid), ...(bid.openings ?? [])]);
      return stamped.length === 0 ? null : Math.max(...stamped.map(({ at }) => Date.parse(at)));
    },
    async sweep(openingOf, stampedAt) {
      const lost: string[] = [];
      for (const kept of await all()) {
        const { packageId: id } = kept.bid;
        const served = hasServed(await openingOf(kept), clock(), stampedAt);
        await files.alone(async () => {
          const bid = (await find(id))?.bid;
          if (bid === undefined) return;
          const isLost = bid.unfinished === true && clock() - Date.parse(bid.madeAt) > UNFINISHED_MS;
          if (isLost) lost.push(id);
          if (isLost || served) await files.remove(packageName(id));
        });
      }
      return lost;
    },
  };
}
