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

/** Reads contents in a worker, one after another. Null where the content cannot be read. */
export function openReader(): {
  read(content: Blob, keep: boolean, onProgress: (done: number) => void): Promise<Reading | null>;
  close(): void;
} {
  const worker = new Worker(new URL("./hash.worker.ts", import.meta.url), { type: "module" });
  let lastJob = 0;
  return {
    read: (content, keep, onProgress) =>
      new Promise((resolve) => {
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
    close: () => worker.terminate(),
  };
}
