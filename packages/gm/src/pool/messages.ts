/** What a pool and its workers say to each other: plain data, and buffers that change hands. */

import type { GcmRun } from "../run.ts";

/** What a job's segments go through. Keys are copies: a worker wipes its own at the job's end. */
export type Work =
  | { readonly mode: "ctr"; readonly key: Uint8Array; readonly counter: Uint8Array }
  | { readonly mode: "gcm"; readonly key: Uint8Array; readonly nonce: Uint8Array; readonly sealing: boolean }
  | { readonly mode: "gcm-run"; readonly key: Uint8Array }
  | { readonly mode: "sm3" };

/** What ends a job. */
export type Closing =
  | {
      readonly mode: "gcm";
      readonly aad: Uint8Array;
      /** GHASH of each segment's ciphertext, alone, 16 bytes each. */
      readonly parts: Uint8Array;
      /** Bytes of the ciphertext, its tag not counted. */
      readonly len: number;
      /** The tag to compare with, null where it is to be made. */
      readonly tag: Uint8Array | null;
    }
  | { readonly mode: "sm3" };

/** What one worker is asked for, and answers to once. */
export type Request =
  | { readonly kind: "segment"; readonly index: number; readonly buffer: ArrayBuffer; readonly len: number }
  | { readonly kind: "run"; readonly buffer: ArrayBuffer; readonly run: Omit<GcmRun, "sealed"> }
  | { readonly kind: "finish"; readonly closing: Closing };

export type ToWorker =
  | { readonly kind: "start"; readonly module: WebAssembly.Module }
  | { readonly kind: "begin"; readonly job: number; readonly work: Work }
  | { readonly kind: "ask"; readonly job: number; readonly task: number; readonly request: Request }
  | { readonly kind: "end"; readonly job: number };

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "answer"; readonly task: number; readonly answer: Answer }
  /** An exception, which none is expected to be: the worker goes on. */
  | {
      readonly kind: "failure";
      readonly task: number;
      readonly buffer: ArrayBuffer | null;
      readonly message: string;
    };

export interface Answer {
  /** The segment's or the run's buffer, its first bytes transformed. */
  readonly buffer: ArrayBuffer | null;
  /** A segment's GHASH, a digest, a tag, or 01 and the digests of a run; empty where there is none, or the tag is another. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A worker, whatever the environment makes one of. */
export interface PoolWorker {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  /** `hear` gets every message, `mourn` the reason if the worker ends by itself. Called once, before the first message. */
  listen(hear: (message: FromWorker) => void, mourn: (reason: unknown) => void): void;
  terminate(): unknown;
}
