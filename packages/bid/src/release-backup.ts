/**
 * A backup key file on the day of the opening (备用密钥解密): its file key for the room that an order names, where the bidder's own key does not
 * work any more. Nobody signs it. docs/formats/notice-and-order.md, From a backup key file
 */
import type { Gm } from "@certbridge/gm";
import { encodeEnvelopedData, parseCertificate, parseSignedData } from "@certbridge/pki";
import { openingOrder, type releasedBackupKey } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { InferOutput } from "valibot";
import { backupKeyRefused, readPickedBackupKey } from "./backup-key.ts";
import { encodeKeyBlockContent } from "./key-block.ts";
import { judgeRelease, type ReleaseFacts } from "./release.ts";

const CONTENT_KEY_LEN = 16;
const IV_LEN = 16;

export interface BackupRelease {
  /** The backup key file, and what the person typed. */
  readonly file: Uint8Array;
  readonly passphrase: string;
  /** SignedData, DER. Whose it is, its time stamp, and the newest notice were held against it by whoever calls. */
  readonly order: Uint8Array;
  readonly stampedAt: Date;
  readonly stampedFrom: Date;
  /** The local clock, in milliseconds since 1970. */
  readonly now: number;
  /** The person saw both times, and goes on where only the local clock is before the opening. */
  readonly clockAccepted: boolean;
  /** 32 random bytes: content key and IV of the envelope. */
  readonly fresh: Uint8Array;
}

/**
 * What the file says in the clear is judged before anything is opened with it; the passphrase then proves that it was made so.
 *
 * @throws OperationError BACKUP_KEY_REFUSED where it is another bid's, ORDER_REFUSED, CLOCK_BEHIND
 */
function judge(facts: ReleaseFacts, clockAccepted: boolean): void {
  try {
    if (judgeRelease(facts) === "release" || clockAccepted) return;
  } catch (error) {
    // Which file was picked is the person's to mend; all else is the order's fault.
    const isOfTheFile = OperationError.is(error, "ORDER_REFUSED") && error.details?.rule === "lot";
    throw isOfTheFile ? backupKeyRefused("another-bid", error) : error;
  }
  throw new OperationError("CLOCK_BEHIND", {
    stampedAt: facts.stampedAt.toISOString(),
    localAt: new Date(facts.now).toISOString(),
  });
}

/**
 * The released key in its backup form, for the order's room.
 *
 * @throws OperationError BACKUP_KEY_REFUSED, ORDER_REFUSED, CLOCK_BEHIND, MALFORMED where the order is none
 */
export function releaseBackupKey(gm: Gm, options: BackupRelease): Uint8Array<ArrayBuffer> {
  const { file, passphrase, order, stampedAt, stampedFrom, now, clockAccepted, fresh } = options;
  if (fresh.length !== CONTENT_KEY_LEN + IV_LEN) {
    throw new RangeError(`"fresh" expected ${CONTENT_KEY_LEN + IV_LEN} bytes`);
  }
  const asked = parseSignedData(order).content ?? new Uint8Array(0);
  const said = parseCanonical(openingOrder, asked, limits.noticeLen, "order");
  const room = parseCertificate(decodeBase64Url(said.roomCertificate));
  const { header, headerBytes, open } = readPickedBackupKey(file);
  judge({ order: said, stampedAt, stampedFrom, room, noticedOpening: null, now, header }, clockAccepted);
  const fileKey = open(gm, passphrase);
  if (fileKey === null) throw backupKeyRefused("not-opened");
  const content = encodeKeyBlockContent(gm, fileKey, headerBytes);
  try {
    const envelope = encodeEnvelopedData(gm, {
      content,
      recipients: [room],
      contentKey: fresh.subarray(0, CONTENT_KEY_LEN),
      iv: fresh.subarray(CONTENT_KEY_LEN),
    });
    return encodeCanonical({
      format: "shared-certificate-released-key:1-backup",
      packageId: header.packageId,
      orderSm3: encodeBase64Url(gm.sm3(asked)),
      roomCertificateSm3: encodeBase64Url(gm.sm3(room.der)),
      envelope: encodeBase64Url(envelope),
    } satisfies InferOutput<typeof releasedBackupKey>);
  } finally {
    content.fill(0);
    fileKey.fill(0);
    fresh.fill(0);
  }
}
