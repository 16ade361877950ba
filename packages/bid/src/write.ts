/**
 * Sealed segments → the package: the half of writing that knows no key, so that it can stand in a worker of its own.
 * docs/formats/bid-package.md, The file, Trailer, Signature
 */
import type { Gm } from "@certbridge/gm";
import { type BidHeader, bidHeader, type BidTrailer } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { ByteSink, Crc32 } from "./bytes-in-and-out.ts";
import { byEntry, type EntryFacts, type EntryName, type Frame, frameOf, MEDIA_TYPE } from "./frame.ts";
import { createPieceHash } from "./hash-in-pieces.ts";
import { COMMITMENT_LEN } from "./keys.ts";
import { SEALED_LEN } from "./segments.ts";
import { verifyTrailer } from "./signature.ts";

/** What is written before the payload, each entry's bytes, and how long the payload will be. */
export interface PackageParts {
  readonly header: Uint8Array;
  readonly commitment: Uint8Array;
  /** EnvelopedData over `encodeKeyBlockContent`, DER. */
  readonly keyBlock: Uint8Array;
  readonly payloadLen: number;
  /** Of the bid's ledger, base64url, where there is one: the trailer has it. */
  readonly ledgerHead?: string;
}

/** A package that is being written. Calls out of order are Errors. */
export interface PackageWriter {
  /**
   * The next sealed segment. It is the writer's from then on: not to be changed, nor transferred.
   *
   * @param sm3 its SM3, 32 bytes, where somebody has hashed it already
   */
  add(sealed: Uint8Array<ArrayBuffer>, sm3?: Uint8Array): Promise<void>;
  /** Behind the last segment: the bytes of the trailer, whose signature {@link finish} takes. */
  endPayload(): Uint8Array<ArrayBuffer>;
  /**
   * Writes the rest.
   *
   * @param signature SignedData without its content, DER, by the certificate that the header names
   * @returns bytes of the whole package
   * @throws ProofError, OperationError MALFORMED: the signature is verified first, so that nothing is finished that nobody can read
   */
  finish(signature: Uint8Array): Promise<number>;
}

const utf8 = new TextEncoder();

/** The longest hash, base64url: for a trailer whose length is wanted before its hashes are known. */
const ANY_SM3 = "A".repeat(43);

/** Of a package with such parts and a signature of `signatureLen` bytes, which alone differs from one signing to the next. */
export function packageLenOf(lens: {
  readonly headerLen: number;
  readonly keyBlockLen: number;
  readonly payloadLen: number;
  readonly signatureLen: number;
  readonly hasLedgerHead?: boolean;
}): number {
  const trailer: BidTrailer = {
    format: "shared-certificate-bid-trailer:1",
    headerSm3: ANY_SM3,
    commitment: ANY_SM3,
    keyBlockSm3: ANY_SM3,
    payloadLen: lens.payloadLen,
    payloadSm3: ANY_SM3,
    ...(lens.hasLedgerHead === true ? { ledgerHead: ANY_SM3 } : {}),
  };
  const entries: Readonly<Record<EntryName, number>> = {
    mimetype: MEDIA_TYPE.length,
    "header.json": lens.headerLen,
    commitment: COMMITMENT_LEN,
    "key-block.p7m": lens.keyBlockLen,
    payload: lens.payloadLen,
    "trailer.json": encodeCanonical(trailer).length,
    "META-INF/signature.p7s": lens.signatureLen,
  };
  return frameOf(byEntry((name) => ({ len: entries[name], crc: 0 }))).len;
}

/** @throws OperationError MALFORMED, TOO_LARGE · RangeError where a part has a length that no package's has */
function checkParts({ header, commitment, keyBlock, payloadLen }: PackageParts): BidHeader {
  const said = parseCanonical(bidHeader, header, limits.bidHeaderLen, "bid header");
  if (commitment.length !== COMMITMENT_LEN) throw new RangeError(`"commitment" expected ${COMMITMENT_LEN} bytes`);
  if (keyBlock.length === 0) throw new RangeError('"keyBlock" expected at least 1 byte');
  if (keyBlock.length > limits.keyBlockLen) throw new OperationError("TOO_LARGE", { limit: limits.keyBlockLen });
  if (!(payloadLen >= SEALED_LEN) || payloadLen % SEALED_LEN !== 0) {
    throw new RangeError('"payloadLen" expected whole segments');
  }
  const lens = { headerLen: header.length, keyBlockLen: keyBlock.length, payloadLen };
  if (packageLenOf({ ...lens, signatureLen: limits.bidSignatureLen, hasLedgerHead: true }) > limits.packageLen) {
    throw new OperationError("TOO_LARGE", { limit: limits.packageLen });
  }
  return said;
}

