/**
 * A package that its own bidder opens (自行解密), for no room and by no order: everything that needs no key is proved first, whatever the package's
 * format is, so that nobody is asked for a PIN for one that is damaged. docs/operations/decrypt.md
 */
import type { Gm } from "@certbridge/gm";
import { type Certificate, parseEnvelopedData, ProofError } from "@certbridge/pki";
import type { BidHeader } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type ByteSource, type Crc32, type JobOptions, readExactly } from "./bytes-in-and-out.ts";
import {
  contentKeyOfFileKey,
  LEGACY_FIRST_BYTE,
  openLegacyPackage,
  readLegacyFiles,
  verifyLegacyPackage,
} from "./legacy/index.ts";
import { openPackage, verifyPackage, verifyPayload } from "./read.ts";
import { type FileSink, readFiles } from "./read-files.ts";
import { malformed } from "./refusals.ts";
import type { RunOpener } from "./segments.ts";
import type { BidFiles } from "./stream.ts";

/** A package that is whole and signed by the certificate that its header names. Whether that is worth anything is for its opener to know. */
export interface OwnPackage {
  readonly header: BidHeader;
  /** header.json */
  readonly headerBytes: Uint8Array;
  /** EnvelopedData, DER. */
  readonly keyBlock: Uint8Array;
  /** SM3 of its signature, 32 bytes: it stands for the whole package. */
  readonly signatureSm3: Uint8Array;
  readonly signer: Certificate;
  /** Serial numbers of the encryption certificates that open it, hexadecimal, as far as they are named so. */
  readonly recipients: readonly string[];
  /**
   * The files, whole, by the file key, which the caller wipes. The commitment is compared before any segment.
   *
   * @throws OperationError BID_NOT_OPENED, CONTENT_UNREADABLE · what the sink throws. What the sink has by then is to be thrown away.
   */
  open(fileKey: Uint8Array, sink: FileSink, options?: JobOptions & { readonly open?: RunOpener }): Promise<BidFiles>;
}

interface Reading extends JobOptions {
  readonly gm: Gm;
  readonly crc32: Crc32;
  readonly source: ByteSource;
}

/** A reader of one format. @throws ProofError, OperationError MALFORMED, CONTENT_UNREADABLE */
type Reader = (reading: Reading) => Promise<OwnPackage>;

function serialNumbersOf(keyBlock: Uint8Array): readonly string[] {
  return parseEnvelopedData(keyBlock, limits.keyBlockLen).recipients.flatMap(({ certificateId }) =>
    "serialNumber" in certificateId ? [certificateId.serialNumber] : [],
  );
}

const readBidPackage: Reader = async (reading) => {
  const { gm } = reading;
  const opened = await openPackage(reading);
  const { signer } = verifyPackage(gm, opened);
  const { entries, header } = opened;
  await verifyPayload({ ...reading, opened });
  return {
    header,
    headerBytes: entries.header,
    keyBlock: entries.keyBlock,
    signatureSm3: gm.sm3(entries.signature),
    signer,
    recipients: serialNumbersOf(entries.keyBlock),
    open: (fileKey, sink, options = {}) => readFiles({ gm, opened, fileKey, sink, ...options }),
  };
};

/** docs/formats/legacy-package.md. One that another program made has no key block for a key to open: only its content key would do. */
const readLegacyPackage: Reader = async (reading) => {
  const { gm, crc32 } = reading;
  const opened = await openLegacyPackage(reading);
  const { signer } = verifyLegacyPackage(gm, opened);
  const { context, signature } = opened;
  if (context === null) throw new OperationError("VENDOR_DECRYPT_NEEDED");
  const { header, bytes } = context;
  return {
    header,
    headerBytes: bytes.header,
    keyBlock: bytes.keyBlock,
    signatureSm3: gm.sm3(signature),
    signer,
    recipients: serialNumbersOf(bytes.keyBlock),
    async open(fileKey, sink, { open: _inOneThread, ...job } = {}) {
      const contentKey = contentKeyOfFileKey(gm, opened, fileKey);
      try {
        return await readLegacyFiles({ gm, crc32, opened, contentKey, sink, ...job });
      } finally {
        contentKey.fill(0);
      }
    },
  };
};

/** Every format, by the bytes that it begins with: none of them begins as another does. */
const FORMATS: readonly { readonly begins: readonly number[]; readonly read: Reader }[] = [
  // A ZIP's first local header: docs/formats/bid-package.md
  { begins: [0x50, 0x4b, 0x03, 0x04], read: readBidPackage },
  { begins: [LEGACY_FIRST_BYTE], read: readLegacyPackage },
];

const BEGINNING_LEN = 4;

/**
 * Reads a package as far as no key is needed, all of it once. Progress is told in bytes of the payload.
 *
 * @throws OperationError MALFORMED for whatever is no package, damaged, or not signed as it says: one answer; VENDOR_DECRYPT_NEEDED for a legacy one
 *   that another program made; CONTENT_UNREADABLE
 */
export async function readOwnPackage(reading: Reading): Promise<OwnPackage> {
  const { source } = reading;
  if (source.size < BEGINNING_LEN) throw malformed();
  const beginning = await readExactly(source, 0, BEGINNING_LEN);
  const format = FORMATS.find(({ begins }) => begins.every((byte, at) => byte === beginning[at]));
  if (format === undefined) throw malformed();
  try {
    return await format.read(reading);
  } catch (cause) {
    const isOfThePackage = cause instanceof ProofError || OperationError.is(cause, "MALFORMED");
    throw isOfThePackage ? malformed(cause) : cause;
  }
}
