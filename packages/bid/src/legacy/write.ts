/**
 * A package in the legacy profile (旧格式), written from its beginning to its end: SignedData, in chunks, around an envelope, in chunks, around an
 * archive of the files. docs/formats/legacy-package.md
 */
import type { Gm } from "@certbridge/gm";
import {
  type Certificate,
  sameBytes,
  element,
  encodeEnvelopedData,
  objectIdentifier,
  octetString,
  oid,
  partsOf,
} from "@certbridge/pki";
import { bidFormats, bidHeader, type LegacyBidTrailer } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical, parseCanonical } from "@certbridge/protocol/canonical";
import { LEGACY_PACKAGE } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { type ByteSink, join } from "../bytes-in-and-out.ts";
import { commitmentOf, legacyContentKey } from "../keys.ts";
import { malformed } from "../refusals.ts";
import { createCbcWriter } from "./cbc.ts";
import { verifySignatureOver } from "./signature.ts";

/** What a package is made of, but its content. */
export interface LegacyPackageParts {
  /** `header.json`, of the legacy format. */
  readonly header: Uint8Array;
  /** EnvelopedData over `encodeKeyBlockContent` of this file key and header, DER. */
  readonly keyBlock: Uint8Array;
  /** 32 fresh random bytes, of no other package; the caller wipes them. */
  readonly fileKey: Uint8Array;
  /** Encryption certificates of whoever may open the envelope without the key block, 1 to 8. */
  readonly recipients: readonly Certificate[];
  /** 16 fresh random bytes. */
  readonly iv: Uint8Array;
  /** Of the bid's ledger as it was then, SM3, base64url; for the trailer. */
  readonly ledgerHead?: string;
}

/** A package that is being written. Calls out of order are Errors. */
export interface LegacyPackageWriter {
  /** The next bytes of the content, any number; the caller's again when the promise is kept. */
  add(content: Uint8Array): Promise<void>;
  /** Behind the last byte: the trailer, canonical JSON, for the signature that {@link finish} takes. */
  endContent(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Writes the rest.
   *
   * @param signature SignedData without its content, DER, over the envelope's SM3, with the context of this header, trailer and key block
   * @returns bytes of the whole package
   * @throws ProofError, OperationError MALFORMED: it is verified first
   */
  finish(signature: Uint8Array): Promise<number>;
  /** Overwrites the content key. To be called whatever happened. */
  close(): void;
}

/** Bytes of a chunk, of the ciphertext and of what is signed: so that readers that count in 31 bits read the largest package. */
const CHUNK_LEN = 1024 * 1024;
const INDEFINITE = 0x80;
const SEQUENCE = 0x30;
const INSIDE = 0xa0;
const OCTET_STRINGS = 0x24;
const VERSION = Uint8Array.of(2, 1, 1);

/** An element that is open, and the end of so many. */
const begin = (tag: number): Uint8Array => Uint8Array.of(tag, INDEFINITE);
const end = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(2 * count);

/** What stands before the ciphertext, and the content key. */
function beginEnvelope(gm: Gm, { recipients, iv }: LegacyPackageParts, contentKey: Uint8Array): Uint8Array {
  // A small envelope for the same recipients, whose recipients and algorithm are taken over.
  const small = encodeEnvelopedData(gm, { content: new Uint8Array(0), recipients, contentKey, iv });
  const what = "envelope";
  const [body] = partsOf(partsOf(small, SEQUENCE, what)[1], INSIDE, what);
  const [, infos, encrypted] = partsOf(body, SEQUENCE, what);
  const [contentType, algorithm] = partsOf(encrypted, SEQUENCE, what);
  if (infos === undefined || contentType === undefined || algorithm === undefined) throw malformed();
  return join([
    begin(SEQUENCE),
    objectIdentifier(oid.gmEnvelopedData),
    begin(INSIDE),
    begin(SEQUENCE),
    VERSION,
    infos,
    begin(SEQUENCE),
    contentType,
    algorithm,
    begin(INSIDE),
  ]);
}

/** Ends the ciphertext, and the five elements around it. */
const ENVELOPE_END = 5;

function beginSigned(): Uint8Array<ArrayBuffer> {
  const sm3 = element(SEQUENCE, objectIdentifier(oid.sm3), Uint8Array.of(5, 0));
  return join([
    begin(SEQUENCE),
    objectIdentifier(oid.gmSignedData),
    begin(INSIDE),
    begin(SEQUENCE),
    VERSION,
    element(0x31, sm3),
    begin(SEQUENCE),
    objectIdentifier(LEGACY_PACKAGE),
    begin(INSIDE),
    begin(OCTET_STRINGS),
  ]);
}

/** Certificates and signer, as they stand in SignedData without its content. */
function behindContent(signature: Uint8Array): readonly Uint8Array[] {
  const [body] = partsOf(partsOf(signature, SEQUENCE, "signature")[1], INSIDE, "signature");
  return partsOf(body, SEQUENCE, "signature").slice(3);
}

/** Bytes as they come, in pieces of CHUNK_LEN. */
function createPieces(take: (piece: Uint8Array<ArrayBuffer>) => Promise<void>) {
  let piece = new Uint8Array(CHUNK_LEN);
  let len = 0;
  return {
    async add(bytes: Uint8Array): Promise<void> {
      for (let at = 0; at < bytes.length;) {
        const part = bytes.subarray(at, at + CHUNK_LEN - len);
        piece.set(part, len);
        len += part.length;
        at += part.length;
        if (len < CHUNK_LEN) continue;
        await take(piece);
        piece = new Uint8Array(CHUNK_LEN);
        len = 0;
      }
    },
    /** What is left, fewer bytes than a piece has. */
    rest: () => piece.slice(0, len),
    wipe: () => void piece.fill(0),
  };
}

/**
 * Writes what stands before the content.
 *
 * @throws OperationError MALFORMED where the header is none of this profile, TOO_LARGE · ProofError CERTIFICATE_USAGE · RangeError where a
 *   part has another length than it must have
 */
export async function beginLegacyPackage(
  gm: Gm,
  sink: ByteSink,
  parts: LegacyPackageParts,
): Promise<LegacyPackageWriter> {
  const { header, keyBlock, fileKey } = parts;
  const said = parseCanonical(bidHeader, header, limits.bidHeaderLen, "bid header");
  if (said.format !== bidFormats.legacy) throw malformed();
  if (keyBlock.length > limits.keyBlockLen) throw new OperationError("TOO_LARGE", { limit: limits.keyBlockLen });
  const commitment = commitmentOf(gm, fileKey, header);
  const contentKey = legacyContentKey(gm, fileKey, header);
  const cbc = createCbcWriter(gm, contentKey, parts.iv);
  const hash = gm.createSm3();
  let at = 0;
  let payloadLen = 0;
  let trailer: Uint8Array<ArrayBuffer> | null = null;
  let finished = false;

  async function write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (at + bytes.length > limits.packageLen) throw new OperationError("TOO_LARGE", { limit: limits.packageLen });
    const place = at;
    at += bytes.length;
    await sink.write(place, bytes);
  }

