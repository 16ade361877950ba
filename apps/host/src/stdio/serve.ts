/**
 * Serves native messaging over two streams. Requests are answered as they are done, by id; when the input ends (the browser
 * or the extension went away), or nothing came for long, what was begun is finished and nothing more is read.
 */
import type { Readable, Writable } from "node:stream";
import { limits } from "@certbridge/protocol/limits";
import type { Alarm } from "../clock.ts";
import type { Log } from "../log.ts";
import { FrameReader, encodeFrame } from "./frames.ts";

/** One message in, its answer out; null where it cannot be answered, since it named no id. Never rejects. */
export type Answerer = (message: unknown) => Promise<unknown>;

/** Bytes of one incoming frame at most. The largest request, 100 items to sign with names of 255 bytes, stays far below. */
export const INCOMING_FRAME_LEN = limits.nativeFrameLen;

/**
 * Nothing asked and nothing being done for so long: whoever holds the other end has forgotten it. Our extension lets go after 20
 * seconds, so that no request of its own meets a program that is just leaving. Milliseconds.
 */
export const IDLE_MS = 5 * 60_000;

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
 * @returns when the input ended, or nothing came for IDLE_MS, and every answer was written
 * @throws FrameError where the input is no stream of frames
 * @param isBusy whether something goes on between two requests: a bid is being encrypted, and its key is open
 */
export async function serve(
  streams: { readonly input: Readable; readonly output: Writable },
  respond: Answerer,
  log: Log,
  alarm: Alarm,
  isBusy: () => boolean = () => false,
): Promise<void> {
  const { input, output } = streams;
  const frames = new FrameReader(INCOMING_FRAME_LEN);
  const running = new Set<Promise<void>>();
  let forgotten = false;
  let silence = () => undefined as void;

  /** Counts the idle time from now on, while nothing is under way. */
  function rest(): void {
    silence();
    if (running.size > 0) return;
    silence = alarm(IDLE_MS, () => {
      if (isBusy()) return rest();
      forgotten = true;
      input.destroy();
    });
  }

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
    const done = handle(message).finally(() => {
      running.delete(done);
      rest();
    });
    running.add(done);
    silence();
  }

  rest();
  try {
    for await (const chunk of input) for (const message of frames.push(Buffer.from(chunk))) begin(message);
  } catch (error) {
    if (forgotten) return;
    await log({ event: "input-broken", error });
    throw error;
  } finally {
    await Promise.all(running);
    silence();
  }
}
