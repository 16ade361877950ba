/** HTTP of the bid-opening hall: what bidders and the host of the opening (主持人) see and do there. */
import { parseEnvelopedData } from "@certbridge/pki";
import { base64Url, decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import type { Clock } from "@certbridge/verify";
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Access } from "./access.ts";
import { showBid, showLot } from "./bid-routes.ts";
import type { Bids } from "./bids.ts";
import { parseBody } from "./body.ts";
import type { Hall } from "./hall.ts";
import type { Lot, Lots } from "./lots.ts";
import { PlatformError } from "./refusals.ts";
import { encodeCsv, resultOf } from "./result.ts";
import { type Seat, troubleOf } from "./seat.ts";

export interface HallParts {
  readonly access: Access;
  readonly lots: Lots;
  readonly bids: Bids;
  readonly hall: Hall;
  readonly clock: Clock;
  /** What the host's own link has in it. */
  readonly operatorCode: string;
}

const releaseBody = v.strictObject({ releasedKey: base64Url(1, limits.noticeLen) });
const troubleBody = v.strictObject({ code: v.pipe(v.string(), v.regex(/^[A-Z][A-Z_]{0,63}$/)) });
const rescheduleBody = v.strictObject({ openingAt: v.pipe(v.number(), v.integer(), v.minValue(0)) });
const nothing = v.strictObject({});

/** What everybody in the hall sees of a bidder, once the opening has begun. */
function showSeat(seat: Seat) {
  const { bid, status, checkedInAt, releasedAt, openedAt, files } = seat;
  const trouble = troubleOf(seat);
  return {
    name: bid.name,
    status,
    checkedInAt,
    releasedAt,
    openedAt,
    files: files.length,
    code: trouble?.code ?? null,
    blamed: trouble?.blamed ?? false,
  };
}

/** The receipt for the last key that the bidder released, DER; for nobody else. */
const answerOf = ({ answer }: Seat): string | null => (answer === null ? null : encodeBase64Url(answer.der));

export function createHallRoutes({ access, lots, bids, hall, clock, operatorCode }: HallParts): Hono {
  const app = new Hono();
  const lotOf = (context: Context): Lot => lots.find(context.req.param("lot") ?? "");

  /** @throws PlatformError NOT_OPERATOR */
  function checkOperator(context: Context): void {
    if (context.req.header("operator-code") !== operatorCode) throw new PlatformError("NOT_OPERATOR");
  }

  function show(lot: Lot, seats: readonly Seat[]) {
    const order = hall.order(lot.id);
    return {
      ok: true,
      now: clock(),
      lot: showLot(lot, hall),
      orderedAt: order?.stampedAt ?? null,
      notAfter: order === null ? null : Date.parse(order.said.notAfter),
      seats: seats.map(showSeat),
    };
  }

  /** Who handed something in, and how many, is nobody's business before the opening. */
  const visible = ({ id }: Lot): readonly Seat[] => (hall.state(id) === "receiving" ? [] : hall.seats(id));

  app.get("/api/lots/:lot/hall", (context) => {
    const lot = lotOf(context);
    const uscc = access.find(context)?.uscc ?? null;
    if (uscc === null || bids.find(lot.id, uscc) === null) {
      return context.json({ ...show(lot, visible(lot)), mine: null });
    }
    const order = hall.order(lot.id);
    const seat = hall.seat(lot.id, uscc);
    const { keyBlock } = seat.bid.verified;
    const mine = {
      ...showBid(seat.bid),
      ...showSeat(seat),
      // The bidder is helped with what was met last.
      code: seat.status === "opened" ? null : (seat.troubles.at(-1)?.code ?? null),
      // No lot here names a committee: whoever else can open it is the bidder.
      spares: parseEnvelopedData(keyBlock, limits.keyBlockLen).recipients.length - 1,
      answer: answerOf(seat),
      // With the order comes what is to be opened by it: the package's own key block, as it was handed in.
      keyBlock: order === null ? null : encodeBase64Url(keyBlock),
      order: order === null ? null : encodeBase64Url(order.der),
    };
    return context.json({ ...show(lot, visible(lot)), mine });
  });

  app.post("/api/lots/:lot/check-in", async (context) => {
    const account = access.account(context);
    await parseBody(context, nothing);
    hall.checkIn(lotOf(context), account);
    return context.json({ ok: true });
  });

  app.post("/api/lots/:lot/key", async (context) => {
    const { uscc } = access.account(context);
    const lot = lotOf(context);
    const { releasedKey } = await parseBody(context, releaseBody);
    await hall.release(lot, uscc, decodeBase64Url(releasedKey));
    return context.json({ ok: true });
  });

  app.post("/api/lots/:lot/troubles", async (context) => {
    const { uscc } = access.account(context);
    const lot = lotOf(context);
    const { code } = await parseBody(context, troubleBody);
    hall.report(lot, uscc, code);
    return context.json({ ok: true });
  });

  app.get("/api/lots/:lot/trouble-record.json", (context) => {
    const { uscc } = access.account(context);
    const lot = lotOf(context);
    const { bid, evidence, answer, troubles, ...seat } = hall.seat(lot.id, uscc);
    context.header("Content-Disposition", `attachment; filename="record-${bid.verified.packageId}.json"`);
    return context.json({
      lot: showLot(lot, hall),
      bidder: { name: bid.name, uscc },
      bid: showBid(bid),
      status: seat.status,
      checkedInAt: seat.checkedInAt,
      troubles,
      releasedKeys: evidence.map(encodeBase64Url),
      answer: answer === null ? null : encodeBase64Url(answer.der),
      order: encodeBase64Url(hall.order(lot.id)?.der ?? new Uint8Array(0)),
      madeAt: clock(),
    });
  });

  /** Public, as an opening is; there is none before it. */
  function resultFor(context: Context) {
    const lot = lotOf(context);
    if (hall.state(lot.id) === "receiving") throw new PlatformError("HALL_NOT_OPEN");
    return resultOf(lot, hall);
  }

  app.get("/api/lots/:lot/result.json", (context) => context.json({ ok: true, ...resultFor(context) }));
  app.get("/api/lots/:lot/result.csv", (context) =>
    context.body(encodeCsv(resultFor(context)), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": 'attachment; filename="result.csv"',
    }),
  );

  app.get("/api/host/lots/:lot", (context) => {
    checkOperator(context);
    const lot = lotOf(context);
    return context.json(show(lot, visible(lot)));
  });

  app.post("/api/host/lots/:lot/begin", async (context) => {
    checkOperator(context);
    await parseBody(context, nothing);
    const lot = lotOf(context);
    await hall.begin(lot);
    return context.json(show(lot, visible(lot)));
  });

  app.post("/api/host/lots/:lot/close", async (context) => {
    checkOperator(context);
    await parseBody(context, nothing);
    const lot = lotOf(context);
    if (hall.state(lot.id) === "receiving") throw new PlatformError("HALL_NOT_OPEN");
    hall.close(lot);
    return context.json(show(lot, visible(lot)));
  });

  app.post("/api/host/lots/:lot/opening-time", async (context) => {
    checkOperator(context);
    const { openingAt } = await parseBody(context, rescheduleBody);
    const lot = lotOf(context);
    if (hall.state(lot.id) !== "receiving") throw new PlatformError("OPENING_BEGUN");
    // A bid that is made for a later opening than the order's is not opened by its bidder's own computer.
    if (openingAt < lot.openingAt && bids.of(lot.id).length > 0) throw new PlatformError("OPENING_ONLY_LATER");
    const changed = lots.announce({ ...lot, openingAt });
    return context.json(show(changed, visible(changed)));
  });

  return app;
}
