import * as v from "valibot";
import { bidFormats, bidHeader, packageId, sm3Text } from "../bid/index.ts";
import { base64Url } from "../bytes.ts";
import { publicPoint } from "../host/identity.ts";
import { sealedFileKey } from "../host/sealed-file-key.ts";
import { instant } from "../instant.ts";
import { limits } from "../limits.ts";
import { requestId } from "../page/wire.ts";
import { defineVerb } from "../verb.ts";

const content = v.union([v.instance(Blob), v.instance(Uint8Array)]);

/** Why an item is left out: it cannot be read, or it is larger than may be attached. */
export const unreadableCode = v.picklist(["CONTENT_UNREADABLE", "TOO_LARGE"]);

const read = v.union([
  v.object({ name: v.string(), len: v.number(), digest: v.string() }),
  v.object({ name: v.string(), error: unreadableCode }),
]);

/** What the workshop read of one item: its length and SM3, or why it is left out. */
export type ReadItem = v.InferOutput<typeof read>;

/** Of a backup key file, as people are shown it: five groups of four. docs/formats/backup-key.md */
export const passphrase = v.pipe(v.string(), v.regex(/^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}$/));

/** As a person types it. */
export const typedPassphrase = v.pipe(v.string(), v.maxLength(64));

/** background → workshop: bulk work, in workers, away from the service worker. */
export const workshopVerbs = {
  /** Read each item once: its SM3, and its bytes where they are to be attached. Held under the id until released. */
  read: defineVerb(
    v.strictObject({
      id: requestId,
      /** Without contents where the frame has them. */
      items: v.array(v.strictObject({ name: v.string(), content: v.optional(content) })),
      attach: v.boolean(),
    }),
    v.object({ items: v.array(read) }),
  ),
  /** Put the bytes that were read into the SignedData of that item. Both DER, base64url. */
  attach: defineVerb(
    v.strictObject({ id: requestId, cms: v.array(v.nullable(base64Url(1, limits.nativeFrameLen))) }),
    v.object({ cms: v.array(v.nullable(v.string())) }),
  ),
  /**
   * Draws a file key, and gives the header of a new package and the key block for these recipients (certificates, DER). The key is held
   * under the id, and nowhere else: until the id is released or its window is gone, ten minutes after the package is whole at the latest, for backupKey may ask for it.
   */
  beginPackage: defineVerb(
    v.strictObject({
      id: requestId,
      header: v.strictObject({
        ...v.omit(bidHeader, ["packageId"]).entries,
        format: v.optional(bidHeader.entries.format, bidFormats.standard),
      }),
      recipients: v.pipe(v.array(base64Url(1, limits.certificateLen)), v.minLength(1), v.maxLength(limits.recipients)),
    }),
    v.object({
      packageId,
      header: base64Url(1, limits.bidHeaderLen),
      keyBlock: base64Url(1, limits.keyBlockLen),
    }),
  ),
  /**
   * Encrypts the files that came under the id, from the person's own window or with the request, into a file of this workshop.
   * Gives the trailer that is to be signed, and the length of the payload.
   */
  writePackage: defineVerb(
    v.strictObject({ id: requestId, files: v.optional(v.array(content)), ledgerHead: v.exactOptional(sm3Text) }),
    v.object({ trailer: base64Url(1, limits.bidTrailerLen), len: v.number() }),
  ),
  /** Puts the signature (SignedData without its content, DER) behind the rest, and opens all of it again: now it is whole. */
  finishPackage: defineVerb(
    v.strictObject({ id: requestId, signature: base64Url(1, limits.bidSignatureLen) }),
    v.object({ len: v.number() }),
  ),
  /** To the frame: hand the contents that came for this request over to the workshop that encrypts or opens, on the channel of picked files. */
  handOver: defineVerb(v.strictObject({ id: requestId }), v.void()),
  /**
   * The backup key file of a package that is whole, under a passphrase that is drawn here and kept nowhere. The file key is there for it until the
   * approval window is closed, at most ten minutes; then CONSENT_EXPIRED. Asked again it draws another passphrase.
   */
  backupKey: defineVerb(
    v.strictObject({ id: requestId }),
    v.object({ file: base64Url(1, limits.backupKeyLen), passphrase }),
  ),
  /** The key in a backup key file, for the room of an order that the companion program has just read and judged. Kept nowhere. */
  releaseBackup: defineVerb(
    v.strictObject({
      file: base64Url(1, limits.backupKeyLen),
      passphrase: typedPassphrase,
      order: base64Url(1, limits.noticeLen),
      stampedAt: instant,
      stampedFrom: instant,
      clockAccepted: v.boolean(),
    }),
    v.object({ releasedKey: base64Url(1, limits.noticeLen) }),
  ),
  /**
   * Reads a bid package that came with a request, or that the person picked in a window of ours (`picked`), as far as no key is needed: frame, header,
   * trailer, signature, hash of the payload. MALFORMED where anything does not hold. Asked again under the id, with nothing, it says the same.
   */
  readPackage: defineVerb(
    v.strictObject({ id: requestId, package: v.exactOptional(content), picked: v.exactOptional(v.literal(true)) }),
    v.object({
      packageId,
      header: base64Url(1, limits.bidHeaderLen),
      keyBlock: base64Url(1, limits.keyBlockLen),
      lot: v.object({
        projectCode: v.string(),
        projectName: v.string(),
        lot: v.string(),
        openingTime: instant,
      }),
      /** Of its signature: it stands for the whole package. SM3, base64url. */
      signatureSm3: v.string(),
      /** Bytes of all. */
      len: v.number(),
      /** The certificate that signed it, as lists of keys show it. */
      needed: v.object({ authority: v.string(), serialTail: v.string(), notAfter: v.string() }),
      /** Last four of the serial numbers of the encryption certificates that open it, as far as they are named so. */
      recipientTails: v.array(v.string()),
    }),
  ),
  /** A key pair for the file key's way here, of the worker that holds the package; the public one. */
  expectKey: defineVerb(v.strictObject({ id: requestId }), v.object({ worker: publicPoint })),
  /**
   * Opens the package that was read, by the file key that the companion program sealed, or by a backup key file. The files are there for the window of
   * this id, and go with it; where anything fails none is. BID_NOT_OPENED, BACKUP_KEY_REFUSED, STORAGE_FULL.
   */
  openPackage: defineVerb(
    v.strictObject({
      id: requestId,
      by: v.union([
        v.strictObject({ sealedKey: sealedFileKey }),
        v.strictObject({ file: base64Url(1, limits.backupKeyLen), passphrase: typedPassphrase }),
      ]),
    }),
    v.object({ files: v.number() }),
  ),
  /** What was opened under the id: for its window alone. */
  openedFiles: defineVerb(
    v.strictObject({ id: requestId }),
    v.object({ files: v.array(v.object({ name: v.string(), size: v.number() })) }),
  ),
  release: defineVerb(v.strictObject({ id: requestId }), v.void()),
} as const;

