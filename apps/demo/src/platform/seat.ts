/** A bidder's place in the hall (席位): what became of the bid there, and what is kept of it as evidence. Kept in memory. */
import type { OpeningReceipt } from "@certbridge/protocol/bid";
import { BlamedError, isRefusal, PolicyError, type StampedMessage } from "@certbridge/verify";
import type { KeptBid } from "./bids.ts";
import type { KeptFile } from "./opened-files.ts";
import { type AnswerCode, PlatformError } from "./refusals.ts";

/** "waiting" for the key, which came ("opening"), and what became of it. */
export type SeatStatus = "waiting" | "opening" | "opened" | "failed";

/** Something that went wrong for a bidder, and who found it. */
export interface Trouble {
  readonly at: number;
  /** Of the extension, where the page told it; of the server, where a key did not open. */
  readonly code: string;
  readonly foundBy: "page" | "server";
  /** Whether a signature that held shows that it is the bidder's own work. */
  readonly blamed: boolean;
}

/** A bidder in the hall. Instants in milliseconds since 1970. */
export interface Seat {
  readonly bid: KeptBid;
  readonly checkedInAt: number | null;
  readonly status: SeatStatus;
  readonly releasedAt: number | null;
  readonly openedAt: number | null;
  readonly files: readonly KeptFile[];
  readonly troubles: readonly Trouble[];
  /** Released keys as they came, DER, or JSON out of a backup key file: evidence. */
  readonly evidence: readonly Uint8Array[];
  /** The platform's answer to the last key that came; null where none came, none is stamped yet, or the authority gave no stamp. */
  readonly answer: StampedMessage<OpeningReceipt> | null;
}

/** Troubles and keys of one bidder that are kept. */
const KEPT = 50;

interface Weighed<T> {
  readonly item: T;
  readonly weight: number;
}

/** A list that is never longer than KEPT: of what weighs least the newest gives way. */
function createKept<T>() {
  const kept: Weighed<T>[] = [];
  return {
    items: (): readonly T[] => kept.map(({ item }) => item),
    /** Whether it stays. */
    add(item: T, weight: number): boolean {
      const added = { item, weight };
      kept.push(added);
      if (kept.length > KEPT) {
        const least = Math.min(...kept.map((one) => one.weight));
        kept.splice(
          kept.findLastIndex((one) => one.weight === least),
          1,
        );
      }
      return kept.includes(added);
    },
  };
}

export function codeOf(error: unknown): AnswerCode {
  return isRefusal(error) || error instanceof PlatformError ? error.code : "PLATFORM_FAILED";
}

/** What shows whose fault it was outweighs what a signature of somebody's is on, and that what nobody signed: the bidder's page can send any of those as often as it likes. */
function weightOf(error: unknown): number {
  if (error === null || error instanceof BlamedError) return 2;
  return error instanceof PolicyError ? 1 : 0;
}

/** What the hall writes down. */
export interface Place {
  checkedInAt: number | null;
  status: SeatStatus;
  releasedAt: number | null;
  openedAt: number | null;
  files: readonly KeptFile[];
  answer: StampedMessage<OpeningReceipt> | null;
  /** Keys that came. */
  keys: number;
  /**
   * A key that came, and why it was refused; null where it was not.
   *
   * @returns whether it is kept: what is not gets no answer either
   */
  keepKey(releasedKey: Uint8Array, error: unknown): boolean;
  fail(at: number, error: unknown): void;
  /** What the bidder's own page met. */
  tell(at: number, code: string): void;
  seatOf(bid: KeptBid): Seat;
}

export function createPlace(): Place {
  const troubles = createKept<Trouble>();
  const evidence = createKept<Uint8Array>();
  return {
    checkedInAt: null,
    status: "waiting",
    releasedAt: null,
    openedAt: null,
    files: [],
    answer: null,
    keys: 0,
    keepKey: (releasedKey, error) => evidence.add(releasedKey, weightOf(error)),
    fail(at, error) {
      this.status = "failed";
      const blamed = error instanceof BlamedError;
      troubles.add({ at, code: codeOf(error), foundBy: "server", blamed }, blamed ? 2 : 1);
    },
    tell: (at, code) => void troubles.add({ at, code, foundBy: "page", blamed: false }, 0),
    seatOf(bid) {
      const { checkedInAt, status, releasedAt, openedAt, files, answer } = this;
      const kept = { troubles: troubles.items(), evidence: evidence.items() };
      return { bid, checkedInAt, status, releasedAt, openedAt, files, answer, ...kept };
    },
  };
}

/** What everybody is told of a bid that is not open: what the bidder is to blame for, whatever the bidder's page has reported since; else the last. */
export function troubleOf({ status, troubles }: Seat): Trouble | null {
  if (status === "opened") return null;
  return troubles.findLast(({ blamed }) => blamed) ?? troubles.at(-1) ?? null;
}
