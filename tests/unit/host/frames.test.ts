import { describe, expect, test } from "vitest";
import { FrameError, FrameReader, encodeFrame } from "../../../apps/host/src/stdio/frames.ts";

const LIMIT = 64;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

describe("native-messaging frames", () => {
  test("a frame is its length, little-endian, then the message", () => {
    expect(encodeFrame(Buffer.from("ab"))).toEqual(Buffer.from([2, 0, 0, 0, 0x61, 0x62]));
  });

  test("a frame that arrives byte by byte is one message", () => {
    const reader = new FrameReader(LIMIT);
    const frame = encodeFrame(Buffer.from("互认"));
    const messages = Array.from(frame, (byte) => [...reader.push(Buffer.of(byte))]).flat();
    expect(messages.map(text)).toEqual(["互认"]);
    expect(reader.pendingLen).toBe(0);
  });

  test("two frames and a half in one chunk: two messages, the rest waits", () => {
    const reader = new FrameReader(LIMIT);
    const frames = ["a", "", "bcd"].map((word) => encodeFrame(Buffer.from(word)));
    const all = Buffer.concat(frames);
    expect(Array.from(reader.push(all.subarray(0, all.length - 2)), text)).toEqual(["a", ""]);
    expect(Array.from(reader.push(all.subarray(all.length - 2)), text)).toEqual(["bcd"]);
  });

  test("a message of the limit passes, one byte more is refused before a byte of it is held", () => {
    const reader = new FrameReader(LIMIT);
    expect([...reader.push(encodeFrame(Buffer.alloc(LIMIT)))]).toHaveLength(1);
    const header = Buffer.alloc(4);
    header.writeUInt32LE(LIMIT + 1);
    expect(() => [...reader.push(header)]).toThrow(FrameError);
  });

  test("garbage names a length that no peer sends", () => {
    expect(() => [...new FrameReader(LIMIT).push(Buffer.from("GET / HTTP/1.1\r\n"))]).toThrow(FrameError);
  });

  test("a header is not read before it is whole", () => {
    const reader = new FrameReader(LIMIT);
    expect([...reader.push(Buffer.from([0xff, 0xff, 0xff]))]).toEqual([]);
    expect(() => [...reader.push(Buffer.of(0xff))]).toThrow(FrameError);
  });

  test("messages that came whole before a broken header are given, in one chunk as in two", () => {
    const reader = new FrameReader(LIMIT);
    const messages = reader.push(Buffer.concat([encodeFrame(Buffer.from("a")), Buffer.from([0xff, 0xff, 0xff, 0xff])]));
    expect(text(messages.next().value ?? Buffer.alloc(0))).toBe("a");
    expect(() => messages.next()).toThrow(FrameError);
  });
});
