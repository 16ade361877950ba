/**
 * Files that a person picked in the extension's own window come to the workshop on a channel that only the extension's pages can open, under the id
 * of the request: by reference, in every browser that we support.
 */
import { bidFilesChannel, bidFilesMessage } from "@certbridge/protocol/workshop";
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
