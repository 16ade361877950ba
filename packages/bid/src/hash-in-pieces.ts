/**
 * SM3 of what is long, in pieces: SM3 over the SM3 of each, four pieces side by side. docs/formats/bid-package.md, SM3 in pieces;
 * why: docs/decisions/0011
 */
import type { Gm } from "@certbridge/gm";

/** Pieces that the core hashes at once. */
const LANES = 4;

/** A running SM3 in pieces. */
export interface PieceHash {
  /** Bytes of any number, wherever pieces begin; what is not hashed at once is copied. */
  update(bytes: Uint8Array): void;
  /**
   * The next piece, whole, or the last. Kept as it is until three more have come so or the digest is taken: not to be changed, nor
   * transferred, before. Not between parts of a piece: Error.
   */
  take(piece: Uint8Array): void;
  /** The next piece, whole, or the last, by its SM3, 32 bytes, where somebody has hashed it already. Not between parts of a piece: Error. */
  takeHashed(sm3: Uint8Array): void;
  /** 32 bytes; what comes after it begins another hash. */
  digest(): Uint8Array<ArrayBuffer>;
}

/** The SM3 of each piece, 32 bytes, for {@link PieceHash.takeHashed}: the part of the work that can be done anywhere. */
export function hashPieces(gm: Pick<Gm, "sm3Many">, pieces: readonly Uint8Array[]): readonly Uint8Array<ArrayBuffer>[] {
  const digests: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < pieces.length; at += LANES) digests.push(...gm.sm3Many(pieces.slice(at, at + LANES)));
  return digests;
}

/** Holds at most four pieces, in memory that it makes when it first needs it and keeps. */
export function createPieceHash(gm: Pick<Gm, "sm3Many" | "createSm3">, pieceLen: number): PieceHash {
  let outer = gm.createSm3();
  let waiting: Uint8Array[] = [];
  /** What the outer hash takes next: digests of pieces that somebody hashed, and null for each that waits. */
  let next: (Uint8Array | null)[] = [];
  /** Where pieces that come in parts are put together, by their place among those that wait. */
  const own: Uint8Array[] = [];
  let filledLen = 0;

  function hashWaiting(): void {
    const digests = gm.sm3Many(waiting).values();
    for (const hashed of next) {
      const digest = hashed ?? digests.next().value;
      if (digest !== undefined) outer.update(digest);
    }
    waiting = [];
    next = [];
  }

  function add(piece: Uint8Array): void {
    next.push(null);
    waiting.push(piece);
    if (waiting.length === LANES) hashWaiting();
  }

  /** Up to the end of a piece; answers how many bytes that took. */
  function fill(bytes: Uint8Array): number {
    const buffer = (own[waiting.length] ??= new Uint8Array(pieceLen));
    const part = bytes.subarray(0, pieceLen - filledLen);
    buffer.set(part, filledLen);
    filledLen += part.length;
    if (filledLen === pieceLen) {
      filledLen = 0;
      add(buffer);
    }
    return part.length;
  }

  return {
    update(bytes) {
      for (let at = 0; at < bytes.length;) {
        if (filledLen === 0 && waiting.length === 0 && bytes.length - at >= LANES * pieceLen) {
          for (let lane = 0; lane < LANES; lane++, at += pieceLen) add(bytes.subarray(at, at + pieceLen));
        } else {
          at += fill(bytes.subarray(at));
        }
      }
    },
    take(piece) {
      if (filledLen > 0) throw new Error("a piece is not whole yet");
      add(piece);
    },
    takeHashed(sm3) {
      if (filledLen > 0) throw new Error("a piece is not whole yet");
      // Behind a piece that waits for three more, it waits with it.
      if (waiting.length > 0) next.push(sm3);
      else outer.update(sm3);
    },
    digest() {
      const last = own[waiting.length];
      if (last !== undefined && filledLen > 0) add(last.subarray(0, filledLen));
      filledLen = 0;
      hashWaiting();
      const digest = outer.digest();
      outer = gm.createSm3();
      return digest;
    },
  };
}
