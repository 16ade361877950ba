/**
 * The bid-opening hall (开标大厅): who is there, the order that asks for keys, the keys that come, the packages that they open. What a
 * bidder's failure is, and what the platform's, is told apart by the verifier's codes. Kept in memory.
 */
import type { OpeningOrder } from "@certbridge/protocol/bid";
import {
  type Clock,
  isRefusal,
  type OpeningDesk,
  type OpeningExpectation,
  PolicyError,
  type StampedMessage,
  type Verifier,
} from "@certbridge/verify";
import type { Bids, KeptBid } from "./bids.ts";
import type { Account } from "./ledger.ts";
import type { Lot } from "./lots.ts";
import { keepFiles } from "./opened-files.ts";
import { PlatformError } from "./refusals.ts";
import { type HeldKey, holdKey, type RoomKey, type UsedKey } from "./room-key.ts";
import { codeOf, createPlace, type Place, type Seat } from "./seat.ts";
import { withSource } from "./uploads.ts";

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
   * Sends the order; once more where the time of the one before is over. What came in time and is still being judged is waited for; which bids
   * there are is settled with the first order.
   *
   * @throws PolicyError OPENING_NOT_BEGUN, TIME_STAMP_REFUSED · PlatformError HALL_CLOSED, OPENING_BEGUN
   */
  begin(lot: Lot): Promise<void>;
  /**
   * Takes a key from the session of the bidder who handed the package in. Resolves when it is proved to be the package's: opening the files and the
   * stamped answer to the key, right or refused, go on by themselves.
   *
   * @throws VerificationError · PolicyError as verifyReleasedKey does · PlatformError NOT_SUBMITTED, HALL_NOT_OPEN, HALL_CLOSED
   */
  release(lot: Lot, uscc: string, releasedKey: Uint8Array): Promise<void>;
  /** What the bidder's own page met at the opening. @throws PlatformError NOT_SUBMITTED, HALL_NOT_OPEN */
  report(lot: Lot, uscc: string, code: string): void;
  /** Nothing is taken any more, and the room's keys are gone. */
  close(lot: Lot): void;
  /** Resolves when nothing is being opened, and no answer is on its way. */
  idle(): Promise<void>;
}

/** Packages that are opened at once: more would only wait for the same processor. */
const AT_ONCE = 2;

