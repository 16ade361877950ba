/**
 * What a platform signs about bids: notices, receipts, orders. It holds the platform's key and is made apart from the verifier, which
 * holds none. docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import { addUnsignedAttribute, oid, parseCertificate, parseSignedData, signData } from "@certbridge/pki";
import {
  type BidNotice,
  bidNotice,
  type BidReceipt,
  bidReceipt,
  type OpeningOrder,
  openingOrder,
  type OpeningReceipt,
  openingReceipt,
  sm3Text,
} from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_RECEIPT, NOTICE, OPENING_RECEIPT, ORDER } from "@certbridge/protocol/content-types";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import { isRefusal, PolicyError, type RefusalCode } from "./errors.ts";
import type { Clock } from "./nonces.ts";
import type { VerifiedPackage } from "./package.ts";
import { readReleasedKey } from "./released-key.ts";
import { readStamp, type TimeStamping } from "./time-stamp.ts";

/** The platform as the registry knows it. */
export interface OpeningPlatform {
  readonly platformId: string;
  /** SM2 private key, 32 bytes, and its certificate, DER, with a signing use: one of the registry's `signingKeysSm3`. */
  readonly privateKey: Uint8Array;
  readonly certificate: Uint8Array;
}

/** A message as issued: its bytes, and what they say. */
export interface IssuedMessage<T> {
  /** GM/T 0010 SignedData with the content inside, DER. */
  readonly der: Uint8Array<ArrayBuffer>;
  readonly said: T;
}

/** The same with a time stamp over its signature. */
export interface StampedMessage<T> extends IssuedMessage<T> {
  /** By the time-stamping authority's clock, milliseconds since 1970. */
  readonly stampedAt: number;
  /** The earliest that it may have been, by the accuracy that the stamp states. */
  readonly stampedFrom: number;
}

/** A released key that was judged. */
export interface AnsweredKey {
  readonly received: Pick<VerifiedPackage, "packageId" | "header" | "signatureSm3">;
  /** The order that it was asked for by, DER. */
  readonly order: Uint8Array;
  /** As it came. */
  readonly releasedKey: Uint8Array;
  /** Null where it is the package's; else the code that it was refused with. */
  readonly refusal: RefusalCode | null;
  /** When it came, milliseconds since 1970. */
  readonly receivedAt: number;
}

/** What a platform signs as the one who invites, receives and opens bids. */
export interface OpeningDesk {
  /**
   * @param said.sequence higher than the lot's last wherever anything changed
   * @throws RangeError where a value is out of bounds
   */
  issueNotice(said: Omit<BidNotice, "format" | "platformId">): IssuedMessage<BidNotice>;
  /**
   * For a package as verifyPackage gave it. It countersigns the head of the bidder's ledger that the package has.
   *
   * @param submitHead the one that the bidder's page brought with it, SM3, base64url; another text is left out
   * @throws PolicyError TIME_STAMP_REFUSED · what the authority's function throws
   */
  issueReceipt(received: VerifiedPackage, submitHead?: unknown): Promise<StampedMessage<BidReceipt>>;
  /**
   * The answer to a released key, right or refused. It countersigns the head of the bidder's ledger in that key, where the key's signature holds.
   *
   * @throws PolicyError TIME_STAMP_REFUSED · OperationError MALFORMED where the order is none · what the authority's function throws
   */
  issueOpeningReceipt(answered: AnsweredKey): Promise<StampedMessage<OpeningReceipt>>;
  /**
   * @param request.notice          the lot's newest
   * @param request.roomCertificate DER, with an encryption use; its private key opens what is released
   * @param request.lifeMs          at most 30 minutes; a minute less unless told, for the authority's clock
   * @throws PolicyError OPENING_NOT_BEGUN (by the server's clock, or by the time stamp), TIME_STAMP_REFUSED · RangeError · what the
   *   authority's function throws
   */
  issueOrder(request: {
    readonly notice: BidNotice;
    readonly roomCertificate: Uint8Array;
    readonly lifeMs?: number;
  }): Promise<StampedMessage<OpeningOrder>>;
}

const NONCE_LEN = 32;

/** Whole seconds. Down, so that nothing is said to be later than it is. */
const instantOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/**
 * @param options.timeStamping the authority that stamps receipts and orders, and the keys that are believed of it
 * @param options.random fills an array with unpredictable bytes; default `crypto.getRandomValues`
 * @throws OperationError MALFORMED where the platform's certificate cannot be read
 */
