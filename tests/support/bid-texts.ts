/** Every JSON of a bid: its schema, the most bytes that it may have, and genuine ones. */
import {
  backupKeyFile,
  bidFileList,
  bidHeader,
  bidNotice,
  bidReceipt,
  bidReport,
  bidTrailer,
  ledgerEntry,
  openingOrder,
  releasedBackupKey,
  releasedKey,
} from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { limits } from "@certbridge/protocol/limits";
import type { GenericSchema } from "valibot";
import { headerOf, SEALED_LEN } from "./bid.ts";

export interface BidText {
  readonly schema: GenericSchema;
  readonly maxLen: number;
  readonly samples: readonly object[];
}

const bytesText = (len: number, seed = 7) => Buffer.alloc(len, seed).toString("base64url");
const lot = { platformId: "demo-a", projectCode: "JN-2026-118", lot: "1标段" };
const openingTime = "2026-12-20T01:30:00Z";
const packageId = bytesText(16);
const program = "0.1.0";

const trailer = {
  format: "shared-certificate-bid-trailer:1",
  headerSm3: bytesText(32),
  commitment: bytesText(32, 8),
  keyBlockSm3: bytesText(32, 9),
  payloadSm3: bytesText(32, 10),
};
const notice = {
  ...lot,
  format: "shared-certificate-notice:1",
  projectName: "滨江路改造工程",
  openingTime,
  sequence: 3,
};
const released = {
  packageId,
  orderSm3: bytesText(32),
  roomCertificateSm3: bytesText(32),
  envelope: bytesText(300),
};
const line = {
  format: "shared-certificate-ledger:1",
  packageId,
  entry: 1,
  previous: bytesText(32),
  at: openingTime,
  stampedAt: null,
  step: "release",
  program,
};

export const bidTexts = {
  header: {
    schema: bidHeader,
    maxLen: limits.bidHeaderLen,
    samples: [headerOf(), headerOf({ lot: "é".repeat(100) })],
  },
  trailer: {
    schema: bidTrailer,
    maxLen: limits.bidTrailerLen,
    samples: [1, 65_535].map((segments) => ({ ...trailer, payloadLen: segments * SEALED_LEN })),
  },
  "file list": {
    schema: bidFileList,
    maxLen: limits.bidFileListLen,
    samples: [
      { files: [{ name: "商务标.pdf", size: 0 }] },
      { files: Array.from({ length: 5 }, (_, at) => ({ name: `图纸 ${at}.dwg`, size: at * 1e9 })) },
    ],
  },
  notice: {
    schema: bidNotice,
    maxLen: limits.noticeLen,
    samples: [notice, { ...notice, committee: bytesText(400) }],
  },
  order: {
    schema: openingOrder,
    maxLen: limits.noticeLen,
    samples: [
      {
        ...lot,
        format: "shared-certificate-order:1",
        openingTime,
        roomCertificate: bytesText(500),
        nonce: bytesText(32),
        notAfter: openingTime,
      },
    ],
  },
  receipt: {
    schema: bidReceipt,
    maxLen: limits.noticeLen,
    samples: [
      {
        ...lot,
        format: "shared-certificate-receipt:1",
        packageId,
        signatureSm3: bytesText(32),
        packageLen: 1_050_000,
        receivedAt: openingTime,
      },
    ],
  },
  "released key": {
    schema: releasedKey,
    maxLen: limits.noticeLen,
    samples: [{ ...released, format: "shared-certificate-released-key:1" }],
  },
  "released key out of a backup": {
    schema: releasedBackupKey,
    maxLen: limits.noticeLen,
    samples: [{ ...released, format: "shared-certificate-released-key:1-backup" }],
  },
  "backup key file": {
    schema: backupKeyFile,
    maxLen: limits.backupKeyLen,
    samples: [
      {
        format: "shared-certificate-backup-key:1",
        header: Buffer.from(encodeCanonical(headerOf())).toString("base64url"),
        salt: bytesText(16),
        iterations: 600_000,
        nonce: bytesText(12),
        sealed: bytesText(48),
      },
    ],
  },
  report: {
    schema: bidReport,
    maxLen: limits.bidSignatureLen,
    samples: [
      {
        format: "shared-certificate-bid-report:1",
        packageId,
        trailerSm3: bytesText(32),
        encryptionCertificateSm3: bytesText(32),
        carrier: "software",
        results: [{ rule: "trial-opening", outcome: "good" }],
        ledger: { entries: 2, head: bytesText(32) },
        madeAt: openingTime,
        program,
      },
    ],
  },
  "ledger line": {
    schema: ledgerEntry,
    maxLen: 1024,
    samples: [null, { layer: "key", code: "KEY_NOT_FOUND", rule: null }].map((failure) => ({ ...line, failure })),
  },
} as const satisfies Readonly<Record<string, BidText>>;
