/** What the person picked: kept in this window alone, and handed to the workshop by reference once they agreed. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { limits } from "@certbridge/protocol/limits";
import { bidFilesChannel, bidFilesTaken } from "@certbridge/protocol/workshop";
import * as v from "valibot";

/** Why what was picked last was not added. */
export type PickProblem = "too-many" | "too-large" | null;

export interface PickedFiles {
  readonly files: ReadonlySignal<readonly File[]>;
  readonly problem: ReadonlySignal<PickProblem>;
  add(files: readonly File[]): void;
  remove(at: number): void;
}

const totalOf = (files: readonly { readonly size: number }[]): number => files.reduce((sum, { size }) => sum + size, 0);

export function createPickedFiles(): PickedFiles {
  const files = signal<readonly File[]>([]);
  const problem = signal<PickProblem>(null);
  return {
    files,
    problem,
    add(more) {
      const all = [...files.value, ...more];
      const tooMany = all.length > limits.packageFiles;
      problem.value = tooMany ? "too-many" : totalOf(all) > limits.packageLen ? "too-large" : null;
      if (problem.value === null) files.value = all;
    },
    remove(at) {
      files.value = files.value.filter((_, index) => index !== at);
      problem.value = null;
    },
  };
}

const AGAIN_MS = 500;

/** Says what was picked until the workshop has taken it, which listens once the PIN was right. Returns what ends it. */
export function handOver(id: string, files: readonly File[]): () => void {
  const channel = new BroadcastChannel(bidFilesChannel(id));
  const send = () => channel.postMessage({ v: 1, kind: "bid-files", id, files });
  const timer = setInterval(send, AGAIN_MS);
  const end = () => {
    clearInterval(timer);
    channel.close();
  };
  channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (v.is(bidFilesTaken, data)) end();
  });
  send();
  return end;
}
