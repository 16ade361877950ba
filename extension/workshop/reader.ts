/** What was read of one content: its SM3 (32 bytes), and its bytes where they were to be kept. */
export interface Reading {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array | null;
}

interface Reply {
  readonly job: number;
  readonly done?: number;
  readonly result?: Reading;
  readonly failed?: true;
}

export interface Reader {
  /** Null where the content cannot be read, or the reader was closed. */
  read(content: Blob, keep: boolean, onProgress: (done: number) => void): Promise<Reading | null>;
  /** Ends a reading that is under way, however much is left of it. */
  close(): void;
}

/** Reads contents in a worker, one after another. */
export function openReader(): Reader {
  const worker = new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" });
  let lastJob = 0;
  let giveUp: () => void = () => undefined;
  let closed = false;
  return {
    read: (content, keep, onProgress) =>
      new Promise((resolve) => {
        giveUp = () => resolve(null);
        if (closed) return giveUp();
        const job = ++lastJob;
        const listener = ({ data }: MessageEvent<Reply>) => {
          if (data.job !== job) return;
          if (data.done !== undefined) {
            onProgress(data.done);
            return;
          }
          worker.removeEventListener("message", listener);
          resolve(data.result ?? null);
        };
        worker.addEventListener("message", listener);
        worker.postMessage({ job, content, keep });
      }),
    close() {
      closed = true;
      worker.terminate();
      giveUp();
    },
  };
}
