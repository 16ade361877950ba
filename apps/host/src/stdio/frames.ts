/**
 * Native-messaging frames: the length of a message in 32 bits, little-endian (the machine's order, as Chromium and Firefox
 * have it on every processor they run on), then the message in UTF-8.
 */

const HEADER_LEN = 4;

/** A length that no peer of ours sends: the stream is garbage or hostile, and where its next frame begins is unknown. */
export class FrameError extends Error {
  constructor(len: number, limit: number) {
    super(`a frame of ${len} bytes, the limit is ${limit}`);
    this.name = "FrameError";
  }
}

export function encodeFrame(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_LEN + message.length);
  frame.writeUInt32LE(message.length, 0);
  frame.set(message, HEADER_LEN);
  return frame;
}

/**
 * Cuts a byte stream into messages, however the stream was cut before. Holds at most one frame of `limit` bytes. Chunks are
 * taken over and wiped once their message is out, since a message may carry a PIN.
 */
export class FrameReader {
  readonly #limit: number;
  #held: Buffer[] = [];
  #heldLen = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of a frame that is not whole yet. */
  get pendingLen(): number {
    return this.#heldLen;
  }

  #join(): void {
    const all = Buffer.concat(this.#held);
    for (const chunk of this.#held) chunk.fill(0);
    this.#held = [all];
  }

  #take(len: number): Buffer {
    this.#join();
    const [all = Buffer.alloc(0)] = this.#held;
    const rest = all.subarray(len);
    this.#held = rest.length === 0 ? [] : [rest];
    this.#heldLen = rest.length;
    return all.subarray(0, len);
  }

  /** The length that the next frame names; null where its header is not whole. */
  #nextLen(): number | null {
    if (this.#heldLen < HEADER_LEN) return null;
    const [first] = this.#held;
    if (first === undefined || first.length < HEADER_LEN) this.#join();
    return this.#held[0]?.readUInt32LE(0) ?? null;
  }

  /**
   * The messages that this chunk completes, in order. The next one is not looked for before the last one was taken.
   *
   * @throws FrameError as soon as a header names more than the limit, before a byte of the message is held. What came whole before
   *   it was given by then, however the stream was cut.
   */
  *push(chunk: Buffer): Generator<Buffer, void, undefined> {
    if (chunk.length > 0) this.#held.push(chunk);
    this.#heldLen += chunk.length;
    for (let len = this.#nextLen(); len !== null; len = this.#nextLen()) {
      if (len > this.#limit) throw new FrameError(len, this.#limit);
      if (this.#heldLen < HEADER_LEN + len) break;
      yield this.#take(HEADER_LEN + len).subarray(HEADER_LEN);
    }
  }
}
