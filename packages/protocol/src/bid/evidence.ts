import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { publicPoint } from "../host/identity.ts";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";
import { packageId } from "./header.ts";

const message = base64Url(1, limits.noticeLen);

/** Everything that there is about one bid, for whoever has to judge it (存证报告). docs/formats/evidence.md */
export const bidEvidence = v.strictObject({
  format: v.literal("shared-certificate-evidence:1"),
  packageId,
  madeAt: instant,
  /** Version of the program, and the key by which it signs this. */
  program: v.pipe(v.string(), v.maxLength(64)),
  programKey: publicPoint,
  /** Of the registry as that computer had it: the rows of this platform and CA, and the time-stamping authorities. Read as a registry. */
  registry: v.unknown(),
  /** As the file is: lines that are broken among them. */
  ledger: base64Url(1, limits.ledgerLen),
  /** Of the package: `header.json`, and where the bid was made here, its trailer and signature. */
  header: v.nullable(base64Url(1, limits.bidHeaderLen)),
  signed: v.nullable(
    v.strictObject({ trailer: base64Url(1, limits.bidTrailerLen), signature: base64Url(1, limits.bidSignatureLen) }),
  ),
  /** Certificates above the signing certificate, DER, as that computer had them. */
  chain: v.pipe(v.array(base64Url(1, limits.certificateLen)), v.maxLength(limits.chainCertificates)),
  /** The report that was signed with the bid. */
  report: v.nullable(base64Url(1, limits.bidSignatureLen)),
  /** The newest notice, the first receipt and the newest one where that is another, the answers to released keys. */
  notice: v.nullable(message),
  receipt: v.nullable(message),
  laterReceipt: v.exactOptional(message),
  openings: v.pipe(v.array(message), v.maxLength(limits.openingReceipts)),
});

export type BidEvidence = v.InferOutput<typeof bidEvidence>;
