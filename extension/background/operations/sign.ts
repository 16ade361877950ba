import { OperationError } from "@certbridge/protocol/errors";
import type { Params } from "@certbridge/protocol/page";
import type { SignResult } from "@certbridge/protocol/page/sign";
import { lastKeyOf, type OperationHandler } from "./handler.ts";

/** What the record keeps of the params: everything but the content. */
interface Kept {
  readonly format: Params<"sign">["format"];
  readonly names: readonly string[];
}

/** docs/operations/sign.md. */
export const sign: OperationHandler<"sign"> = {
  withoutContent: ({ format, items }): Kept => ({ format, names: items.map((item) => item.name) }),

  async prepare(record, { items, format }, { workshop }) {
    const { items: read } = await workshop.call("read", { id: record.id, items, attach: format === "cms-attached" });
    const readable = read.flatMap((item) => ("digest" in item ? [item] : []));
    const unreadable = read.flatMap((item, index) => ("digest" in item ? [] : [{ index, name: item.name }]));
    if (readable.length === 0) throw new OperationError("CONTENT_UNREADABLE", { name: unreadable[0]?.name ?? "" });
    return { operation: "sign", format, items: readable, unreadable };
  },

  async perform(record, consent, { host, workshop, lastKeys }) {
    const { asked } = record;
    if (consent === null || asked?.operation !== "sign") throw new OperationError("INVALID_REQUEST", { path: "key" });
    const { format, names } = record.params as Kept;
    const { keyId, pin } = consent;
    const { results: signed } = await host.call("sign", {
      consentId: record.id,
      keyId,
      pin,
      origin: record.platform.origin,
      format,
      items: asked.items.map(({ name, digest }) => ({ name, digest })),
    });
    await lastKeys.set(lastKeyOf(record), keyId);

    // What was read was signed in the order of the params; an unreadable item takes its place with its own error.
    const unreadable = new Set(asked.unreadable.map(({ index }) => index));
    const outcomes = signed.values();
    const perItem = names.map((name, index): SignResult => {
      if (unreadable.has(index)) return { name, error: "CONTENT_UNREADABLE" };
      const outcome = outcomes.next().value;
      if (outcome === undefined) return { name, error: "INTERNAL" };
      return "cms" in outcome ? { name, cms: outcome.cms } : { name, error: outcome.error };
    });
    if (format === "cms-detached") return { results: perItem };
    const bare = perItem.map((item) => ("cms" in item ? item.cms : null));
    const { cms: whole } = await workshop.call("attach", { id: record.id, cms: bare });
    return {
      results: perItem.map((item, index): SignResult => {
        if ("error" in item) return item;
        const cms = whole[index];
        return cms === undefined || cms === null ? { name: item.name, error: "INTERRUPTED" } : { name: item.name, cms };
      }),
    };
  },

  release: (record, { workshop }) => workshop.call("release", { id: record.id }),
};
