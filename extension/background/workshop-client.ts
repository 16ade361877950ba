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

/** Bulk work, away from the service worker: in the offscreen document. */
export interface WorkshopClient {
  call<N extends WorkshopVerb>(verb: N, params: WorkshopParams<N>): Promise<WorkshopResult<N>>;
  /** Ends the document once nothing is held in it. */
  close(): Promise<void>;
}

export function createWorkshopClient(): WorkshopClient {
  return {
    async call(verb, params) {
      await openOffscreen("offscreen.html");
      const reply = v.parse(answer, await ask({ v: 1, kind: "workshop", verb, params }));
      if (!reply.ok) throw OperationError.fromRecord(reply.error);
      return v.parse(workshopVerbs[verb].result, reply.result) as WorkshopResult<typeof verb>;
    },
    close: closeOffscreen,
  };
}