  /** The envelope in chunks of the SignedData's content. */
  const signed = createPieces((piece) => write(octetString(piece)));
  async function put(bytes: Uint8Array): Promise<void> {
    hash.update(bytes);
    payloadLen += bytes.length;
    await signed.add(bytes);
  }

  /** The content in chunks of ciphertext. */
  const content = createPieces((piece) => put(octetString(cbc.add(piece))));

  await write(beginSigned());
  await put(beginEnvelope(gm, parts, contentKey));

  return {
    async add(bytes) {
      if (trailer !== null) throw new Error("the content has ended");
      await content.add(bytes);
    },
    async endContent() {
      if (trailer !== null) throw new Error("the content has ended");
      await put(octetString(cbc.end(content.rest())));
      await put(end(ENVELOPE_END));
      if (signed.rest().length > 0) await write(octetString(signed.rest()));
      // The chunks, [0], and the content's own SEQUENCE.
      await write(end(3));
      const says: LegacyBidTrailer = {
        format: "shared-certificate-bid-trailer:1-legacy",
        headerSm3: encodeBase64Url(gm.sm3(header)),
        commitment: encodeBase64Url(commitment),
        keyBlockSm3: encodeBase64Url(gm.sm3(keyBlock)),
        payloadLen,
        payloadSm3: encodeBase64Url(hash.digest()),
        ...(parts.ledgerHead === undefined ? {} : { ledgerHead: parts.ledgerHead }),
      };
      trailer = encodeCanonical(says);
      return trailer.slice();
    },
    async finish(signature) {
      if (trailer === null || finished) throw new Error("the content has not ended, or the package is finished");
      const { context } = verifySignatureOver(gm, signature, { sm3: hash.digest(), len: payloadLen });
      const fits =
        context !== null &&
        sameBytes(context.bytes.header, header) &&
        sameBytes(context.bytes.trailer, trailer) &&
        sameBytes(context.bytes.keyBlock, keyBlock);
      if (!fits) throw malformed();
      finished = true;
      await write(join([...behindContent(signature), end(3)]));
      return at;
    },
    close() {
      contentKey.fill(0);
      content.wipe();
    },
  };
}
