import { answer } from "@certbridge/protocol/page/wire";
import { OperationError } from "@certbridge/protocol/errors";
import {
  type WorkshopParams,
  type WorkshopResult,
  type WorkshopVerb,
  workshopVerbs,
} from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { ask } from "../platform/messages.ts";
import { closeOffscreen, openOffscreen } from "../platform/offscreen.ts";

/** Where the bulk work is done. Takes a workshopMessage, gives its answer. */
export interface WorkshopPlace {
  ask(message: object): Promise<unknown>;
  close(): Promise<void>;
}

/** Chromium: away from the service worker, in a document that outlives it. */
export const offscreenPlace: WorkshopPlace = {
  async ask(message) {
    await openOffscreen("offscreen.html");
    return ask(message);
  },
  close: closeOffscreen,
};

/** Brings the workshop into this very page, when it is first needed. */
export type BringWorkshop = () => Promise<{
  createWorkshop(report: (progress: object) => void): { work(message: object): Promise<unknown> };
}>;

/** Firefox: in the background itself, which is a page with workers of its own. */
export function placeHere(bring: BringWorkshop, report: (progress: object) => void): WorkshopPlace {
  let workshop: Promise<{ work(message: object): Promise<unknown> }> | null = null;
  return {
    async ask(message) {
      workshop ??= bring().then(({ createWorkshop }) => createWorkshop(report));
      return (await workshop).work(message);
    },
    close: () => Promise.resolve(),
  };
}

export interface WorkshopClient {
  call<N extends WorkshopVerb>(verb: N, params: WorkshopParams<N>): Promise<WorkshopResult<N>>;
  /** Ends the place once nothing is held in it. */
  close(): Promise<void>;
}

export function createWorkshopClient(place: WorkshopPlace): WorkshopClient {
  return {
    async call(verb, params) {
      const reply = v.parse(answer, await place.ask({ v: 1, kind: "workshop", verb, params }));
      if (!reply.ok) throw OperationError.fromRecord(reply.error);
      return v.parse(workshopVerbs[verb].result, reply.result) as WorkshopResult<typeof verb>;
    },
    close: place.close,
  };
}
