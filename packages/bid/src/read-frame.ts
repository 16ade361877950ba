/** The ZIP64 frame of a bid package, read: lengths and CRC-32s are taken, the frame is written anew, and compared. */
import { sameBytes } from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { type ByteSource, type Crc32, readExactly } from "./bytes-in-and-out.ts";
import { type ByEntry, byEntry, ENTRIES, type EntryFacts, type EntryName, frameOf, MEDIA_TYPE } from "./frame.ts";
import { COMMITMENT_LEN } from "./keys.ts";
import { malformed } from "./refusals.ts";
import { SEALED_LEN } from "./segments.ts";

/** The small entries' contents, and where the large one lies. */
export interface FramedEntries {
  readonly header: Uint8Array;
  readonly commitment: Uint8Array;
  readonly keyBlock: Uint8Array;
  readonly trailer: Uint8Array;
  readonly signature: Uint8Array;
  /** Offset of the first segment, bytes of all, and the CRC-32 that the frame says. */
  readonly payload: { readonly at: number } & EntryFacts;
}

const mediaType = new TextEncoder().encode(MEDIA_TYPE);

/** Least and most bytes of each entry. */
const LENGTHS: ByEntry<readonly [number, number]> = {
  mimetype: [mediaType.length, mediaType.length],
  "header.json": [1, limits.bidHeaderLen],
  commitment: [COMMITMENT_LEN, COMMITMENT_LEN],
  "key-block.p7m": [1, limits.keyBlockLen],
  payload: [SEALED_LEN, limits.packageLen],
  "trailer.json": [1, limits.bidTrailerLen],
  "META-INF/signature.p7s": [1, limits.bidSignatureLen],
};

/** A frame around nothing: its directory and end are as long as every other's. */
const EMPTY = frameOf(byEntry(() => ({ len: 0, crc: 0 })));

/** Offsets in a directory entry: CRC-32, size, name; and of the size in the ZIP64 field behind the payload's name. */
const CRC_AT = 16;
const SIZE_AT = 24;
const NAME_AT = 46;
const PAYLOAD_SIZE_AT = NAME_AT + "payload".length + 4;

/** Extra fields of the directory: as they are written, each has one length. */
const extraLenOf = (name: EntryName): number =>
  name === "payload" ? 20 : ENTRIES.indexOf(name) > ENTRIES.indexOf("payload") ? 12 : 0;

/** What the directory says of each entry, where it would be if it is ours. */
function readFacts(tail: Uint8Array): ByEntry<EntryFacts> {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  let at = 0;
  return byEntry((name) => {
    const size =
      name === "payload" ? view.getBigUint64(at + PAYLOAD_SIZE_AT, true) : view.getUint32(at + SIZE_AT, true);
    const crc = view.getUint32(at + CRC_AT, true);
    const [least, most] = LENGTHS[name];
    if (size < least || size > most) throw malformed();
    at += NAME_AT + name.length + extraLenOf(name);
    return { len: Number(size), crc };
  });
}

/**
 * Reads everything but the payload: at most about 90 KB, in three reads.
 *
 * @throws OperationError MALFORMED where one byte of the frame is not as the format has it, or the CRC-32 of a small entry is
 *   another; CONTENT_UNREADABLE where the source gives fewer bytes than it has
 */
export async function readFrame(source: ByteSource, crc32: Crc32): Promise<FramedEntries> {
  if (source.size > limits.packageLen || source.size < EMPTY.len) throw malformed();
  const tailLen = EMPTY.tail.bytes.length;
  const tail = await readExactly(source, source.size - tailLen, tailLen);
  const facts = readFacts(tail);
  const frame = frameOf(facts);
  if (frame.len !== source.size || facts.payload.len % SEALED_LEN !== 0 || !sameBytes(tail, frame.tail.bytes)) {
    throw malformed();
  }
  const { contentAt } = frame.locals.payload;
  const behindAt = contentAt + facts.payload.len;
  const before = await readExactly(source, 0, contentAt);
  const behind = await readExactly(source, behindAt, frame.tail.at - behindAt);

  /** The bytes from `at` on, which are not the payload's. */
  const bytesAt = (at: number, len: number): Uint8Array =>
    at < contentAt ? before.subarray(at, at + len) : behind.subarray(at - behindAt, at - behindAt + len);

  for (const name of ENTRIES) {
    const { at, bytes } = frame.locals[name];
    if (!sameBytes(bytesAt(at, bytes.length), bytes)) throw malformed();
  }

  function contentOf(name: Exclude<EntryName, "payload">): Uint8Array {
    const content = bytesAt(frame.locals[name].contentAt, facts[name].len);
    if (crc32(content, 0) !== facts[name].crc) throw malformed();
    return content;
  }

  if (!sameBytes(contentOf("mimetype"), mediaType)) throw malformed();
  return {
    header: contentOf("header.json"),
    commitment: contentOf("commitment"),
    keyBlock: contentOf("key-block.p7m"),
    trailer: contentOf("trailer.json"),
    signature: contentOf("META-INF/signature.p7s"),
    payload: { at: contentAt, ...facts.payload },
  };
}
