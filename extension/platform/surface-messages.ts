/**
 * How the extension's own windows speak to the background: one question, one answer, typed by the grammar's
 * `surfaceVerbs`. What comes back is parsed by the verb's schema; an error record becomes an OperationError.
 */
import * as v from "valibot";
import browser, { type Runtime } from "webextension-polyfill";
import { withResult } from "./messages.ts";
import { OperationError } from "@certbridge/protocol/errors";
import { answer } from "@certbridge/protocol/page/wire";
import {
  surfaceChange,
  surfaceVerbs,
  type SurfaceParams,
  type SurfaceResult,
  type SurfaceVerb,
} from "@certbridge/protocol/surface";
import { workshopProgress } from "@certbridge/protocol/workshop";

const RETRIES = 20;
const RETRY_MS = 150;

/** A background that was just ended is woken by being asked again. Not for `accept`: nobody may be made to agree twice. */
async function send(verb: SurfaceVerb, params: unknown): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    try {
      return await browser.runtime.sendMessage({ v: 1, kind: "surface", verb, params });
    } catch (cause) {
      if (verb === "accept" || tries === RETRIES) throw new OperationError("INTERRUPTED", undefined, { cause });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * Asks the background.
 *
 * @throws OperationError the background's own; INTERRUPTED where it is gone; INTERNAL where its answer is not of the grammar
 */
export async function askBackground<N extends SurfaceVerb>(
  verb: N,
  params: SurfaceParams<N>,
): Promise<SurfaceResult<N>> {
  const received = v.safeParse(answer, withResult(await send(verb, params)));
  if (!received.success) throw new OperationError("INTERNAL", { reportId: `surface-${verb}-envelope` });
  if (!received.output.ok) throw OperationError.fromRecord(received.output.error);
  const schema: SurfaceSchema<N> = surfaceVerbs[verb].result;
  const result = v.safeParse(schema, received.output.result);
  if (!result.success) throw new OperationError("INTERNAL", { reportId: `surface-${verb}-result` });
  return result.output;
}

type SurfaceSchema<N extends SurfaceVerb> = v.GenericSchema<unknown, SurfaceResult<N>>;

/**
 * Calls the listener whenever the workshop says how far the work for this request is, in bytes. Returns what stops it.
 */
export function onWorkshopProgress(id: string, listener: (done: number, total: number) => void): () => void {
  const receive = (message: unknown, { tab, url }: Runtime.MessageSender): undefined => {
    // A page of ours in a tab is the frame that the files came to.
    const ours = tab === undefined || url?.startsWith(browser.runtime.getURL("")) === true;
    const progress = v.safeParse(workshopProgress, message);
    if (ours && progress.success && progress.output.id === id) listener(progress.output.done, progress.output.total);
  };
  browser.runtime.onMessage.addListener(receive);
  return () => browser.runtime.onMessage.removeListener(receive);
}

/**
 * Calls the listener whenever the background says that something changed: with the id of a request that ended, or with
 * null where host or keys changed. Returns what stops it.
 */
export function onSurfaceChange(listener: (ended: string | null) => void): () => void {
  const receive = (message: unknown, { tab }: Runtime.MessageSender): undefined => {
    // The background has no tab; a page that was taken over has, and would keep every window busy.
    if (tab !== undefined) return;
    const change = v.safeParse(surfaceChange, message);
    if (change.success) listener(change.output.ended);
  };
  browser.runtime.onMessage.addListener(receive);
  return () => browser.runtime.onMessage.removeListener(receive);
}
