/**
 * Files that a person picked in the extension's own window come to the workshop on a channel that only the extension's pages can open, under the id
 * of the request: by reference, in every browser that we support.
 */
import { bidFilesChannel, bidFilesMessage } from "@certbridge/protocol/workshop";
import { OperationError } from "@certbridge/protocol/errors";
import * as v from "valibot";

export interface PickedFiles {
  /** As the window handed them over; waits until it does. */
  readonly files: Promise<readonly Blob[]>;
  close(): void;
}

/** Listens for the files of a request; the first that come stay. */
export function awaitPickedFiles(id: string): PickedFiles {
  const channel = new BroadcastChannel(bidFilesChannel(id));
  const files = new Promise<readonly Blob[]>((resolve) => {
    channel.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      const message = v.safeParse(bidFilesMessage, data);
      if (!message.success || message.output.id !== id) return;
      resolve(message.output.files);
      channel.postMessage({ v: 1, kind: "bid-files-taken", id });
    });
  });
  return { files, close: () => channel.close() };
}

/** How long the window may take to hand the files over. */
export const HANDED_OVER_MS = 30_000;

/** @throws OperationError INTERRUPTED where nobody hands anything over */
export function inTime<T>(handedOver: Promise<T>): Promise<T> {
  const late = new Promise<never>((_taken, reject) => {
    setTimeout(() => reject(new OperationError("INTERRUPTED")), HANDED_OVER_MS);
  });
  return Promise.race([handedOver, late]);
}

/** Listens for the files of a request until they come. @throws OperationError INTERRUPTED */
export async function takePicked(id: string): Promise<readonly Blob[]> {
  const picked = awaitPickedFiles(id);
  try {
    return await inTime(picked.files);
  } finally {
    picked.close();
  }
}

/** As the person or the page calls it; empty where it has no name. */
export const nameOf = (content: Blob): string =>
  "name" in content && typeof content.name === "string" ? content.name : "";
