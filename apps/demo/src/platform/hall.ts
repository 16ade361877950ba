/**
 * The bid-opening hall (开标大厅): who is there, the order that asks for keys, the keys that come, the packages that they open. What a
 * bidder's failure is, and what the platform's, is told apart by the verifier's codes. Kept in memory.
 */
import type { OpeningOrder, OpeningReceipt } from "@certbridge/protocol/bid";
import {
  BlamedError,
  type Clock,
  isRefusal,
  type OpeningDesk,
  type StampedMessage,
  type Verifier,
} from "@certbridge/verify";
import type { Bids, KeptBid } from "./bids.ts";
import type { Account } from "./ledger.ts";
import type { Lot } from "./lots.ts";
import { keepFiles, type KeptFile } from "./opened-files.ts";
import { type AnswerCode, PlatformError } from "./refusals.ts";
import { withSource } from "./uploads.ts";

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
  /** Every released key as it came, DER, or JSON out of a backup key file: evidence. */
  readonly evidence: readonly Uint8Array[];
  /** The platform's answer to the last key that came; null where none came, or the authority gave no stamp. */
  readonly answer: StampedMessage<OpeningReceipt> | null;
}

/** A room's key, made for one order. */
export interface RoomKey {
  /** DER, with an encryption use. */
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
}

export type HallState = "receiving" | "opening" | "closed";

export interface Hall {
  state(lotId: string): HallState;
  order(lotId: string): StampedMessage<OpeningOrder> | null;
  /** Every bidder of the lot, in the order in which packages came. For others only once the opening has begun. */
  seats(lotId: string): readonly Seat[];
  /** @throws PlatformError NOT_SUBMITTED */
  seat(lotId: string, uscc: string): Seat;
  /** @throws PlatformError NOT_SUBMITTED */
  checkIn(lot: Lot, account: Account): void;
  /**
   * Sends the order; once more where the time of the one before is over.
   *
   * @throws PolicyError OPENING_NOT_BEGUN, TIME_STAMP_REFUSED · PlatformError HALL_CLOSED, OPENING_BEGUN
   */
  begin(lot: Lot): Promise<void>;
  /**
   * Takes a key from the session of the bidder who handed the package in, and answers with a receipt for it, right or refused. Resolves when it is proved to be the package's; opening the files goes on by itself.
   *
   * @throws VerificationError · PolicyError as verifyReleasedKey does · PlatformError NOT_SUBMITTED, HALL_NOT_OPEN, HALL_CLOSED
   */
  release(lot: Lot, uscc: string, releasedKey: Uint8Array): Promise<void>;
  /** What the bidder's own page met. */
  report(lot: Lot, uscc: string, code: string): void;
  /** Nothing is taken any more, and the room's keys are gone. */
  close(lot: Lot): void;
  /** Resolves when nothing is being opened. */
  idle(): Promise<void>;
}

/** Packages that are opened at once: more would only wait for the same processor. */
const AT_ONCE = 2;
/** Troubles and keys of one bidder that are kept. */
const KEPT = 50;

interface Place {
  checkedInAt: number | null;
  status: SeatStatus;
  releasedAt: number | null;
  openedAt: number | null;
  files: readonly KeptFile[];
  readonly troubles: Trouble[];
  readonly evidence: Uint8Array[];
  answer: StampedMessage<OpeningReceipt> | null;
}

interface Room {
  order: StampedMessage<OpeningOrder> | null;
  key: RoomKey | null;
  /** While an order is being stamped. */
  beginning: boolean;
  closed: boolean;
  readonly places: Map<string, Place>;
}

function codeOf(error: unknown): AnswerCode {
  return isRefusal(error) || error instanceof PlatformError ? error.code : "PLATFORM_FAILED";
}

