/**
 * BER (ITU-T X.690 clause 8), read while it comes: what is large is never whole in memory. Lengths may be definite or indefinite, of as many
 * bytes as they like, strings in one piece or in chunks, as the programs of the field write. Small elements come out with definite lengths, so
 * that the parsers of DER can look at them.
 */
import { element } from "@certbridge/pki";
import { limits } from "@certbridge/protocol/limits";
import { join } from "../bytes-in-and-out.ts";
import { malformed } from "../refusals.ts";

/** Bytes of a string that come at once. Whole cipher blocks. */
export const BLOCK_LEN = 64 * 1024;

const OCTET_STRING = 0x04;
const CONSTRUCTED = 0x20;
/** Most bytes of a length that are read: 2⁵³ has seven. */
const LENGTH_LEN = 8;
/**
 * How finely a string may be cut: into so many chunks, whatever is in them, and one more for every so many octets beyond. A chunk costs as much as
 * some hundred octets do, so that without a bound a file of empty ones keeps its reader for an hour.
 */
const FREE_CHUNKS = 16_384;
const CHUNK_LEN_LEAST = 256;

/** The next bytes, any number but none; null behind the last one. */
export type Pull = () => Promise<Uint8Array | null>;

/** Everything that is not as it is asked for is MALFORMED. */
export interface BerReader {
  /** The tag of the next element; null at the end of the one that is open, or of everything. */
  peek(): Promise<number | null>;
  /** Opens a constructed element of this tag. */
  enter(tag: number): Promise<void>;
  /** Closes the one that was opened last; it must have ended. */
  leave(): Promise<void>;
  /** The next element, whole, with definite lengths wherever it had others. At most `maxLen` bytes. */
  element(maxLen: number): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The contents of a string: primitive of this tag, or constructed of OCTET STRINGs, 16,384 at most and one more for every 256 octets. Each
   * block has BLOCK_LEN bytes and is an array of its own; the last one has what is left, and there is none for no bytes.
   */
  octets(tag: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void>;
  /** Behind everything: nothing may be left. */
  end(): Promise<void>;
}

interface Header {
  readonly tag: number;
  /** Null where the contents end with 00 00. */
  readonly len: number | null;
}

/** An element that is open: where it ends by its own length, and by any around it. */
interface Open {
  readonly end: number | null;
  readonly limit: number;
}

export function createBerReader(pull: Pull): BerReader {
  let held: Uint8Array = new Uint8Array(0);
  let from = 0;
  let position = 0;
  const open: Open[] = [];

  const limit = (): number => open.at(-1)?.limit ?? Number.MAX_SAFE_INTEGER;

  /** At least so many bytes; false where fewer are left. */
  async function have(len: number): Promise<boolean> {
    while (held.length - from < len) {
      const next = await pull();
      if (next === null) return false;
      held = from === held.length ? next : join([held.subarray(from), next]);
      from = 0;
    }
    return true;
  }

  function skip(len: number): void {
    from += len;
    position += len;
    if (position > limit()) throw malformed();
  }

  async function take(len: number): Promise<Uint8Array<ArrayBuffer>> {
    if (!(await have(len))) throw malformed();
    const bytes = held.slice(from, from + len);
    skip(len);
    return bytes;
  }

  async function header(): Promise<Header> {
    // Most headers are there already: then nobody waits.
    if (held.length - from < 2 && !(await have(2))) throw malformed();
    const tag = held[from] ?? 0;
    const first = held[from + 1] ?? 0;
    if (tag === 0 || (tag & 0x1f) === 0x1f) throw malformed();
    if (first === 0x80) {
      if ((tag & CONSTRUCTED) === 0) throw malformed();
      skip(2);
      return { tag, len: null };
    }
    const lenLen = first < 0x80 ? 0 : first & 0x7f;
    if (lenLen > LENGTH_LEN) throw malformed();
    if (held.length - from < 2 + lenLen && !(await have(2 + lenLen))) throw malformed();
    let len = lenLen === 0 ? first : 0;
    for (let at = 0; at < lenLen; at++) len = len * 256 + (held[from + 2 + at] ?? 0);
    skip(2 + lenLen);
    if (position + len > limit()) throw malformed();
    return { tag, len };
  }

  function push({ len }: Header): void {
    open.push(len === null ? { end: null, limit: limit() } : { end: position + len, limit: position + len });
  }

  /** Whether nothing is left in the element that is open. Its 00 00 stays where it is. */
  async function isOver(): Promise<boolean> {
    const inner = open.at(-1);
    if (inner !== undefined && inner.end !== null) return position === inner.end;
    if (inner === undefined) return held.length === from && !(await have(1));
    if (held.length - from < 2 && !(await have(2))) throw malformed();
    return held[from] === 0 && held[from + 1] === 0;
  }

  async function leave(): Promise<void> {
    if (!(await isOver())) throw malformed();
    if (open.at(-1)?.end === null) skip(2);
    open.pop();
  }

  async function small(maxLen: number, depth: number): Promise<Uint8Array<ArrayBuffer>> {
    const found = await header();
    if (depth > limits.derDepth || (found.len ?? 0) > maxLen) throw malformed();
    if (found.len !== null && (found.tag & CONSTRUCTED) === 0) return element(found.tag, await take(found.len));
    push(found);
    const parts: Uint8Array[] = [];
    let len = 0;
    while (!(await isOver())) {
      const part = await small(maxLen - len, depth + 1);
      parts.push(part);
      len += part.length;
      if (len > maxLen || parts.length > limits.derElements) throw malformed();
    }
    await leave();
    return element(found.tag, ...parts);
  }

  async function* octets(tag: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    let block = new Uint8Array(BLOCK_LEN);
    let blockLen = 0;

    async function* chunk(len: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
      for (let left = len; left > 0;) {
        if (held.length === from && !(await have(1))) throw malformed();
        const part = held.subarray(from, from + Math.min(left, BLOCK_LEN - blockLen));
        block.set(part, blockLen);
        blockLen += part.length;
        left -= part.length;
        skip(part.length);
        if (blockLen < BLOCK_LEN) continue;
        yield block;
        block = new Uint8Array(BLOCK_LEN);
        blockLen = 0;
      }
    }

    const whole = await header();
    if (whole.tag === tag && whole.len !== null) {
      yield* chunk(whole.len);
    } else {
      if (whole.tag !== (tag | CONSTRUCTED)) throw malformed();
      push(whole);
      let octetsLen = 0;
      for (let chunks = 1; !(await isOver()); chunks++) {
        const { tag: inner, len } = await header();
        if (inner !== OCTET_STRING || len === null) throw malformed();
        octetsLen += len;
        if (chunks > FREE_CHUNKS + octetsLen / CHUNK_LEN_LEAST) throw malformed();
        if (len > held.length - from || len >= BLOCK_LEN - blockLen) {
          yield* chunk(len);
          continue;
        }
        // A chunk of a thousand bytes, as many write them, is there already.
        block.set(held.subarray(from, from + len), blockLen);
        blockLen += len;
        skip(len);
      }
      await leave();
    }
    if (blockLen > 0) yield block.subarray(0, blockLen);
  }

  return {
    async peek() {
      if (await isOver()) return null;
      if (!(await have(1))) throw malformed();
      return held[from] ?? null;
    },
    async enter(tag) {
      const found = await header();
      if (found.tag !== tag || (tag & CONSTRUCTED) === 0) throw malformed();
      push(found);
    },
    leave,
    element: (maxLen) => small(maxLen, 1),
    octets,
    async end() {
      if (open.length > 0 || !(await isOver())) throw malformed();
    },
  };
}
