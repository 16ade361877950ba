import { PassThrough, Readable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameError, FrameReader, encodeFrame } from "../../../apps/host/src/stdio/frames.ts";
import { serve } from "../../../apps/host/src/stdio/serve.ts";
import { readFrames } from "../../support/host.ts";
import { anyJson } from "../../support/malformed/json.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";

const LIMIT = 256;

/** A stream cut at these places. */
function cut(stream: Buffer, at: readonly number[]): Buffer[] {
  const edges = [0, ...at.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  return edges.slice(1).map((end, i) => Buffer.from(stream.subarray(edges[i], end)));
}

const cuts = fc.array(fc.nat(3000), { maxLength: 12 });

const header = (len: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(len);
  return bytes;
};

/** Lengths at the limit, above what a signed number holds, and of frames that never come whole. */
const headers = fc
  .constantFrom(0, 1, 4, LIMIT - 1, LIMIT, LIMIT + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff)
  .map(header);

const hostile = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((message) => encodeFrame(message)),
      headers,
      fc.uint8Array({ maxLength: 12 }).map((some) => Buffer.from(some)),
      fc.constantFrom(LIMIT - 1, LIMIT).map((len) => encodeFrame(new Uint8Array(len))),
    ),
    { maxLength: 10 },
  )
  .map((parts) => Buffer.concat(parts));

describe("frames in any chunking", () => {
  test(
    "come out as they went in",
    () => {
      const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
      fc.assert(
        fc.property(messages, cuts, (sent, at) => {
          const reader = new FrameReader(LIMIT);
          const received = cut(Buffer.concat(sent.map(encodeFrame)), at).flatMap((chunk) => [...reader.push(chunk)]);
          expect(received.map((bytes) => bytes.toString("hex"))).toEqual(
            sent.map((bytes) => Buffer.from(bytes).toString("hex")),
          );
          expect(reader.pendingLen).toBe(0);
        }),
        cases(10_000, 1_000_000),
      );
    },
    timeoutMs,
  );

  test(
    "any bytes give messages within the limit, or an error; never more than a frame is held",
    () => {
      fc.assert(
        fc.property(hostile, cuts, (stream, at) => {
          const reader = new FrameReader(LIMIT);
          let longest = 0;
          try {
            for (const chunk of cut(stream, at)) {
              longest = Math.max(longest, chunk.length);
              for (const message of reader.push(chunk)) expect(message.length).toBeLessThanOrEqual(LIMIT);
              expect(reader.pendingLen).toBeLessThan(LIMIT + 4);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError);
            expect(reader.pendingLen).toBeLessThanOrEqual(LIMIT + 4 + longest);
          }
        }),
        cases(10_000, 1_000_000),
      );
    },
    timeoutMs,
  );
});

/** A stream of four frames or more: messages as JSON, text that is none, bytes that are no text, and at the end perhaps a broken frame. */
const spoken = fc.tuple(
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: anyJson },
      { weight: 1, arbitrary: fc.constantFrom("", "{", '{"a":1}}', "\u0000", "nul", '"\\ud800"', "[".repeat(5000)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)) },
    ),
    { minLength: 4, maxLength: 6 },
  ),
  fc.oneof({ weight: 3, arbitrary: fc.constant(Buffer.alloc(0)) }, { weight: 1, arbitrary: headers }),
);

test(
  "a served stream: one answer for each message, none for what is no JSON, and an end",
  async () => {
    await fc.assert(
      fc.asyncProperty(spoken, cuts, async ([texts, tail], at) => {
        const messages = texts.map((text) => Buffer.from(text));
        const expected = messages.filter(isJson).length;
        const events: string[] = [];
        const output = new PassThrough();
        const served = serve(
          { input: Readable.from(cut(Buffer.concat([...messages.map(encodeFrame), tail]), at)), output },
          async (message) => ({ heard: typeof message }),
          async ({ event }) => void events.push(event),
          () => () => undefined,
        );
        const tailLen = tail.length === 0 ? 0 : tail.readUInt32LE();
        if (tailLen > 512 * 1024) await expect(served).rejects.toBeInstanceOf(FrameError);
        else await served;
        const answers = readFrames((output.read() as Buffer | null) ?? Buffer.alloc(0));
        const emptyTail = tail.length > 0 && tailLen === 0 ? 1 : 0;
        expect(answers).toHaveLength(expected);
        expect(events.filter((event) => event === "not-json")).toHaveLength(messages.length - expected + emptyTail);
      }),
      // At least four frames each.
      cases(2500, 250_000),
    );
  },
  timeoutMs,
);

function isJson(message: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(message));
    return true;
  } catch {
    return false;
  }
}
