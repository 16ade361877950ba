/** The companion program's own verbs as the background asks them: over what a frame would carry, without the frame. */
import { OperationError } from "@certbridge/protocol/errors";
import { hostAnswer, type HostVerb, hostVerbNames, hostVerbs } from "@certbridge/protocol/host";
import * as v from "valibot";
import { createDispatch } from "../../apps/host/src/dispatch.ts";
import type { HostClient } from "../../extension/background/host-client.ts";
import type { Desk } from "./bid-desk.ts";
import { newId } from "./host.ts";

/** @param before what a test puts before a verb's answer: it may throw, as where the program is gone */
export function openDeskClient(
  { handlers, host: { identity, version } }: Desk,
  before: (verb: HostVerb) => Promise<void> = () => Promise.resolve(),
): HostClient {
  const dispatch = createDispatch(
    { handlers, admit: () => Promise.resolve(), grammar: async () => hostVerbs },
    ({ event, error }) => Promise.reject(new Error(event, { cause: error })),
  );
  const travel = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  return {
    async call(verb, params) {
      await before(verb);
      const answer = v.parse(
        hostAnswer,
        travel(await dispatch(travel({ v: 1, id: newId(), operation: verb, params }))),
      );
      if (!answer.ok) throw OperationError.fromRecord(answer.error);
      return v.parse(hostVerbs[verb].result, answer.result) as never;
    },
    look: () =>
      Promise.resolve({
        state: {
          state: "ready",
          version,
          identity: {
            publicKey: identity.publicKey,
            fingerprint: identity.fingerprint,
            since: new Date(0).toISOString(),
          },
          hazards: [],
        },
        operations: hostVerbNames,
        carriers: ["software"],
      }),
    trust: () => Promise.resolve(),
  };
}