/**
 * Writes what stands before the payload.
 *
 * @throws OperationError MALFORMED where the header is none, TOO_LARGE · RangeError where a part has a length that no package's has
 */
export async function beginPackage(
  options: PackageParts & {
    readonly gm: Pick<Gm, "sm2Verify" | "sm3" | "sm3Many" | "createSm3">;
    readonly crc32: Crc32;
    readonly sink: ByteSink;
  },
): Promise<PackageWriter> {
  const { gm, crc32, sink, header, commitment, keyBlock, payloadLen, ledgerHead } = options;
  const said = checkParts(options);
  const hash = createPieceHash(gm, SEALED_LEN);
  let addedLen = 0;
  let payloadCrc = 0;
  let trailer: Uint8Array<ArrayBuffer> | null = null;
  let finished = false;

  /** The entries' contents but the payload, empty where they are not known yet. */
  const contents: Record<Exclude<EntryName, "payload">, Uint8Array<ArrayBuffer>> = {
    mimetype: utf8.encode(MEDIA_TYPE),
    "header.json": new Uint8Array(header),
    commitment: new Uint8Array(commitment),
    "key-block.p7m": new Uint8Array(keyBlock),
    "trailer.json": new Uint8Array(0),
    "META-INF/signature.p7s": new Uint8Array(0),
  };

  const frameNow = () =>
    frameOf(
      byEntry((name): EntryFacts => {
        if (name === "payload") return { len: payloadLen, crc: payloadCrc };
        return { len: contents[name].length, crc: crc32(contents[name], 0) };
      }),
    );

  async function writeEntry({ locals }: Frame, name: Exclude<EntryName, "payload">): Promise<void> {
    await sink.write(locals[name].at, locals[name].bytes);
    await sink.write(locals[name].contentAt, contents[name]);
  }

  const before = frameNow();
  const payloadAt = before.locals.payload.contentAt;
  for (const name of ["mimetype", "header.json", "commitment", "key-block.p7m"] as const)
    await writeEntry(before, name);
  // Its CRC-32 comes when the payload has been seen.
  await sink.write(before.locals.payload.at, before.locals.payload.bytes);

  return {
    async add(sealed, sm3) {
      if (sealed.length !== SEALED_LEN) throw new RangeError(`"sealed" expected ${SEALED_LEN} bytes`);
      if (addedLen === payloadLen) throw new Error("the payload has all its segments");
      const at = payloadAt + addedLen;
      addedLen += SEALED_LEN;
      // Written while it is hashed, where the sink can do that.
      const written = sink.write(at, sealed);
      payloadCrc = crc32(sealed, payloadCrc);
      if (sm3 === undefined) hash.take(sealed);
      else hash.takeHashed(sm3);
      await written;
    },
    endPayload() {
      if (addedLen !== payloadLen || trailer !== null)
        throw new Error("the payload has segments to come, or has ended");
      const says: BidTrailer = {
        format: "shared-certificate-bid-trailer:1",
        headerSm3: encodeBase64Url(gm.sm3(header)),
        commitment: encodeBase64Url(commitment),
        keyBlockSm3: encodeBase64Url(gm.sm3(keyBlock)),
        payloadLen,
        payloadSm3: encodeBase64Url(hash.digest()),
        ...(ledgerHead === undefined ? {} : { ledgerHead }),
      };
      trailer = encodeCanonical(says);
      return trailer.slice();
    },
    async finish(signature) {
      if (trailer === null || finished) throw new Error("the payload has not ended, or the package is finished");
      verifyTrailer(gm, { header: said, trailer, signature });
      finished = true;
      contents["trailer.json"] = trailer;
      contents["META-INF/signature.p7s"] = new Uint8Array(signature);
      const frame = frameNow();
      await writeEntry(frame, "trailer.json");
      await writeEntry(frame, "META-INF/signature.p7s");
      await sink.write(frame.tail.at, frame.tail.bytes);
      await sink.write(frame.locals.payload.at, frame.locals.payload.bytes);
      return frame.len;
    },
  };
}
