import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameReader, encodeFrame } from "../../../apps/host/src/stdio/frames.ts";

const LIMIT = 4096;

describe("frames in any chunking", () => {
  test("come out as they went in", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    const cuts = fc.array(fc.nat(3000), { maxLength: 20 });
    fc.assert(
      fc.property(messages, cuts, (sent, at) => {
        const stream = Buffer.concat(sent.map(encodeFrame));
        const edges = [0, ...at.map((cut) => Math.min(cut, stream.length)), stream.length].sort((a, b) => a - b);
        const reader = new FrameReader(LIMIT);
        const received = edges.slice(1).flatMap((end, i) => reader.push(stream.subarray(edges[i], end)));
        expect(received.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
          sent.map((bytes) => Buffer.from(bytes).toString("hex")),
        );
        expect(reader.pendingLen).toBe(0);
      }),
    );
  });

  test("any bytes give messages within the limit, or an error; never more than a frame is held", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 40 }), (chunks) => {
        const reader = new FrameReader(LIMIT);
        try {
          for (const chunk of chunks) {
            for (const message of reader.push(Buffer.from(chunk))) expect(message.length).toBeLessThanOrEqual(LIMIT);
          }
        } catch (error) {
          expect(error).toHaveProperty("name", "FrameError");
        }
        expect(reader.pendingLen).toBeLessThanOrEqual(LIMIT + 4 + 64);
      }),
    );
  });
});
