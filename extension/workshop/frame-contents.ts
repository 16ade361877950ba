/**
 * How contents reach the frame inside the page: as Blobs in a message to its window. Anybody may embed the frame and send it
 * messages; what comes is only kept, under an id that the relay drew and nobody else knows, and read once the background asks
 * for that id. The first contents under an id stay.
 */
import { type FrameContent, frameContent } from "@certbridge/protocol/page/wire";
import * as v from "valibot";

/** Requests whose contents are kept at once; the relay brings those of one, and removes its frame after it. */
const KEPT_MAX = 3;

/** Starts to take contents; gives those of a request. */
export function takeContents(frame: Window): (id: string) => readonly Blob[] | undefined {
  const kept = new Map<string, readonly Blob[]>();
  frame.addEventListener("message", (event: MessageEvent<unknown>) => {
    const message = v.safeParse(frameContent, event.data);
    if (!message.success || event.source !== frame.parent) return;
    const { id, contents }: FrameContent = message.output;
    if (kept.has(id)) return;
    kept.set(id, contents);
    const [oldest = id] = kept.keys();
    if (kept.size > KEPT_MAX) kept.delete(oldest);
    event.ports[0]?.postMessage(true);
  });
  return (id) => kept.get(id);
}