/** The approval window of a request holds this lock of the browser's as long as it is open; whoever waits for it learns when it is gone. */
export const approvalLock = (id: string): string => `approval:${id}`;

/** Where the window hands over what the person picked: a channel that only the extension's own pages can open. */
export const bidFilesChannel = (id: string): string => `bid-files:${id}`;

/** Approval window → workshop, on that channel: what the person picked; or frame → workshop: what the page brought. Sent until it is taken. */
export const bidFilesMessage = v.strictObject({
  v: v.literal(1),
  kind: v.literal("bid-files"),
  id: requestId,
  files: v.pipe(v.array(v.instance(Blob)), v.minLength(1), v.maxLength(limits.packageFiles)),
});

/** workshop → approval window, on the same channel. */
export const bidFilesTaken = v.strictObject({ v: v.literal(1), kind: v.literal("bid-files-taken"), id: requestId });

/**
 * Where the workshop of a request is: in a document of the extension's own, or in the frame inside the page, for Chromium before
 * 148, whose messages carry no Blobs.
 */
export const workshopPlace = v.picklist(["own", "frame"]);

export type WorkshopPlace = v.InferOutput<typeof workshopPlace>;

export type WorkshopVerbs = typeof workshopVerbs;
export type WorkshopVerb = keyof WorkshopVerbs;
export type WorkshopParams<N extends WorkshopVerb> = v.InferOutput<WorkshopVerbs[N]["params"]>;
export type WorkshopResult<N extends WorkshopVerb> = v.InferOutput<WorkshopVerbs[N]["result"]>;

/** A question to the workshop, as it travels. */
export const workshopMessage = v.strictObject({
  v: v.literal(1),
  kind: v.literal("workshop"),
  place: workshopPlace,
  verb: v.picklist(Object.keys(workshopVerbs) as [WorkshopVerb, ...WorkshopVerb[]]),
  params: v.unknown(),
});

/** workshop → background and windows: how far the reading of a request's items is, in bytes; of a package, how far writing it and opening it again is. */
export const workshopProgress = v.strictObject({
  v: v.literal(1),
  kind: v.literal("workshop-progress"),
  id: requestId,
  done: v.number(),
  total: v.number(),
});
