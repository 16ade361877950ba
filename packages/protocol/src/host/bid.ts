/**
 * What the background asks of the companion program for bid files (投标文件): encrypting, trying, releasing a key. Ciphertext and
 * hashes of ciphertext only: a file, its name or its key never comes here in the clear. docs/host.md
 */
import * as v from "valibot";
import { bidHeader, carriedBid, packageId, sm3Text } from "../bid/index.ts";
import { base64Url } from "../bytes.ts";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";
import { pageOrigin } from "../origin.ts";
import { requestId } from "../page/wire.ts";
import { defineVerb } from "../verb.ts";
import { consented, keyId } from "./consented.ts";
import { publicPoint } from "./identity.ts";
import { preflightResult, readiness } from "./preflight.ts";
import { sealedFileKey } from "./sealed-file-key.ts";

/** A SignedData of a platform, DER. */
export const noticeText = base64Url(1, limits.noticeLen);

/** An EnvelopedData, DER. */
export const keyBlockText = base64Url(1, limits.keyBlockLen);

const { packageId: _ofAPackage, format: _ofAHeader, signingCertificateSm3: _ofASigner, ...lot } = bidHeader.entries;

/** Which lot, as people are shown it. The platform's name and the origins of its pages are the registry's; a program that names none has not looked. */
export const lotSummary = v.object({
  ...lot,
  platformName: v.string(),
  origins: v.optional(v.array(v.string()), []),
  sequence: v.number(),
  /** Where bids are made in the legacy profile (旧格式). */
  profile: v.exactOptional(v.literal("legacy")),
});

/** Who can open a key block, and as what. */
export const recipient = v.object({
  /** DER. */
  certificate: base64Url(1, limits.certificateLen),
  /**
   * `expiring-second`: a certificate of the pair ends before the opening, or too soon behind it. `unlisted-committee`: the platform alone names it; the registry does
   * not have its key. Neither counts as a spare.
   */
  role: v.picklist(["own", "second", "expiring-second", "committee", "unlisted-committee"]),
  /** The CA's name, and the last four digits of the serial number. */
  authority: v.string(),
  serialTail: v.string(),
});

/** A bid that this computer made, while its opening is not over. */
export const openBid = v.object({
  packageId: v.string(),
  lot: lotSummary,
  /** The key that opens it. */
  keyId: v.string(),
  /** What that key's certificate is told from others by: its CA's name, the last four digits of its serial number, its end. */
  authority: v.string(),
  serialTail: v.string(),
  notAfter: v.string(),
  madeAt: v.string(),
  /** Null where it was never tried since. */
  rehearsedAt: v.nullable(v.string()),
  receiptAt: v.nullable(v.string()),
  /**
   * What brings the bid back where its key does not: how many certificates open it, since when there is a backup key file, and since when a file
   * for another computer. A program that says nothing of it is older than they are.
   */
  rungs: v.exactOptional(
    v.object({
      recipients: v.number(),
      backupAt: v.nullable(v.string()),
      exportedAt: v.nullable(v.string()),
    }),
  ),
  readiness,
  results: v.array(preflightResult),
  /** The package of the same bidder and lot that took its place (替代): made later, and received by the platform. */
  supersededBy: v.exactOptional(v.string()),
});

export type OpenBid = v.InferOutput<typeof openBid>;

/** Whether anybody has to look after it: what was superseded is kept, and nobody is reminded of it. */
export const isAwaited = ({ supersededBy }: OpenBid): boolean => supersededBy === undefined;

/** A key that is to be inserted, as people tell theirs apart. */
export const neededKey = v.pick(openBid, ["authority", "serialTail", "notAfter"]);

export type NeededKey = v.InferOutput<typeof neededKey>;

/** What the extension says of something that failed outside of the program; what is none of these is INTERNAL. */
export const failedOutside = v.picklist([
  "CANCELLED",
  "USER_DECLINED",
  "INTERRUPTED",
  "CONTENT_UNREADABLE",
  "STORAGE_FULL",
  "TOO_LARGE",
  "MALFORMED",
  "HOST_FAILED",
  "BID_NOT_OPENED",
  "ORDER_REFUSED",
  "CLOCK_BEHIND",
  "BACKUP_KEY_REFUSED",
  "INTERNAL",
]);

export type FailedOutside = v.InferOutput<typeof failedOutside>;

