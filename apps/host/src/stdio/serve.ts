/**
 * Serves native messaging over two streams. Requests are answered as they are done, by id; when the input ends (the browser
 * or the extension went away) what was begun is finished and nothing more is read.
 */
import type { Readable, Writable } from "node:stream";
import { limits } from "@certbridge/protocol/limits";
import type { Log } from "../log.ts";
import { FrameReader, encodeFrame } from "./frames.ts";

/** One message in, its answer out; null where it cannot be answered, since it named no id. Never rejects. */
export type Answerer = (message: unknown) => Promise<unknown>;

/** Bytes of one incoming frame at most. The largest request, 100 items to sign with names of 255 bytes, stays far below. */
export const INCOMING_FRAME_LEN = limits.nativeFrameLen;

const decoder = new TextDecoder("utf-8", { fatal: true });

function parse(message: Uint8Array): unknown {
  const value: unknown = JSON.parse(decoder.decode(message));
  return value;
}

function write(output: Writable, frame: Buffer): Promise<void> {
  return new Promise((resolve) => output.write(frame, () => resolve()));
}

/**
 * @param respond never rejects, and keeps answers within limits.nativeFrameLen
 * @returns when the input ended and every answer was written
 * @throws FrameError where the input is no stream of frames
 */
export async function serve(input: Readable, output: Writable, respond: Answerer, log: Log): Promise<void> {
  const frames = new FrameReader(INCOMING_FRAME_LEN);
  const running = new Set<Promise<void>>();

  async function handle(message: Buffer): Promise<void> {
    let request: unknown;
    try {
      request = parse(message);
    } catch {
      await log({ event: "not-json" });
      return;
    } finally {
      message.fill(0);
    }
    const answer = await respond(request);
    if (answer !== null) await write(output, encodeFrame(Buffer.from(JSON.stringify(answer), "utf8")));
  }

  function begin(message: Buffer): void {
    const done = handle(message).finally(() => running.delete(done));
    running.add(done);
  }

  try {
    for await (const chunk of input) for (const message of frames.push(Buffer.from(chunk))) begin(message);
  } catch (error) {
    await log({ event: "input-broken", error });
    throw error;
  } finally {
    await Promise.all(running);
  }
}
