/**
 * How contents reach the frame inside the page, and packages the page: as Blobs in messages of its window. Anybody may embed the frame and send it
 * messages; what comes is only kept, under an id that the relay drew and nobody else knows, and read once the background asks
 * for that id. The first contents under an id stay. A package is given to whoever knows the id of the request that made it: relays alone do.
 */
import { type FrameContent, frameContent, framePackage } from "@certbridge/protocol/page/wire";
import * as v from "valibot";
import { findPackage } from "../platform/packages.ts";

/** Requests whose contents are kept at once; the relay brings those of one, and removes its frame after it. */
const KEPT_MAX = 3;

const frameMessage = v.variant("kind", [frameContent, framePackage]);

/** Starts to take contents and to give packages; gives the contents of a request. */
export function takeContents(frame: Window): (id: string) => readonly Blob[] | undefined {
  const kept = new Map<string, readonly Blob[]>();

  function keep({ id, contents }: FrameContent): boolean {
    if (kept.has(id)) return false;
    kept.set(id, contents);
    const [oldest = id] = kept.keys();
    if (kept.size > KEPT_MAX) kept.delete(oldest);
    return true;
  }

  frame.addEventListener("message", (event: MessageEvent<unknown>) => {
    const message = v.safeParse(frameMessage, event.data);
    if (!message.success || event.source !== frame.parent) return;
    const answer = (value: unknown) => event.ports[0]?.postMessage(value);
    if (message.output.kind === "frame-content") {
      if (keep(message.output)) answer(true);
      return;
    }
    const { id, len } = message.output;
    // The relay gives it the package's own name.
    void findPackage(id, id, len).then(answer);
  });
  return (id) => kept.get(id);
}
