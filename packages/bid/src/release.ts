/**
 * Before a key is released (解密指令的核对): each equality and each time of docs/formats/notice-and-order.md as one pure function in a table.
 * Whose the order is, and whether its time stamp holds, was proved by whoever calls; what stands in the key block comes from it opened.
 */
import { type Certificate, isForEncryption } from "@certbridge/pki";
import type { BidHeader, OpeningOrder } from "@certbridge/protocol/bid";
import { type ErrorDetails, OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";

/** What is known of an order before any key is opened. */
export interface OrderFacts {
  readonly order: OpeningOrder;
  /** By a time-stamping authority that is believed, over the order's signature. */
  readonly stampedAt: Date;
  /** The earliest that it may have been, by the accuracy that the stamp states. */
  readonly stampedFrom: Date;
  readonly room: Certificate;
  /** Of the newest notice of the lot that was seen; null where none was. */
  readonly noticedOpening: string | null;
  /** The local clock, in milliseconds since 1970. */
  readonly now: number;
}

/** And what the opened key block says. */
export interface ReleaseFacts extends OrderFacts {
  readonly header: BidHeader;
}

/** `clock-behind`: everything holds, and only the local clock is before the opening; the person decides. */
export type Judgement = "release" | "clock-behind";

type OrderRule = ErrorDetails["ORDER_REFUSED"]["rule"];

/** One sentence of the page that must hold, and the name under which it is refused. */
interface Rule<F> {
  readonly rule: OrderRule;
  readonly holds: (facts: F) => boolean;
}

/** Sentences 3 to 6, as far as they need no key block. In the order in which they are told. */
export const orderRules: readonly Rule<OrderFacts>[] = [
  // 3: a platform's own newer notice binds it.
  {
    rule: "opening",
    holds: ({ order, noticedOpening }) =>
      noticedOpening === null || Date.parse(order.openingTime) >= Date.parse(noticedOpening),
  },
  // 4
  { rule: "too-early", holds: ({ order, stampedFrom }) => stampedFrom.getTime() >= Date.parse(order.openingTime) },
  {
    rule: "time-stamp",
    holds: ({ order, stampedFrom }) => Date.parse(order.notAfter) - stampedFrom.getTime() <= limits.orderLifeMs,
  },
  { rule: "too-late", holds: ({ order, stampedAt }) => stampedAt.getTime() <= Date.parse(order.notAfter) },
  // 5
  { rule: "too-late", holds: ({ order, now }) => now - limits.clockSkewMs <= Date.parse(order.notAfter) },
  // 6
  { rule: "room-certificate", holds: ({ room }) => isForEncryption(room) && room.basicConstraints?.ca !== true },
  {
    rule: "room-certificate",
    holds: ({ room, stampedAt }) => room.notBefore <= stampedAt && stampedAt <= room.notAfter,
  },
];

/** Sentences 2 and 3, against the header that the key block holds. */
export const headerRules: readonly Rule<ReleaseFacts>[] = [
  { rule: "lot", holds: ({ order, header }) => order.platformId === header.platformId },
  { rule: "lot", holds: ({ order, header }) => order.projectCode === header.projectCode },
  { rule: "lot", holds: ({ order, header }) => order.lot === header.lot },
  {
    rule: "opening",
    holds: ({ order, header }) => Date.parse(order.openingTime) >= Date.parse(header.openingTime),
  },
];

function hold<F extends OrderFacts>(rules: readonly Rule<F>[], facts: F): void {
  const broken = rules.find(({ holds }) => !holds(facts));
  if (broken !== undefined) throw new OperationError("ORDER_REFUSED", { rule: broken.rule });
}

function judgeClock({ order, now }: OrderFacts): Judgement {
  return now + limits.clockSkewMs < Date.parse(order.openingTime) ? "clock-behind" : "release";
}

/**
 * What can be refused before anybody is asked for a PIN. It releases nothing: {@link judgeRelease} does, with the key block open.
 *
 * @throws OperationError ORDER_REFUSED
 */
export function judgeOrder(facts: OrderFacts): Judgement {
  hold(orderRules, facts);
  return judgeClock(facts);
}

/** Every rule. @throws OperationError ORDER_REFUSED */
export function judgeRelease(facts: ReleaseFacts): Judgement {
  hold(headerRules, facts);
  return judgeOrder(facts);
}