/** What follows a key begins so much later: signing and stamping keep this thread for longer than verifying did. */
const ANSWERED_MS = 25;
interface Room {
  order: StampedMessage<OpeningOrder> | null;
  key: HeldKey | null;
  /** While an order is being stamped. */
  beginning: boolean;
  closed: boolean;
  /** As they were when the first order went out: no bid takes another's place once others can be seen. */
  bids: readonly KeptBid[] | null;
  readonly places: Map<string, Place>;
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
    const none = { order: null, key: null, bids: null };
    const room: Room = { ...none, beginning: false, closed: false, places: new Map() };
    rooms.set(lotId, room);
    return room;
  }

  function placeOf(room: Room, uscc: string): Place {
    const found = room.places.get(uscc);
    if (found !== undefined) return found;
    const place = createPlace();
    room.places.set(uscc, place);
    return place;
  }

  const bidsOf = (lotId: string): readonly KeptBid[] => roomOf(lotId).bids ?? bids.of(lotId);

  function bidOf(lotId: string, uscc: string): KeptBid {
    const bid = bidsOf(lotId).find((bid) => bid.uscc === uscc);
    if (bid === undefined) throw new PlatformError("NOT_SUBMITTED");
    return bid;
  }

  const seatOf = (lotId: string, bid: KeptBid): Seat => placeOf(roomOf(lotId), bid.uscc).seatOf(bid);

  /** Behind what is answered to whoever asked just now: that is on its way first. */
  function goOn(work: () => Promise<void>): void {
    const job = new Promise<void>((go) => void setTimeout(go, ANSWERED_MS)).then(work).finally(() => jobs.delete(job));
    jobs.add(job);
  }

  /** An opening waits for no authority: without its stamp there is no receipt, and the key counts all the same. */
  async function answer(place: Place, bid: KeptBid, key: AnsweredKey): Promise<void> {
    const turn = place.keys;
    try {
      const stamped = await desk.issueOpeningReceipt({ ...key, received: bid.verified });
      if (turn === place.keys) place.answer = stamped;
    } catch (error) {
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

  async function openFiles(place: Place, bid: KeptBid, { releasedKey, room, expected }: Opening): Promise<void> {
    try {
      place.files = await keepFiles(parts.folder, bid, (sink) =>
        withSource(bid.path, (source) => verifier.openPackage(source, releasedKey, room, { ...expected, sink })),
      );
      place.status = "opened";
      place.openedAt = clock();
      parts.report({ what: "open", outcome: "ok", uscc: bid.uscc });
    } catch (error) {
      place.fail(clock(), error);
      parts.report({ what: "open", outcome: codeOf(error), uscc: bid.uscc });
    }
  }

  return {
    state: (lotId) => {
      const { order, beginning, closed } = roomOf(lotId);
      return closed ? "closed" : order === null && !beginning ? "receiving" : "opening";
    },
    order: (lotId) => roomOf(lotId).order,
    seats: (lotId) => bidsOf(lotId).map((bid) => seatOf(lotId, bid)),
    seat: (lotId, uscc) => seatOf(lotId, bidOf(lotId, uscc)),
    checkIn({ id }, { uscc }) {
      bidOf(id, uscc);
      placeOf(roomOf(id), uscc).checkedInAt ??= clock();
    },
    async begin({ id, newest, openingAt }) {
      const room = roomOf(id);
      if (room.closed) throw new PlatformError("HALL_CLOSED");
      const inForce = room.order !== null && clock() <= Date.parse(room.order.said.notAfter);
      if (room.beginning || inForce) throw new PlatformError("OPENING_BEGUN");
      if (clock() < openingAt) throw new PolicyError("OPENING_NOT_BEGUN");
      room.beginning = true;
      const made = parts.makeRoomKey();
      const key = holdKey(made);
      try {
        // Whatever comes from now on is late.
        await bids.settled(id);
        room.order = await desk.issueOrder({ notice: newest.said, roomCertificate: made.certificate });
        if (room.closed) throw new PlatformError("HALL_CLOSED");
        room.bids ??= bids.of(id);
        room.key?.retire();
        room.key = key;
        parts.report({ what: "order", outcome: "ok", uscc: null });
      } finally {
        if (room.key !== key) key.retire();
        room.beginning = false;
      }
    },
    async release({ id }, uscc, releasedKey) {
      const receivedAt = clock();
      const room = roomOf(id);
      const bid = bidOf(id, uscc);
      const place = placeOf(room, uscc);
      if (room.closed) throw new PlatformError("HALL_CLOSED");
      if (room.order === null || room.key === null) throw new PlatformError("HALL_NOT_OPEN");
      if (place.status === "opening" || place.status === "opened") return;
      place.status = "opening";
      place.keys++;
      place.answer = null;
      const used = room.key.use();
      const order = room.order.der;
      const key = { order, releasedKey, receivedAt };
      const expected = { signatureSm3: bid.verified.signatureSm3, receivedAt, bySubmitter: true, uscc };
      const opening = { releasedKey, room: { order, privateKey: used.privateKey }, expected };
      try {
        await withSource(bid.path, (source) => verifier.verifyReleasedKey(source, releasedKey, opening.room, expected));
      } catch (error) {
        used.letGo();
        place.fail(clock(), error);
        parts.report({ what: "release", outcome: codeOf(error), uscc });
        const isKept = place.keepKey(releasedKey, error);
        if (isRefusal(error) && isKept) goOn(() => answer(place, bid, { ...key, refusal: error.code }));
        throw error;
      }
      place.releasedAt = receivedAt;
      place.keepKey(releasedKey, null);
      parts.report({ what: "release", outcome: "ok", uscc });
      goOn(() => answer(place, bid, { ...key, refusal: null }));
      goOn(() => inTurn(() => openFiles(place, bid, opening)).finally(() => used.letGo()));
    },
    report({ id }, uscc, code) {
      bidOf(id, uscc);
      const room = roomOf(id);
      if (room.order === null) throw new PlatformError("HALL_NOT_OPEN");
      placeOf(room, uscc).tell(clock(), code);
    },
    close({ id }) {
      const room = roomOf(id);
      room.closed = true;
      // What is being opened goes on; then nothing holds the key any more.
      room.key?.retire();
      room.key = null;
    },
    async idle() {
      while (jobs.size > 0) await Promise.all(jobs);
    },
  };
}

type AnsweredKey = Omit<Parameters<OpeningDesk["issueOpeningReceipt"]>[0], "received">;

/** One release: the key, the room that it came to, what it is held against. */
interface Opening {
  readonly releasedKey: Uint8Array;
  readonly room: { readonly order: Uint8Array; readonly privateKey: UsedKey["privateKey"] };
  readonly expected: OpeningExpectation;
}
