import { OperationError } from "@certbridge/protocol/errors";
import type { Params, Result } from "@certbridge/protocol/page";
import { lastKeyOf, type OperationHandler, usedKey } from "./handler.ts";
import { bidsOf } from "./own-bids.ts";

/** docs/operations/rehearse.md. */
export const rehearse: OperationHandler<"rehearse"> = {
  withoutContent: (params) => params,

  /** A package that is not of this computer, or of another platform, is told to the person alone: a site may not learn who made it. */
  async prepare({ platform: { origin } }, { packageId }, means) {
    const bid = (await bidsOf(origin, means)).find((own) => own.packageId === packageId);
    return { operation: "rehearse", bid: bid ?? null };
  },

  fitting: ({ asked }) =>
    Promise.resolve(asked?.operation === "rehearse" && asked.bid !== null ? [asked.bid.keyId] : []),

  async perform(record, consent, { host, lastKeys }) {
    const { asked } = record;
    const bid = asked?.operation === "rehearse" ? asked.bid : null;
    if (consent === null || bid === null) throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { packageId } = record.params as Params<"rehearse">;
    const { keyId } = consent;
    const tried = await host.call("rehearseBid", { consentId: record.id, ...usedKey(consent), packageId });
    await lastKeys.set(lastKeyOf(record), keyId);
    return { packageId, readiness: tried.readiness, results: tried.results } satisfies Result<"rehearse">;
  },

  tell(result) {
    const { readiness, results } = result as Result<"rehearse">;
    return { operation: "rehearse", readiness, results };
  },
};
