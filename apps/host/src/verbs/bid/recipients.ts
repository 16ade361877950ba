/** Who will be able to open a bid: the key that makes it, the bidder's other keys that are here, and a committee that the notice names. */
import { isForEncryption, parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { BidNotice } from "@certbridge/protocol/bid";
import type { HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { Holder } from "../../holder.ts";
import { readHolder } from "../../holder.ts";
import type { Host } from "../../host.ts";
import { listKeys } from "../../key-store.ts";
import type { KeyCertificates } from "../../key-store.ts";
import { describePlatform } from "./lot.ts";

export interface BidRecipient {
  readonly certificate: Certificate;
  readonly role: "own" | "second" | "committee";
  /** The CA's name; of the committee the platform's, by the registry. */
  readonly authority: string;
  /** Last four of the serial number by which the person knows the key: a pair's signing certificate's; of the committee its only one's. */
  readonly serialTail: string;
}

const tailOf = ({ serialNumber }: Certificate): string => serialNumber.slice(-4);

/**
 * Nobody but the platform has vouched for it: what its certificate says of itself and of its CA is not shown.
 *
 * @throws OperationError MALFORMED: what the platform signed names no certificate that can be encrypted to
 */
function readCommittee(host: Host, committee: string, platformId: string): BidRecipient {
  const certificate = parseCertificate(decodeBase64Url(committee));
  if (!isForEncryption(certificate)) throw new OperationError("MALFORMED", { what: "notice" });
  return {
    certificate,
    role: "committee",
    authority: describePlatform(host, platformId).platformName,
    serialTail: tailOf(certificate),
  };
}

function isInForce({ notBefore, notAfter }: Certificate, now: number): boolean {
  return notBefore.getTime() <= now && now <= notAfter.getTime();
}

/** The bidder's further keys: told by the code, since another CA may write the name in another way. */
async function findSeconds(host: Host, { uscc }: Holder, own: KeyCertificates): Promise<readonly BidRecipient[]> {
  if (uscc === null) return [];
  return (await listKeys(host.stores)).flatMap((key) => {
    if (key.keyId === own.keyId || key.encryptionCertificate === null) return [];
    const holder = readHolder(host, key);
    const certificate = parseCertificate(key.encryptionCertificate);
    const fits = holder.uscc === uscc && isForEncryption(certificate) && isInForce(certificate, host.clock());
    return fits
      ? [{ certificate, role: "second" as const, authority: holder.authority, serialTail: tailOf(holder.certificate) }]
      : [];
  });
}

/**
 * The key's own first. Its encryption certificate may be missing: then the check says so.
 *
 * @throws OperationError MALFORMED
 */
export async function findRecipients(
  host: Host,
  holder: Holder,
  own: KeyCertificates,
  notice: BidNotice,
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
  const committee = notice.committee === undefined ? [] : [readCommittee(host, notice.committee, notice.platformId)];
  const seconds = await findSeconds(host, holder, own);
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
