import { answer } from "@certbridge/protocol/page/wire";
import { OperationError } from "@certbridge/protocol/errors";
import {
  type WorkshopParams,
  type WorkshopPlace,
  type WorkshopResult,
  type WorkshopVerb,
  workshopVerbs,
} from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { ask, withResult } from "../platform/messages.ts";
import { openOffscreen } from "../platform/offscreen.ts";

/** Puts a workshopMessage to the workshop; gives its answer, or undefined where nobody is there to give one. */
export type AskWorkshop = (message: { readonly place: WorkshopPlace }) => Promise<unknown>;

/** Chromium: away from the service worker, in the offscreen document, or in the frame inside the page. */
export const askElsewhere: AskWorkshop = async (message) => {
  if (message.place === "own") await openOffscreen("offscreen.html");
  return ask(message).catch(() => undefined);
};

interface Workshop {
  work(message: object): Promise<unknown>;
}

/** Brings the workshop's code into this page. */
export type BringWorkshop = () => Promise<{
  createWorkshop(options: { place: "own"; report: (progress: object) => void }): Workshop;
}>;

/** Firefox: in the background itself, which is a page with workers of its own. The code comes when it is first needed. */
export function askHere(bring: BringWorkshop, report: (progress: object) => void): AskWorkshop {
  let workshop: Promise<Workshop> | null = null;
  return async (message) => {
    workshop ??= bring().then(({ createWorkshop }) => createWorkshop({ place: "own", report }));
    return (await workshop).work(message);
  };
}

/** Bulk work. */
export interface WorkshopClient {
  /** @throws OperationError of the workshop's own; INTERRUPTED where nobody is there to do it */
  call<N extends WorkshopVerb>(place: WorkshopPlace, verb: N, params: WorkshopParams<N>): Promise<WorkshopResult<N>>;
}

export function createWorkshopClient(askWorkshop: AskWorkshop): WorkshopClient {
  return {
    async call(place, verb, params) {
      const message = { v: 1, kind: "workshop", place, verb, params };
      const received = await askWorkshop(message);
      if (received === undefined) throw new OperationError("INTERRUPTED");
      const reply = v.parse(answer, withResult(received));
      if (!reply.ok) throw OperationError.fromRecord(reply.error);
      return v.parse(workshopVerbs[verb].result, reply.result) as WorkshopResult<typeof verb>;
    },
  };
}
