/** What an order asks for, judged as far as it can be before anybody is asked for a PIN. docs/formats/notice-and-order.md */
import { judgeOrder, judgeRelease } from "@certbridge/bid";
import type { Judgement, OrderFacts } from "@certbridge/bid";
import { parseEnvelopedData } from "@certbridge/pki";
import type { EnvelopedData } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { readOrder as readSignedOrder } from "@certbridge/trust";
import type { SignedOrder } from "@certbridge/trust";
import type { KeptBid } from "../../bids.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import { recordedUnasked } from "./recorded.ts";
import type { Tried } from "./recorded.ts";

export interface AskedOrder {
  readonly order: SignedOrder;
  readonly facts: OrderFacts;
  readonly envelope: EnvelopedData;
  /** As it was brought, DER. */
  readonly keyBlock: Uint8Array;
  /** The bid of this key block, where this computer made it. */
  readonly kept: KeptBid | null;
}

interface Params {
  readonly origin: string;
  readonly keyBlock: string;
  readonly order: string;
}

/** The bid of this key block, where this computer made it: what is tried with it is written down from the beginning. */
export async function triedRelease(host: Host, keyBlock: string): Promise<{ kept: KeptBid | null; tried: Tried }> {
  const kept = await host.bids.ofKeyBlock(decodeBase64Url(keyBlock));
  return { kept, tried: { packageId: kept?.bid.packageId ?? null, step: "release" } };
}

/** @throws OperationError PLATFORM_UNPROVED, MALFORMED, ORDER_REFUSED where its time stamp does not hold */
export async function askOrder(
  host: Host,
  { origin, keyBlock: block, order: text }: Params,
  { kept, tried }: { readonly kept: KeptBid | null; readonly tried: Tried },
): Promise<AskedOrder> {
  const { gm, registry } = host;
  const keyBlock = decodeBase64Url(block);
  const envelope = parseEnvelopedData(keyBlock, limits.keyBlockLen);
  const order = readSignedOrder(gm, { registry, origin }, decodeBase64Url(text));
  const { said, stampedAt, stampedFrom, room } = order;
  tried.stampedAt = stampedAt;
  const noticedOpening = (await host.notices.newest(said))?.openingTime ?? null;
  const facts = { order: said, stampedAt, stampedFrom, room, noticedOpening, now: host.clock() };
  return { order, facts, envelope, keyBlock, kept };
}

/** Before a PIN is tried: by what is kept of the bid, too, where it was made here. No key is released by this. @throws OperationError ORDER_REFUSED */
export function judgeBefore({ facts, kept }: AskedOrder): Judgement {
  return kept === null ? judgeOrder(facts) : judgeRelease({ ...facts, header: kept.header });
}

/**
 * The order by itself: the answer is the same for a key block of this computer's and for any other. Nobody has agreed yet, and a page that could
 * tell them apart would know without a question whose computer this is.
 */
export function readOrder(host: Host): Handlers["readOrder"] {
  return async (params) => {
    const release = await triedRelease(host, params.keyBlock);
    const { asked, judgement } = await recordedUnasked(host, release.tried, async () => {
      const asked = await askOrder(host, params, release);
      return { asked, judgement: judgeOrder(asked.facts) };
    });
    const { said, platform, stampedAt, stampedFrom } = asked.order;
    const { projectCode, lot, openingTime } = said;
    const here = await listKeys(host.stores);
    const opening = here.filter((key) => recipientOf(key, asked.envelope) !== null);
    return {
      lot: { platformName: platform.name, projectCode, lot, openingTime },
      stampedAt: stampedAt.toISOString(),
      stampedFrom: stampedFrom.toISOString(),
      clockBehind: judgement === "clock-behind",
      keyIds: opening.map(({ keyId }) => keyId),
      hereIds: here.map(({ keyId }) => keyId),
    };
  };
}
