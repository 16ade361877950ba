/** What an order asks for, judged as far as it can be before anybody is asked for a PIN. docs/formats/notice-and-order.md */
import { judgeOrder, judgeRelease } from "@certbridge/bid";
import type { Judgement, OrderFacts } from "@certbridge/bid";
import { parseEnvelopedData } from "@certbridge/pki";
import type { EnvelopedData } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { readOrder as readSignedOrder } from "@certbridge/trust";
import type { Registry, SignedOrder } from "@certbridge/trust";
import type { KeptBid } from "../../bids.ts";
import { instantOf } from "../../clock.ts";
import type { Handlers } from "../../dispatch.ts";
import type { Host } from "../../host.ts";
import { listKeys, recipientOf } from "../../key-store.ts";
import { newestOfLot } from "./lot.ts";
import { recordedFailure } from "./recorded.ts";
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
export async function triedOpening(
  host: Host,
  keyBlock: string,
  step: "release" | "own",
): Promise<{ kept: KeptBid | null; tried: Tried }> {
  const kept = await host.bids.ofKeyBlock(decodeBase64Url(keyBlock));
  return { kept, tried: { packageId: kept?.bid.packageId ?? null, step } };
}

/**
 * The order that was proved last, under each registry. It is read before the window opens and once more for the key, and proving it takes longer than
 * opening a key block; what it says depends on nothing but its bytes, the page's origin and the registry. What is judged by the clock is judged each time.
 */
const proved = new WeakMap<Registry, { readonly origin: string; readonly text: string; readonly order: SignedOrder }>();

function provedOrder({ gm, registry }: Host, origin: string, text: string): SignedOrder {
  const last = proved.get(registry);
  if (last?.origin === origin && last.text === text) return last.order;
  const order = readSignedOrder(gm, { registry, origin }, decodeBase64Url(text));
  proved.set(registry, { origin, text, order });
  return order;
}

/** @throws OperationError PLATFORM_UNPROVED, MALFORMED, ORDER_REFUSED where its time stamp does not hold */
export async function askOrder(
  host: Host,
  { origin, keyBlock: block, order: text }: Params,
  { kept, tried }: { readonly kept: KeptBid | null; readonly tried: Tried },
): Promise<AskedOrder> {
  const keyBlock = decodeBase64Url(block);
  const envelope = parseEnvelopedData(keyBlock, limits.keyBlockLen);
  const order = provedOrder(host, origin, text);
  const { said, stampedAt, stampedFrom, room } = order;
  tried.stampedAt = stampedAt;
  const noticedOpening = (await host.notices.newest(said))?.openingTime ?? null;
  const facts = { order: said, stampedAt, stampedFrom, room, noticedOpening, now: host.clock() };
  return { order, facts, envelope, keyBlock, kept };
}

/**
 * By the notices that were kept with this computer's bids for the lot, too, where the table of notices lost them: once the person has agreed. Before that a page
 * that drove them out of the table could tell by a refusal whose computer this is. By all of them, for which bid it is that opens shows only then: the key
 * block's bytes, which a page can alter, do not, and a backup key file is of any bid.
 */
export async function withKeptNotice(host: Host, asked: AskedOrder): Promise<AskedOrder> {
  const noticedOpening = (await newestOfLot(host, asked.order.said))?.openingTime ?? null;
  return { ...asked, facts: { ...asked.facts, noticedOpening } };
}

/** The person decides where only the clock is behind: shown both times. @throws OperationError CLOCK_BEHIND */
export function acceptClock(judgement: Judgement, { facts }: AskedOrder, clockAccepted: boolean): void {
  if (judgement === "release" || clockAccepted) return;
  const { stampedAt, now } = facts;
  throw new OperationError("CLOCK_BEHIND", { stampedAt: stampedAt.toISOString(), localAt: instantOf(now) });
}

/** Before a PIN is tried: by what is kept of the bid, too, where it was made here. No key is released by this. @throws OperationError ORDER_REFUSED */
export function judgeBefore({ facts, kept }: AskedOrder): Judgement {
  return kept === null ? judgeOrder(facts) : judgeRelease({ ...facts, header: kept.header });
}

/**
 * The order by itself: it is refused or not in the same way for a key block of this computer's and for any other. Nobody has agreed yet, and a page that
 * could tell them apart would know without a question whose computer this is. Which bid it is goes to the window alone.
 */
export function readOrder(host: Host): Handlers["readOrder"] {
  return async (params) => {
    const release = await triedOpening(host, params.keyBlock, "release");
    const judge = async () => {
      const asked = await askOrder(host, params, release);
      return { asked, judgement: judgeOrder(asked.facts) };
    };
    const { asked, judgement } = await recordedFailure(host, release.tried, judge, { unasked: true });
    const { said, platform, stampedAt, stampedFrom } = asked.order;
    const { projectCode, lot, openingTime } = said;
    const here = params.beforeAsking === true ? [] : await listKeys(host.stores);
    const opening = here.filter((key) => recipientOf(key, asked.envelope) !== null);
    return {
      lot: { platformName: platform.name, projectCode, lot, openingTime },
      stampedAt: stampedAt.toISOString(),
      stampedFrom: stampedFrom.toISOString(),
      clockBehind: judgement === "clock-behind",
      keyIds: opening.map(({ keyId }) => keyId),
      hereIds: here.map(({ keyId }) => keyId),
      packageId: release.kept?.bid.packageId ?? null,
    };
  };
}
