import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { Params, Result } from "@certbridge/protocol/page";
import type { SignResult } from "@certbridge/protocol/page/sign";
import type { WorkshopResult } from "@certbridge/protocol/workshop";
import type { RequestRecord } from "../records.ts";
import type { WorkshopClient } from "../workshop-client.ts";
import { lastKeyOf, type OperationHandler, usedKey } from "./handler.ts";

/** What the record keeps of the params: everything but the content. */
interface Kept {
  readonly format: Params<"sign">["format"];
  readonly names: readonly string[];
}

/** Has the workshop read what it has not read yet. The frame inside the page has the contents already. */
function readItems(
  { id, place }: RequestRecord,
  items: Params<"sign">["items"],
  format: Params<"sign">["format"],
  workshop: WorkshopClient,
): Promise<WorkshopResult<"read">> {
  const toRead = place === "own" ? items : items.map(({ name }) => ({ name }));
  return workshop.call(place, "read", { id, items: toRead, attach: format === "cms-attached" });
}

/** docs/operations/sign.md. */
export const sign: OperationHandler<"sign"> = {
  withoutContent: ({ format, items }): Kept => ({ format, names: items.map((item) => item.name) }),

  async prepare(record, { items, format }, { workshop }) {
    const { items: read } = await readItems(record, items, format, workshop);
    const readable = read.flatMap((item) => ("digest" in item ? [item] : []));
    const unreadable = read.flatMap((item, index) =>
      "error" in item ? [{ index, name: item.name, error: item.error }] : [],
    );
    const [first] = unreadable;
    if (readable.length === 0 && first !== undefined) {
      throw first.error === "TOO_LARGE"
        ? new OperationError("TOO_LARGE", { limit: limits.attachedContentLen })
        : new OperationError("CONTENT_UNREADABLE", { name: first.name });
    }
    return { operation: "sign", format, items: readable, unreadable };
  },

  async perform(record, consent, { host, lastKeys }) {
    const { asked } = record;
    if (consent === null || asked?.operation !== "sign") throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { format, names } = record.params as Kept;
    const { keyId } = consent;
    const { results: signed } = await host.call("sign", {
      consentId: record.id,
      ...usedKey(consent),
      origin: record.platform.origin,
      format,
      items: asked.items.map(({ name, digest }) => ({ name, digest })),
    });
    await lastKeys.set(lastKeyOf(record), keyId);

    // What was read was signed in the order of the params; what was left out takes its place with its own error.
    const leftOut = new Map(asked.unreadable.map(({ index, error }) => [index, error]));
    const outcomes = signed.values();
    const results = names.map((name, index): SignResult => {
      const error = leftOut.get(index);
      if (error !== undefined) return { name, error };
      const outcome = outcomes.next().value;
      if (outcome === undefined) return { name, error: "INTERNAL" };
      return "cms" in outcome ? { name, cms: outcome.cms } : { name, error: outcome.error };
    });
    return { results };
  },

  /**
   * Signatures that are to hold their content get it here: the content itself waits in the workshop. Where that ended meanwhile, it
   * reads again; only what was shown and signed is attached.
   */
  async deliver(record, result, { items }, { workshop }) {
    const { format } = record.params as Kept;
    const { asked } = record;
    if (format === "cms-detached" || asked?.operation !== "sign") return result;
    const { results } = result as Result<"sign">;
    const { items: read } = await readItems(record, items, "cms-attached", workshop);
    const leftOut = new Set(asked.unreadable.map(({ index }) => index));
    const shown = asked.items.values();
    const bare = results.map((item, index) => {
      if (leftOut.has(index)) return null;
      const digest = shown.next().value?.digest;
      const now = read[index];
      return "cms" in item && now !== undefined && "digest" in now && now.digest === digest ? item.cms : null;
    });
    const { cms: whole } = await workshop.call(record.place, "attach", { id: record.id, cms: bare });
    return {
      results: results.map((item, index): SignResult => {
        if ("error" in item) return item;
        const cms = whole[index];
        return cms === undefined || cms === null ? { name: item.name, error: "INTERRUPTED" } : { name: item.name, cms };
      }),
    };
  },

  release: (record, { workshop }) => workshop.call(record.place, "release", { id: record.id }),
};
