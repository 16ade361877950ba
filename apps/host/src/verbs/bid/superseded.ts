/** Which package took another one's place (替代): the bidder encrypted anew, and handed that in before the deadline. */
import { sameBytes } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import type { KeptBid } from "../../bids.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import type { FoundKey } from "../../key-store.ts";
import { receivedAt } from "../../receipts.ts";

const lotOf = ({ header: { platformId, projectCode, lot } }: KeptBid): Uint8Array =>
  encodeCanonical([platformId, projectCode, lot]);

/** By the certificate that signed it, as far as a key that is here brings the ones above. */
function usccOf(host: Host, { bid }: KeptBid, keys: readonly FoundKey[]): string | null {
  const signingCertificate = decodeBase64Url(bid.signingCertificate);
  const chain = keys.flatMap(({ chain: above }) => above);
  const made = { keyId: bid.keyId, signingCertificate, encryptionCertificate: null, earlierEncryption: [], chain };
  return readHolder(host, made).uscc;
}

/** One computer may bid for two companies. */
function isOfSameBidder(host: Host, one: KeptBid, other: KeptBid, keys: readonly FoundKey[]): boolean {
  if (sameBytes(one.signingCertificate.subject.der, other.signingCertificate.subject.der)) return true;
  const uscc = usccOf(host, one, keys);
  return uscc !== null && uscc === usccOf(host, other, keys);
}

/**
 * The package in whose favour this one is out of use; null where it may be the one that counts.
 *
 * Nothing is guessed: the other one has the platform's receipt, by its time stamp later than any receipt of this one, and was made later, too. A
 * package that was only made anew supersedes none.
 */
export function supersederOf(
  host: Host,
  kept: KeptBid,
  all: readonly KeptBid[],
  keys: readonly FoundKey[],
): KeptBid | null {
  const stampOf = ({ bid }: KeptBid): number => {
    const at = receivedAt(bid);
    return at === null ? -Infinity : Date.parse(at);
  };
  const later = all.filter(
    (other) =>
      stampOf(other) > stampOf(kept) &&
      Date.parse(other.bid.madeAt) > Date.parse(kept.bid.madeAt) &&
      sameBytes(lotOf(other), lotOf(kept)) &&
      isOfSameBidder(host, kept, other, keys),
  );
  return later.toSorted((a, b) => stampOf(b) - stampOf(a))[0] ?? null;
}
