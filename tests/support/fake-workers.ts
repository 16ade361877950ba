/** Workers for a pool that answer when the test says so, and sources that count how far they were read. */
import { createGmPool } from "@certbridge/gm/pool";
import { SEGMENT_LEN } from "../../packages/gm/src/core/segments.ts";
import type { FromWorker, PoolWorker, ToWorker } from "../../packages/gm/src/pool/messages.ts";

type Ask = Extract<ToWorker, { kind: "ask" }>;

/** One that no worker starts. */
export const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

/** Lets everything run that waits for nothing but promises. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Marks each segment it is asked for with the segment's number, and answers when it is told to. */
export class FakeWorker implements PoolWorker {
  readonly posted: ToWorker[] = [];
  readonly asked: Ask[] = [];
  most = 0;
  terminated = 0;
  hear: (message: FromWorker) => void = () => undefined;
  mourn: (reason: unknown) => void = () => undefined;

  post(message: ToWorker, transfer: ArrayBuffer[]): void {
    // As a real one: what is transferred is gone on this side, and the rest is a copy, but for what a test looks into.
    this.posted.push(message);
    if (message.kind !== "ask") return;
    const { request } = message;
    const [buffer] = transfer;
    this.asked.push(
      request.kind === "segment" && buffer !== undefined
        ? { ...message, request: { ...request, buffer: structuredClone(buffer, { transfer: [buffer] }) } }
        : message,
    );
    this.most = Math.max(this.most, this.asked.length);
  }
  listen(hear: (message: FromWorker) => void, mourn: (reason: unknown) => void): void {
    [this.hear, this.mourn] = [hear, mourn];
  }
  terminate(): void {
    this.terminated++;
  }

  ready(): void {
    this.hear({ kind: "ready" });
  }
  /** Answers the oldest request. */
  answer(): boolean {
    const ask = this.asked.shift();
    if (ask === undefined) return false;
    const { task, request } = ask;
    const buffer = request.kind === "segment" ? request.buffer : null;
    if (request.kind === "segment") new Uint8Array(request.buffer)[0] = request.index;
    this.hear({ kind: "answer", task, answer: { buffer, bytes: new Uint8Array(16) } });
    return true;
  }
  kinds(): string[] {
    return this.posted.map(({ kind }) => kind);
  }
}

/** A pool, and its workers as they are made. */
export function setUp(workers: number) {
  const fakes: FakeWorker[] = [];
  const spawn = (): FakeWorker => {
    const fake = new FakeWorker();
    fakes.push(fake);
    return fake;
  };
  return { pool: createGmPool({ workers, module, spawn }), fakes };
}

/** Whole segments; counts how many were asked for, and whether it was left. */
export function countedSource(segments: number) {
  const seen = { read: 0, left: false };
  async function* open() {
    const chunk = new Uint8Array(SEGMENT_LEN);
    try {
      for (; seen.read < segments;) {
        seen.read++;
        yield chunk;
      }
    } finally {
      seen.left = true;
    }
  }
  return { seen, source: open() };
}