/** No person is asked yet: which keys are here is not looked at, for how long that takes would tell a page. */
const beforeAsking = v.exactOptional(v.literal(true));

export const bidVerbs = {
  /** What a notice says, once it is proved to be of the platform of this page. */
  readNotice: defineVerb(v.strictObject({ origin: pageOrigin, notice: noticeText }), lotSummary),
  /** Who will be able to open a bid for it that this key's holder makes, and what is known to be wrong before anything is encrypted. Uses no key. */
  prepareBid: defineVerb(
    v.strictObject({ keyId, origin: pageOrigin, notice: noticeText }),
    v.object({ lot: lotSummary, recipients: v.array(recipient), results: v.array(preflightResult) }),
  ),
  /**
   * Three private-key calls: the trial opening of this key block now; the signatures of trailer and report by finishBid, in the same run of the
   * program. A key block that does not open, or a rule that is bad, ends it here: BID_REFUSED. Whose recipients are not those that prepareBid
   * told is INVALID_REQUEST. Four bids may be in the making at once; one more is BIDS_IN_THE_MAKING, before the PIN is tried.
   */
  beginBid: defineVerb(
    v.strictObject({
      ...consented,
      origin: pageOrigin,
      notice: noticeText,
      header: base64Url(1, limits.bidHeaderLen),
      keyBlock: keyBlockText,
    }),
    v.object({
      results: v.array(preflightResult),
      /** Of the ledger, which the trailer is to have. A program that names none keeps none. */
      ledgerHead: v.exactOptional(sm3Text),
    }),
  ),
  /**
   * Signs the trailer of the bid that was begun, and keeps it, unfinished: it is among the open ones once its package is whole. CONSENT_EXPIRED where none is
   * begun: it ended, or the program did.
   */
  finishBid: defineVerb(
    v.strictObject({ consentId: requestId, trailer: base64Url(1, limits.bidTrailerLen) }),
    v.object({
      /** SignedData without its content, DER: the package's last entry. */
      signature: base64Url(1, limits.bidSignatureLen),
      /** SignedData over the report, DER. */
      report: v.string(),
      /** Of the ledger, now. */
      ledgerHead: v.exactOptional(sm3Text),
    }),
  ),
  /** The package is whole, and was opened again: the bid is among the open ones. A second time it says nothing new. INVALID_REQUEST where no such bid is here. */
  confirmBid: defineVerb(v.strictObject({ consentId: requestId, packageId }), v.object({})),
  /** Closes the key of a bid that was begun, or forgets one that was signed and came to nothing; the record says why. */
  abandonBid: defineVerb(v.strictObject({ consentId: requestId, code: failedOutside }), v.object({})),
  /**
   * The bids whose opening is not over: first those that are opened first, those that were superseded last. `ask`: their CAs and a time-stamping
   * authority are asked now, three seconds at most; only where a person has just said so in our own window. Without it no network is.
   */
  bids: defineVerb(v.strictObject({ ask: v.exactOptional(v.literal(true)) }), v.object({ bids: v.array(openBid) })),
  /** Tries the kept key block on the key; what comes out is one bit, and goes nowhere. */
  rehearseBid: defineVerb(v.strictObject({ ...consented, packageId }), openBid),
  /** What another computer with the same key, or another key that opens it, needs of this bid. No key, no plaintext. Uses no key. */
  exportBid: defineVerb(v.strictObject({ packageId }), v.object({ bid: carriedBid })),
  /**
   * Keeps a bid that another computer made; a key that opens it has to be here. `known`: it was here, and took over a receipt or notice that it had not.
   * Nobody's word is believed: MALFORMED where it is not as its bidder signed it, PLATFORM_UNPROVED by its notice or receipt, KEY_NOT_FOUND where no key
   * here opens it, or it was signed by somebody else than that key's holder.
   */
  importBid: defineVerb(
    v.strictObject({ bid: carriedBid }),
    v.object({ packageId: v.string(), outcome: v.picklist(["added", "known"]) }),
  ),
  /** That the person saved a backup key file of it: where it is, and its passphrase, nobody is told. A bid that is not here is no error. */
  noteBackup: defineVerb(v.strictObject({ packageId }), v.object({})),
  /** Keeps the platform's receipt, or its answer to a released key, beside the bid, where this computer made it. */
  saveReceipt: defineVerb(
    v.strictObject({ origin: pageOrigin, packageId, receipt: noticeText }),
    v.object({ kept: v.boolean() }),
  ),
  /**
   * The evidence report of a bid, a page of its own, in pieces that fit into a frame: 0 makes it, the others are of that one and in the same run.
   * INVALID_REQUEST where nothing was ever written down of the bid, or a piece is asked for that is not there.
   */
  bidEvidence: defineVerb(
    v.strictObject({ packageId, piece: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(127)) }),
    v.object({ html: v.string(), pieces: v.number() }),
  ),
  /** A newer notice: the opening of the bids for its lot moves. */
  updateNotice: defineVerb(
    v.strictObject({ origin: pageOrigin, notice: noticeText }),
    v.object({ lot: lotSummary, packageIds: v.array(v.string()) }),
  ),
  /** Reads an order, and says what it asks for, before anybody is asked for a PIN. */
  readOrder: defineVerb(
    v.strictObject({ origin: pageOrigin, keyBlock: keyBlockText, order: noticeText, beforeAsking }),
    v.object({
      lot: v.object({ platformName: v.string(), projectCode: v.string(), lot: v.string(), openingTime: instant }),
      stampedAt: instant,
      /** The earliest that it may have been, by the accuracy that the stamp states. */
      stampedFrom: instant,
      /** Whether only this computer's clock is before the opening. */
      clockBehind: v.boolean(),
      /** The keys here that open the block; empty where none does. */
      keyIds: v.array(v.string()),
      /** All keys that were here then, as `keys` lists them. */
      hereIds: v.array(v.string()),
      /** Of the bid whose key block it is, for the person; null where it is none of this computer's. */
      packageId: v.exactOptional(v.nullable(v.string())),
    }),
  ),
  /**
   * Opens the key block, holds it against the order, and gives its key, encrypted for the room, signed. Two private-key calls. Where only the
   * clock is behind, and the person did not accept that, CLOCK_BEHIND with both times.
   */
  releaseKey: defineVerb(
    v.strictObject({
      ...consented,
      origin: pageOrigin,
      keyBlock: keyBlockText,
      order: noticeText,
      /** The person saw both times, and goes on. */
      clockAccepted: v.boolean(),
    }),
    v.object({ releasedKey: base64Url(1, limits.noticeLen), packageId: v.string() }),
  ),
  /**
   * The same order, for a backup key file in a key's place, once the person agreed: judged by all that is known of the lot, as by releaseKey. Uses no key, and
   * gives none: the workshop opens the file, and is told when the order was stamped.
   */
  releaseBackup: defineVerb(
    v.strictObject({
      origin: pageOrigin,
      keyBlock: keyBlockText,
      order: noticeText,
      /** The person saw both times, and goes on. */
      clockAccepted: v.boolean(),
    }),
    v.object({ stampedAt: instant, stampedFrom: instant }),
  ),
  /** What came of that: the key that was released, or why none was. Written down, of the bid that the released key names; else of the key block's, where it is one of this computer's. */
  noteBackupRelease: defineVerb(
    v.strictObject({
      keyBlock: keyBlockText,
      stampedAt: instant,
      came: v.union([
        v.strictObject({ releasedKey: base64Url(1, limits.noticeLen) }),
        v.strictObject({ code: failedOutside }),
      ]),
    }),
    v.object({}),
  ),
  /** Of a bid package that its bidder opens for their own use: whose platform it is for, and which keys here open it. Uses no key. */
  readOwnBid: defineVerb(
    v.strictObject({ header: base64Url(1, limits.bidHeaderLen), keyBlock: keyBlockText, beforeAsking }),
    v.object({
      platformName: v.string(),
      /** Of the platform's pages, as the registry has them. */
      origins: v.array(v.string()),
      keyIds: v.array(v.string()),
    }),
  ),
  /**
   * Opens the key block, and gives its file key for this worker alone, where it is of this very header. One private-key call. Whatever does not
   * open, or is another header's, is BID_NOT_OPENED.
   */
  openOwnBid: defineVerb(
    v.strictObject({
      ...consented,
      header: base64Url(1, limits.bidHeaderLen),
      keyBlock: keyBlockText,
      /** Drawn for this request by the worker that has the package. */
      worker: publicPoint,
    }),
    v.object({ sealedKey: sealedFileKey }),
  ),
} as const;
