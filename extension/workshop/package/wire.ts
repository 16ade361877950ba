/** What the workers of a package are asked. */
import type { BackupRelease, BidFiles } from "@certbridge/bid";
import type { BidHeader } from "@certbridge/protocol/bid";

export type HeaderFields = Omit<BidHeader, "format" | "packageId">;

/** The worker that makes the package: it has the file key, reads the files, and writes. */
export type PackageCalls = {
  /** `recipients`: certificates, DER. */
  begin: {
    params: { readonly header: HeaderFields; readonly recipients: readonly Uint8Array[] };
    result: { readonly packageId: string; readonly header: Uint8Array; readonly keyBlock: Uint8Array };
  };
  /** `name` is that of the file to write; `contents` are the files, in order. Reports bytes of the payload. */
  write: {
    params: {
      readonly name: string;
      readonly files: BidFiles;
      readonly contents: readonly Blob[];
      readonly ledgerHead: string | undefined;
    };
    result: { readonly trailer: Uint8Array; readonly payloadLen: number };
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

/** Segments of a batch, side by side, and pieces of a file that are hashed at once: as many as the core hashes side by side. */
export const AT_ONCE = 4;

/** A hand of that worker: one more core, for what can be done in any order. */
export type HandCalls = {
  /** With what it seals and opens from then on: key and prefix of the payload. */
  prepare: {
    params: { readonly key: Uint8Array<ArrayBuffer>; readonly prefix: Uint8Array<ArrayBuffer> };
    result: void;
  };
  /** Opens a segment of the same payload, and gives its memory away; null where its tag is wrong. */
  open: {
    params: { readonly index: number; readonly isLast: boolean; readonly sealed: Uint8Array };
    result: { readonly plain: Uint8Array<ArrayBuffer> } | null;
  };
  /** SM3 of each piece of a part of a file, which begins where a piece does. */
  hash: { params: { readonly bytes: Uint8Array }; result: readonly Uint8Array[] };
  /** Seals the segments in `plain`, the first of which has that index. Gives `plain` back, and the SM3 of each. */
  seal: {
    params: { readonly index: number; readonly isLast: boolean; readonly plain: Uint8Array<ArrayBuffer> };
    result: {
      readonly sealed: readonly Uint8Array<ArrayBuffer>[];
      readonly digests: readonly Uint8Array[];
      readonly plain: Uint8Array<ArrayBuffer>;
    };
  };
};
