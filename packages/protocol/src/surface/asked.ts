import * as v from "valibot";
import {
  lotSummary,
  credentialSummary,
  neededKey,
  openBid,
  preflightResult,
  readiness,
  recipient,
} from "../host/index.ts";
import { instant } from "../instant.ts";
import { unreadableCode } from "../workshop/index.ts";

const whichBid = v.object({
  /** Null where it is none of them. */
  bid: v.nullable(v.object({ packageId: v.string(), madeAt: v.string(), receiptAt: v.nullable(v.string()) })),
  /** Whether it is the one with the newest receipt; where none has a receipt, the one that was made last. */
  isNewest: v.boolean(),
});

export type WhichBid = v.InferOutput<typeof whichBid>;

/** A bid package that its bidder opens for their own use, as its clear header and its signature have it. */
export const ownPackage = v.object({
  packageId: v.string(),
  /** As they stand in it. */
  header: v.string(),
  keyBlock: v.string(),
  /** It stands for the whole package. SM3, base64url. */
  signatureSm3: v.string(),
  /** Bytes. */
  len: v.number(),
  lot: v.object({
    platformName: v.string(),
    projectCode: v.string(),
    projectName: v.string(),
    lot: v.string(),
    openingTime: instant,
  }),
  /** Whether it was made for another platform than the one that asks; null where nobody asks but the person. */
  isForeign: v.nullable(v.boolean()),
  /** Of the certificate that signed it, as lists of keys show it. */
  needed: v.array(neededKey),
  /** Of the encryption certificates that open it. */
  recipientTails: v.array(v.string()),
});

export type OwnPackage = v.InferOutput<typeof ownPackage>;

/** What is asked, for the approval window, by verb. */
export const asked = v.variant("operation", [
  v.object({ operation: v.literal("login") }),
  v.object({ operation: v.literal("register") }),
  v.object({ operation: v.literal("saveRegistration"), credential: credentialSummary }),
  v.object({
    operation: v.literal("sign"),
    format: v.string(),
    /** What is to be signed: its length in bytes, and its SM3 as the host will sign it, base64url. */
    items: v.array(v.object({ name: v.string(), len: v.number(), digest: v.string() })),
    /** Items that will not be signed, by their place among all items, and why. */
    unreadable: v.array(v.object({ index: v.number(), name: v.string(), error: unreadableCode })),
  }),
  v.object({
    operation: v.literal("encrypt"),
    lot: lotSummary,
    /** The page's own files; null where the person picks them here, and nobody but the workshop learns which. */
    files: v.nullable(v.array(v.object({ name: v.string(), len: v.number() }))),
  }),
  v.object({
    operation: v.literal("decrypt"),
    lot: v.object({
      platformName: v.string(),
      projectCode: v.string(),
      /** As the bids of this computer have it; null where it made none for this lot. */
      projectName: v.nullable(v.string()),
      lot: v.string(),
      openingTime: instant,
      /** As the bids of this computer have it, too. */
      profile: v.exactOptional(v.literal("legacy")),
    }),
    /** When the platform's order was stamped. */
    stampedAt: instant,
    /** Only this computer's clock is before the opening: the person sees both times, and decides. */
    clockBehind: v.boolean(),
    /** Which of the bids that this computer made for the lot it is; not there where it made none. */
    which: v.exactOptional(whichBid),
    /** The certificates that open what this computer encrypted for the lot; none where it encrypted nothing. */
    needed: v.array(neededKey),
  }),
  v.object({
    operation: v.literal("jobs"),
    /** What the site would learn of; none where there is nothing, which the person alone learns. */
    jobs: v.array(
      v.object({
        jobId: v.string(),
        projectName: v.string(),
        lot: v.string(),
        state: v.picklist(["working", "done", "failed", "lost"]),
        startedAt: instant,
      }),
    ),
  }),
  /** Of the verb `decrypt`, for the bidder's own use. */
  v.object({ operation: v.literal("decryptPackage"), ...ownPackage.entries }),
  /** Null where this computer made no such bid for this platform; the page learns no more than that somebody said no. */
  v.object({ operation: v.literal("rehearse"), bid: v.nullable(openBid) }),
]);

/** What the window says at the end, of the verbs that have more to say than that it is done. */
export const outcome = v.variant("operation", [
  v.object({
    operation: v.literal("encrypt"),
    packageId: v.string(),
    /** Whether a backup key file can be had of it. */
    hasBackup: v.boolean(),
    /** Of the check before it was encrypted: who was asked then and did not answer, and what is worth a warning. */
    results: v.exactOptional(v.array(preflightResult)),
  }),
  v.object({ operation: v.literal("decrypt"), releasedAt: instant }),
  v.object({ operation: v.literal("decryptPackage"), files: v.number() }),
  v.object({ operation: v.literal("rehearse"), readiness, results: v.array(preflightResult) }),
]);

export type Outcome = v.InferOutput<typeof outcome>;

export type Asked = v.InferOutput<typeof asked>;

/** Who will be able to open a bid that this key makes, and what is known to be wrong with it beforehand. */
export const preparedBid = v.object({
  keyId: v.string(),
  recipients: v.array(v.omit(recipient, ["certificate"])),
  results: v.array(preflightResult),
});

export type PreparedBid = v.InferOutput<typeof preparedBid>;
