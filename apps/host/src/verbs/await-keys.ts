import type { Handlers } from "../dispatch.ts";
import type { Host } from "../host.ts";

/** Shorter than the extension lets the program rest: whoever still looks asks again. Milliseconds. */
const WAIT_MS = 15_000;

/** Answers once other keys are plugged in than at the mark that was seen, or after a while: the window shows them then without being asked. */
export function awaitKeys(host: Host): Handlers["awaitKeys"] {
  return async ({ seen }) => ({ mark: await host.pluggedChange(seen, WAIT_MS) });
}
