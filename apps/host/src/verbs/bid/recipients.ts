/** Who will be able to open a bid: the key that makes it, the bidder's other keys that are here, and a committee that the notice names. */
import { isForEncryption, parseCertificate } from "@certbridge/pki";
import type { Certificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostResult } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { isListedCommittee, type SignedNotice } from "@certbridge/trust";
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

/** Of these, those by whom a bid can be relieved (备用): a committee that only the platform names is none. */
export function countOpeners(recipients: readonly BidRecipient[]): number {
  return recipients.filter(({ role }) => role !== "unlisted-committee").length;
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
