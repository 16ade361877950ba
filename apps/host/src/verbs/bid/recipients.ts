/** Who will be able to open a bid: the key that makes it, the bidder's other keys that are here, and a committee that the notice names. */
import { OPENING_MARGIN_MS } from "@certbridge/bid";
import { findRecipient, isForEncryption, parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import type { BidNotice } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { isListedCommittee, type SignedNotice } from "@certbridge/trust";
import type { KeptBid } from "../../bids.ts";
import type { Holder } from "../../holder.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys } from "../../key-store.ts";
import type { KeyCertificates } from "../../key-store.ts";
import { describePlatform } from "./lot.ts";

export interface BidRecipient {
  readonly certificate: Certificate;
  readonly role: HostResult<"prepareBid">["recipients"][number]["role"];
  /** The CA's name; of the committee the platform's, by the registry. */
  readonly authority: string;
  /** Last four of the serial number by which the person knows the key: a pair's signing certificate's; of the committee its only one's. */
  readonly serialTail: string;
}

const tailOf = ({ serialNumber }: Certificate): string => serialNumber.slice(-4);

/** What its certificate says of itself and of its CA is not shown: the registry vouches for its key, or nobody but the platform does. */
function describeCommittee(host: Host, certificate: Certificate, platformId: string): BidRecipient {
  const role = isListedCommittee(host.gm, host.registry, platformId, certificate) ? "committee" : "unlisted-committee";
  const authority = describePlatform(host, platformId).platformName;
  return { certificate, role, authority, serialTail: tailOf(certificate) };
}

/** Of these, those by whom a bid can be relieved (备用): a committee that only the platform names is none, nor a key that is dead on the day. */
export function countOpeners(recipients: readonly BidRecipient[]): number {
  return recipients.filter(({ role }) => role !== "unlisted-committee" && role !== "expiring-second").length;
}

/** Of a bid that another computer made, by the newest notice of its lot: all that its key block names, but for a committee that only the platform names. */
export function countOpenersOf(host: Host, { header, envelope }: KeptBid, said: BidNotice | null): number {
  const committee = said?.committee === undefined ? null : parseCertificate(decodeBase64Url(said.committee));
  const isUnlisted =
    committee !== null &&
    findRecipient(envelope, committee) !== null &&
    !isListedCommittee(host.gm, host.registry, header.platformId, committee);
  return envelope.recipients.length - (isUnlisted ? 1 : 0);
}

function isInForce({ notBefore, notAfter }: Certificate, now: number): boolean {
  return notBefore.getTime() <= now && now <= notAfter.getTime();
}

/**
 * The bidder's further keys: told by the code, since another CA may write the name in another way. One relieves the other only where both of its certificates are
 * in force at the opening, and by the margin behind it: what it releases is signed then. Those that do come first.
 */
async function findSeconds(
  host: Host,
  { uscc }: Holder,
  own: KeyCertificates,
  openingAt: number,
): Promise<readonly BidRecipient[]> {
  if (uscc === null) return [];
  const now = host.clock();
  const found = (await listKeys(host.stores)).flatMap((key): BidRecipient[] => {
    if (key.keyId === own.keyId || key.encryptionCertificate === null) return [];
    const holder = readHolder(host, key);
    const certificate = parseCertificate(key.encryptionCertificate);
    if (holder.uscc !== uscc || !isForEncryption(certificate) || !isInForce(certificate, now)) return [];
    const both = [certificate, holder.certificate];
    const lasts = [now, openingAt + OPENING_MARGIN_MS].every((at) => both.every((each) => isInForce(each, at)));
    const role = lasts ? "second" : "expiring-second";
    return [{ certificate, role, authority: holder.authority, serialTail: tailOf(holder.certificate) }];
  });
  return found.toSorted((a, b) => Number(a.role !== "second") - Number(b.role !== "second"));
}

/** The key's own first. Its encryption certificate may be missing: then the check says so. */
export async function findRecipients(
  host: Host,
  holder: Holder,
  own: KeyCertificates,
  { said, committee: named }: Pick<SignedNotice, "said" | "committee">,
): Promise<readonly BidRecipient[]> {
  const { encryptionCertificate } = own;
  const first: BidRecipient[] =
    encryptionCertificate === null
      ? []
      : [
          {
            certificate: parseCertificate(encryptionCertificate),
            role: "own",
            authority: holder.authority,
            serialTail: tailOf(holder.certificate),
          },
        ];
  const committee = named === null ? [] : [describeCommittee(host, named, said.platformId)];
  const seconds = await findSeconds(host, holder, own, Date.parse(said.openingTime));
  return [...first, ...seconds.slice(0, limits.recipients - first.length - committee.length), ...committee];
}

export function describeRecipient(found: BidRecipient): HostResult<"prepareBid">["recipients"][number] {
  const { certificate, role, authority, serialTail } = found;
  return {
    certificate: encodeBase64Url(certificate.der),
    role,
    authority,
    serialTail,
  };
}
