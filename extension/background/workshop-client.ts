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

/** Bulk work, away from the service worker: in the offscreen document, or in the frame inside the page. */
export interface WorkshopClient {
  /** @throws OperationError of the workshop's own; INTERRUPTED where nobody is there to do it */
  call<N extends WorkshopVerb>(place: WorkshopPlace, verb: N, params: WorkshopParams<N>): Promise<WorkshopResult<N>>;
}

export function createWorkshopClient(): WorkshopClient {
  return {
    async call(place, verb, params) {
      if (place === "own") await openOffscreen("offscreen.html");
      const received = await ask({ v: 1, kind: "workshop", place, verb, params }).catch(() => undefined);
      if (received === undefined) throw new OperationError("INTERRUPTED");
      const reply = v.parse(answer, withResult(received));
      if (!reply.ok) throw OperationError.fromRecord(reply.error);
      return v.parse(workshopVerbs[verb].result, reply.result) as WorkshopResult<typeof verb>;
    },
  };
}
