/** What the workers of a package are asked. */
import type {
  BackupRelease,
  BidFiles,
  OwnPackage,
  RunOpener,
  SealedBatch,
  SegmentBatch,
  SegmentRun,
} from "@certbridge/bid";
import type { BidHeader } from "@certbridge/protocol/bid";

export type HeaderFields = Omit<BidHeader, "packageId">;

/** The worker that makes the package: it has the file key, reads the files, and writes. */
export type PackageCalls = {
  /** `recipients`: certificates, DER. */
  begin: {
    params: { readonly header: HeaderFields; readonly recipients: readonly Uint8Array[] };
    result: { readonly packageId: string; readonly header: Uint8Array; readonly keyBlock: Uint8Array };
  };
  /** `name` is that of the file to write; `contents` are the files, in order. Reports bytes of the payload, of a legacy package those of the archive in it. */
  write: {
    params: {
      readonly name: string;
      readonly files: BidFiles;
      readonly contents: readonly Blob[];
      readonly ledgerHead: string | undefined;
    };
    result: { readonly trailer: Uint8Array };
  };
  finish: { params: { readonly signature: Uint8Array }; result: { readonly len: number } };
  /** Opens what was written, as whoever opens it on the day will. Reports bytes of the payload. */
  check: { params: { readonly name: string }; result: void };
  /** The backup key file of a package that is whole, under a new passphrase. */
  backup: { params: undefined; result: { readonly file: Uint8Array; readonly passphrase: string } };
  /** Overwrites the file key. */
  wipe: { params: undefined; result: void };
};

/** The worker that opens a backup key file: for an order that was proved, gives the released key's bytes. */
export type BackupCalls = {
  release: { params: Omit<BackupRelease, "now" | "fresh">; result: Uint8Array };
};

/** The worker that opens one package for its bidder. */
export type OpeningCalls = {
  /** Reads it as far as no key is needed. `name` is the file's. Reports bytes of the payload. */
  read: {
    params: { readonly content: Blob; readonly name: string };
    result: Pick<OwnPackage, "header" | "headerBytes" | "keyBlock" | "signatureSm3" | "recipients"> & {
      /** Of the certificate that signed it. */
      readonly signer: { readonly authority: string; readonly serialNumber: string; readonly notAfter: Date };
    };
  };
  /** A fresh SM2 public key, 65 bytes, whose private one stays here. */
  expectKey: { params: undefined; result: Uint8Array };
  /** Opens it into files under that id. Reports bytes of the payload. */
  open: { params: { readonly id: string; readonly by: KeyOfPackage }; result: BidFiles };
};

/** A sealed file key, or a backup key file and what was typed. */
export type KeyOfPackage =
  | { readonly sealedKey: Uint8Array }
  | { readonly file: Uint8Array; readonly passphrase: string };

/** Segments of a batch, side by side, and pieces of a file that are hashed at once: as many as the core hashes side by side. */
export const AT_ONCE = 4;

/** A hand of that worker: one more core, for what can be done in any order. */
export type HandCalls = {
  /** With what it seals and opens from then on: key and prefix of the payload. */
  prepare: {
    params: { readonly key: Uint8Array<ArrayBuffer>; readonly prefix: Uint8Array<ArrayBuffer> };
    result: void;
  };
  /** Opens segments of the same payload, in the memory that they came in, and gives it back. */
  open: { params: SegmentRun; result: Awaited<ReturnType<RunOpener>> };
  /** SM3 of each piece of a part of a file, which begins where a piece does. Gives the memory back. */
  hash: {
    params: { readonly bytes: Uint8Array<ArrayBuffer> };
    result: { readonly digests: readonly Uint8Array[]; readonly bytes: Uint8Array<ArrayBuffer> };
  };
  /** Seals segments of the same payload, in the memory that they came in, and gives it back. */
  seal: { params: SegmentBatch; result: SealedBatch };
};
