/**
 * Notices of platforms (招标公告要素): what they say, once it is proved that the platform of the page that brought them signed them, as the
 * registry has it. Whether one is newer than another is for whoever keeps them. docs/formats/notice-and-order.md
 */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  hexOf,
  isForEncryption,
  isForSigning,
  parseCertificate,
  ProofError,
  type VerifiedSignedData,
  verifySignedData,
} from "@certbridge/pki";
import { type BidNotice, bidNotice } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { NOTICE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { findPlatform, type RegisteredPlatform, type Registry } from "./registry.ts";

/** Whose word is asked for: the registry, and the origin of the page as the browser says it. */
export interface Asker {
  readonly registry: Registry;
  readonly origin: string;
}

/** A notice whose signature held. */
export interface SignedNotice {
  readonly said: BidNotice;
  /** GM/T 0010 SignedData, DER. */
  readonly der: Uint8Array;
  readonly platform: RegisteredPlatform;
  /** The rescue committee (救济委员会) that it names: a certificate that can be encrypted to. Null where it names none. */
  readonly committee: Certificate | null;
}

/** A message of the asking platform's, with its content. */
export interface PlatformMessage {
  readonly proved: VerifiedSignedData;
  readonly content: Uint8Array;
  readonly platform: RegisteredPlatform;
}

type What = "notice" | "order" | "receipt";

/** @throws ProofError and OperationError MALFORMED as verifySignedData does */
function open(gm: Pick<Gm, "sm2Verify" | "sm3">, der: Uint8Array, contentType: string, what: What) {
  if (der.length > limits.noticeLen) throw new OperationError("MALFORMED", { what });
  try {
    return verifySignedData(gm, der, { contentType });
  } catch (cause) {
    if (cause instanceof ProofError) throw new OperationError("PLATFORM_UNPROVED", { what }, { cause });
    throw cause;
  }
}

/**
 * A message that the page's own platform signed, by a key that the registry has for it, with a certificate in force when it did.
 *
 * @throws OperationError PLATFORM_UNPROVED: not signed by that platform, or the signature does not hold · MALFORMED
 */
export function openPlatformMessage(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  { registry, origin }: Asker,
  der: Uint8Array,
  contentType: string,
  what: What,
): PlatformMessage {
  const proved = open(gm, der, contentType, what);
  const { signer, signedAt, content } = proved;
  const platform = findPlatform(registry, origin);
  const keys = platform?.signingKeysSm3 ?? [];
  const isItsKey = platform !== null && keys.includes(hexOf(gm.sm3(signer.publicKey)));
  const wasInForce = signedAt !== null && signer.notBefore <= signedAt && signedAt <= signer.notAfter;
  if (!isItsKey || !wasInForce || !isForSigning(signer)) throw new OperationError("PLATFORM_UNPROVED", { what });
  if (content === null) throw new OperationError("MALFORMED", { what });
  return { proved, content, platform };
}

/** What bids are encrypted for beside their bidders' keys. @throws OperationError NOTICE_REFUSED */
function readCommittee(gm: Pick<Gm, "sm2Encrypt">, { committee }: BidNotice): Certificate | null {
  if (committee === undefined) return null;
  try {
    const certificate = parseCertificate(decodeBase64Url(committee));
    // A key off the curve would be seen only when the bid is being encrypted, and look like this program's failure.
    gm.sm2Encrypt(certificate.publicKey, new Uint8Array(1));
    if (isForEncryption(certificate)) return certificate;
  } catch (cause) {
    throw new OperationError("NOTICE_REFUSED", { rule: "committee-certificate" }, { cause });
  }
  throw new OperationError("NOTICE_REFUSED", { rule: "committee-certificate" });
}

/** Whether the registry vouches for this committee key of the platform's: without that nobody but the platform says whose it is. */
export function isListedCommittee(
  gm: Pick<Gm, "sm3">,
  registry: Registry,
  platformId: string,
  { publicKey }: Certificate,
): boolean {
  const platform = registry.platforms.find(({ id }) => id === platformId);
  return (platform?.committeeKeysSm3 ?? []).includes(hexOf(gm.sm3(publicKey)));
}

/** @throws OperationError PLATFORM_UNPROVED, MALFORMED, NOTICE_REFUSED where the committee's certificate is none that can be encrypted to */
export function readNotice(
  gm: Pick<Gm, "sm2Encrypt" | "sm2Verify" | "sm3">,
  asker: Asker,
  der: Uint8Array,
): SignedNotice {
  const { content, platform } = openPlatformMessage(gm, asker, der, NOTICE, "notice");
  const said = parseCanonical(bidNotice, content, limits.noticeLen, "notice");
  if (said.platformId !== platform.id) throw new OperationError("PLATFORM_UNPROVED", { what: "notice" });
  return { said, der, platform, committee: readCommittee(gm, said) };
}