export function createOpeningDesk(options: {
  readonly gm: Gm;
  readonly platform: OpeningPlatform;
  readonly timeStamping: TimeStamping;
  readonly clock?: Clock;
  readonly random?: (into: Uint8Array<ArrayBuffer>) => void;
}): OpeningDesk {
  const { gm, platform, timeStamping, clock = Date.now } = options;
  const { random = (into) => void crypto.getRandomValues(into) } = options;
  const { platformId, privateKey } = platform;
  const certificate = parseCertificate(platform.certificate);

  function issue<const S extends v.GenericSchema>(contentType: string, schema: S, says: v.InferInput<S>) {
    const read = v.safeParse(schema, says);
    if (!read.success) throw new RangeError(`"message" expected another value at ${v.getDotPath(read.issues[0])}`);
    const content = encodeCanonical(read.output);
    const der = signData(gm, { contentType, content, certificate, privateKey, signedAt: new Date(clock()) });
    if (der.length > limits.noticeLen) throw new RangeError(`"message" expected to be shorter: ${der.length} bytes`);
    return { der, said: read.output };
  }

  /** Put to it only where it holds: what a bidder's computer would refuse never leaves. */
  async function stamp<T>({ der, said }: IssuedMessage<T>): Promise<StampedMessage<T>> {
    const [signer] = parseSignedData(der).signers;
    if (signer === undefined) throw new Error("a message of its own without a signer");
    const imprint = gm.sm3(signer.signatureOctets);
    const token = await timeStamping.stamp(imprint);
    const { at, earliest } = readStamp(gm, token, signer.signatureOctets, timeStamping.keysSm3);
    const whole = addUnsignedAttribute(der, { type: oid.signatureTimeStamp, value: token });
    return { der: whole, said, stampedAt: at, stampedFrom: earliest };
  }

  /** One is of another time than its receipt: the authority's clock or the server's is wrong. */
  async function stampReceipt<T extends { readonly receivedAt: string }>(made: IssuedMessage<T>) {
    const stamped = await stamp(made);
    const lateMs = stamped.stampedAt - Date.parse(stamped.said.receivedAt);
    if (lateMs < -limits.clockSkewMs || lateMs > limits.receiptStampMs) {
      throw new PolicyError("TIME_STAMP_REFUSED", "of another time than the receipt");
    }
    return stamped;
  }

  /** Of this package's key, signed: nobody is to be held to what anybody may have written. */
  function headIn(releasedKey: Uint8Array, packageId: string): string | undefined {
    try {
      const { said } = readReleasedKey(gm, releasedKey, true);
      return said.packageId === packageId ? said.ledgerHead : undefined;
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }

  return {
    issueNotice: (said) => issue(NOTICE, bidNotice, { ...said, format: "shared-certificate-notice:1", platformId }),
    issueReceipt({ packageId, header, signatureSm3, packageLen, ledgerHead, receivedAt }, submitHead) {
      return stampReceipt(
        issue(BID_RECEIPT, bidReceipt, {
          format: "shared-certificate-receipt:1",
          platformId,
          projectCode: header.projectCode,
          lot: header.lot,
          packageId,
          signatureSm3: encodeBase64Url(signatureSm3),
          packageLen,
          ...(ledgerHead === null ? {} : { encryptHead: ledgerHead }),
          ...(v.is(sm3Text, submitHead) ? { submitHead } : {}),
          receivedAt: instantOf(receivedAt),
        }),
      );
    },
    async issueOpeningReceipt({ received, order, releasedKey, refusal, receivedAt }) {
      const { packageId, header, signatureSm3 } = received;
      const openHead = headIn(releasedKey, packageId);
      const asked = parseSignedData(order).content ?? new Uint8Array(0);
      return stampReceipt(
        issue(OPENING_RECEIPT, openingReceipt, {
          format: "shared-certificate-opening-receipt:1",
          platformId,
          projectCode: header.projectCode,
          lot: header.lot,
          packageId,
          signatureSm3: encodeBase64Url(signatureSm3),
          orderSm3: encodeBase64Url(gm.sm3(asked)),
          releasedKeySm3: encodeBase64Url(gm.sm3(releasedKey)),
          ...(openHead === undefined ? {} : { openHead }),
          refusal,
          receivedAt: instantOf(receivedAt),
        }),
      );
    },
    async issueOrder({ notice, roomCertificate, lifeMs = limits.orderLifeMs - limits.clockSkewMs }) {
      const openingAt = Date.parse(notice.openingTime);
      if (clock() < openingAt) throw new PolicyError("OPENING_NOT_BEGUN");
      const nonce = new Uint8Array(NONCE_LEN);
      random(nonce);
      const { projectCode, lot, openingTime } = notice;
      const stamped = await stamp(
        issue(ORDER, openingOrder, {
          format: "shared-certificate-order:1",
          platformId,
          projectCode,
          lot,
          openingTime,
          roomCertificate: encodeBase64Url(roomCertificate),
          nonce: encodeBase64Url(nonce),
          notAfter: instantOf(clock() + lifeMs),
        }),
      );
      if (stamped.stampedFrom < openingAt) throw new PolicyError("OPENING_NOT_BEGUN", "by the time stamp");
      if (Date.parse(stamped.said.notAfter) - stamped.stampedFrom > limits.orderLifeMs) {
        throw new PolicyError("TIME_STAMP_REFUSED", "the order would be in force for too long after it");
      }
      return stamped;
    },
  };
}