export function createHall(parts: {
  readonly bids: Bids;
  readonly desk: Pick<OpeningDesk, "issueOrder" | "issueOpeningReceipt">;
  readonly verifier: Pick<Verifier, "verifyReleasedKey" | "openPackage">;
  readonly makeRoomKey: () => RoomKey;
  /** Opened files go here. */
  readonly folder: string;
  readonly clock: Clock;
  readonly report: (event: {
    readonly what: "order" | "release" | "answer" | "open";
    outcome: string;
    uscc: string | null;
  }) => void;
}): Hall {
  const { bids, desk, verifier, clock } = parts;
  const rooms = new Map<string, Room>();
  let running = 0;
  const waiting: (() => void)[] = [];
  const jobs = new Set<Promise<void>>();

  function roomOf(lotId: string): Room {
    const found = rooms.get(lotId);
    if (found !== undefined) return found;
    const room: Room = { order: null, key: null, beginning: false, closed: false, places: new Map() };
    rooms.set(lotId, room);
    return room;
  }

  function placeOf(room: Room, uscc: string): Place {
    const found = room.places.get(uscc);
    if (found !== undefined) return found;
    const none = { checkedInAt: null, releasedAt: null, openedAt: null, answer: null };
    const place: Place = { ...none, files: [], troubles: [], evidence: [], status: "waiting" };
    room.places.set(uscc, place);
    return place;
  }

  function bidOf(lotId: string, uscc: string): KeptBid {
    const bid = bids.find(lotId, uscc);
    if (bid === null) throw new PlatformError("NOT_SUBMITTED");
    return bid;
  }

  const seatOf = (lotId: string, bid: KeptBid): Seat => ({ bid, ...placeOf(roomOf(lotId), bid.uscc) });

  function fail(place: Place, error: unknown): void {
    place.status = "failed";
    const trouble = {
      at: clock(),
      code: codeOf(error),
      foundBy: "server",
      blamed: error instanceof BlamedError,
    } as const;
    if (place.troubles.length < KEPT) place.troubles.push(trouble);
  }

  /** An opening waits for no authority: without its stamp there is no receipt, and the key counts all the same. */
  async function answer(place: Place, bid: KeptBid, key: AnsweredKey): Promise<void> {
    try {
      place.answer = await desk.issueOpeningReceipt({ ...key, received: bid.verified });
    } catch (error) {
      place.answer = null;
      parts.report({ what: "answer", outcome: codeOf(error), uscc: bid.uscc });
    }
  }

  /** One of few at a time, in the order in which they came. */
  async function inTurn(use: () => Promise<void>): Promise<void> {
    if (running >= AT_ONCE) await new Promise<void>((go) => waiting.push(go));
    running++;
    try {
      await use();
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  async function openFiles(place: Place, bid: KeptBid, releasedKey: Uint8Array, opening: Opening): Promise<void> {
    const { signatureSm3 } = bid.verified;
    const expected = { signatureSm3, receivedAt: opening.receivedAt, bySubmitter: true, uscc: bid.uscc };
    try {
      place.files = await keepFiles(parts.folder, bid, (sink) =>
        withSource(bid.path, (source) =>
          verifier.openPackage(source, releasedKey, opening.room, { ...expected, sink }),
        ),
      );
      place.status = "opened";
      place.openedAt = clock();
      parts.report({ what: "open", outcome: "ok", uscc: bid.uscc });
    } catch (error) {
      fail(place, error);
      parts.report({ what: "open", outcome: codeOf(error), uscc: bid.uscc });
    }
  }

  return {
    state: (lotId) => {
      const { order, beginning, closed } = roomOf(lotId);
      return closed ? "closed" : order === null && !beginning ? "receiving" : "opening";
    },
    order: (lotId) => roomOf(lotId).order,
    seats: (lotId) => bids.of(lotId).map((bid) => seatOf(lotId, bid)),
    seat: (lotId, uscc) => seatOf(lotId, bidOf(lotId, uscc)),
    checkIn({ id }, { uscc }) {
      bidOf(id, uscc);
      placeOf(roomOf(id), uscc).checkedInAt ??= clock();
    },
    async begin({ id, newest }) {
      const room = roomOf(id);
      if (room.closed) throw new PlatformError("HALL_CLOSED");
      const inForce = room.order !== null && clock() <= Date.parse(room.order.said.notAfter);
      if (room.beginning || inForce) throw new PlatformError("OPENING_BEGUN");
      room.beginning = true;
      try {
        const key = parts.makeRoomKey();
        room.order = await desk.issueOrder({ notice: newest.said, roomCertificate: key.certificate });
        room.key = key;
        parts.report({ what: "order", outcome: "ok", uscc: null });
      } finally {
        room.beginning = false;
      }
    },
    async release({ id }, uscc, releasedKey) {
      const room = roomOf(id);
      const bid = bidOf(id, uscc);
      const place = placeOf(room, uscc);
      if (room.closed) throw new PlatformError("HALL_CLOSED");
      if (room.order === null || room.key === null) throw new PlatformError("HALL_NOT_OPEN");
      if (place.status === "opening" || place.status === "opened") return;
      const receivedAt = clock();
      const opening = { receivedAt, room: { order: room.order.der, privateKey: room.key.privateKey } };
      if (place.evidence.length < KEPT) place.evidence.push(releasedKey);
      const key = { order: room.order.der, releasedKey, receivedAt };
      place.status = "opening";
      try {
        const { signatureSm3 } = bid.verified;
        await withSource(bid.path, (source) =>
          verifier.verifyReleasedKey(source, releasedKey, opening.room, {
            signatureSm3,
            receivedAt,
            bySubmitter: true,
            uscc,
          }),
        );
      } catch (error) {
        fail(place, error);
        parts.report({ what: "release", outcome: codeOf(error), uscc });
        if (isRefusal(error)) await answer(place, bid, { ...key, refusal: error.code });
        throw error;
      }
      place.releasedAt = receivedAt;
      await answer(place, bid, { ...key, refusal: null });
      parts.report({ what: "release", outcome: "ok", uscc });
      const job = inTurn(() => openFiles(place, bid, releasedKey, opening)).finally(() => jobs.delete(job));
      jobs.add(job);
    },
    report({ id }, uscc, code) {
      bidOf(id, uscc);
      const { troubles } = placeOf(roomOf(id), uscc);
      if (troubles.length < KEPT) troubles.push({ at: clock(), code, foundBy: "page", blamed: false });
    },
    close({ id }) {
      const room = roomOf(id);
      room.closed = true;
      // What is being opened goes on with its own copy of the room; then nothing holds the key any more.
      room.key = null;
    },
    async idle() {
      while (jobs.size > 0) await Promise.all(jobs);
    },
  };
}

type AnsweredKey = Omit<Parameters<OpeningDesk["issueOpeningReceipt"]>[0], "received">;

/** One release: when its key came, and the room that it came to. */
interface Opening {
  readonly receivedAt: number;
  readonly room: { readonly order: Uint8Array; readonly privateKey: Uint8Array };
}
