/** Handing files to the workshop that encrypts: on a channel that only the extension's own pages can open, by reference, in every browser that we support. */
import { bidFilesChannel, bidFilesTaken } from "@certbridge/protocol/workshop";
import * as v from "valibot";

const AGAIN_MS = 500;

/** Says what there is until the workshop has taken it, which listens once the PIN was right. Returns what ends it. */
export function handOver(id: string, files: readonly Blob[]): () => void {
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
