/** HTTP of handing in bids: lots with their notices, uploads in parts, receipts. */
import { base64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import type { Clock } from "@certbridge/verify";
import { type Context, Hono } from "hono";
import * as v from "valibot";
import type { Access } from "./access.ts";
import type { Bids, KeptBid } from "./bids.ts";
import { parseBody } from "./body.ts";
import type { Hall } from "./hall.ts";
import type { Lot, Lots } from "./lots.ts";
import { PlatformError } from "./refusals.ts";
import { PART_LEN, type Upload, type Uploads } from "./uploads.ts";

export interface BidParts {
  readonly access: Access;
  readonly lots: Lots;
  readonly uploads: Uploads;
  readonly bids: Bids;
  readonly hall: Hall;
  readonly clock: Clock;
  readonly report: (event: { readonly what: "submit"; outcome: string; uscc: string | null }) => void;
}

const beginBody = v.strictObject({
  size: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.packageLen)),
});

/** The head of the bidder's own record, where the page has it. */
const completeBody = v.strictObject({ ledgerHead: v.exactOptional(base64Url(32, 32)) });

const sm3Header = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

export function showLot({ id, projectCode, projectName, lot, newest, openingAt, profile }: Lot, hall: Hall) {
  return {
    id,
    projectCode,
    projectName,
    lot,
    openingAt,
    sequence: newest.said.sequence,
    notice: encodeBase64Url(newest.der),
    state: hall.state(id),
    isLegacy: profile === "legacy",
  };
}

/** What a bidder is shown of the own bid. */
export function showBid({ verified, receipt }: KeptBid) {
  return {
    packageId: verified.packageId,
    packageLen: verified.packageLen,
    receivedAt: verified.receivedAt,
    signatureSm3: encodeBase64Url(verified.signatureSm3),
    stampedAt: receipt?.stampedAt ?? null,
    receipt: receipt === null ? null : encodeBase64Url(receipt.der),
  };
}

const showUpload = ({ id, size, parts }: Upload) => ({ id, size, partLen: PART_LEN, parts });

export function createBidRoutes(parts: BidParts): Hono {
  const { access, lots, uploads, bids, hall, clock } = parts;
  const app = new Hono();
  const uploadOf = (context: Context) => uploads.find(context.req.param("upload") ?? "", access.account(context).uscc);

  app.get("/api/lots", (context) =>
    context.json({ ok: true, now: clock(), lots: lots.all().map((lot) => showLot(lot, hall)) }),
  );

  app.post("/api/lots/:lot/uploads", async (context) => {
    const { uscc } = access.account(context);
    const lot = lots.find(context.req.param("lot"));
    const { size } = await parseBody(context, beginBody);
    return context.json({ ok: true, upload: showUpload(await uploads.begin({ uscc, lotId: lot.id, size })) });
  });

  app.get("/api/uploads/:upload", (context) => context.json({ ok: true, upload: showUpload(uploadOf(context)) }));

  app.put("/api/uploads/:upload/parts/:index", async (context) => {
    const upload = uploadOf(context);
    const sm3 = v.safeParse(sm3Header, context.req.header("content-sm3"));
    const index = /^\d{1,6}$/.test(context.req.param("index")) ? Number(context.req.param("index")) : -1;
    if (!sm3.success) throw new PlatformError("INVALID_FORM");
    await uploads.putPart(upload, index, sm3.output, new Uint8Array(await context.req.arrayBuffer()));
    return context.json({ ok: true });
  });

  app.post("/api/uploads/:upload/complete", async (context) => {
    const account = access.account(context);
    const { ledgerHead } = await parseBody(context, completeBody);
    try {
      const bid = await bids.submit(account, context.req.param("upload"), ledgerHead);
      parts.report({ what: "submit", outcome: "ok", uscc: account.uscc });
      return context.json({ ok: true, bid: showBid(bid) });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "PLATFORM_FAILED";
      parts.report({ what: "submit", outcome: code, uscc: account.uscc });
      throw error;
    }
  });

  app.get("/api/lots/:lot/bid", (context) => {
    const account = access.account(context);
    const bid = bids.find(lots.find(context.req.param("lot")).id, account.uscc);
    // Whoever looks at a bid without a receipt has it asked for once more.
    if (bid?.receipt === null) void bids.submit(account, bid.uploadId).catch(() => undefined);
    return context.json({ ok: true, bid: bid === null ? null : showBid(bid) });
  });

  app.get("/api/lots/:lot/receipt", (context) => {
    const bid = bids.find(lots.find(context.req.param("lot")).id, access.account(context).uscc);
    if (bid === null) throw new PlatformError("NOT_SUBMITTED");
    if (bid.receipt === null) throw new PlatformError("RECEIPT_DELAYED");
    return context.body(bid.receipt.der, 200, { "Content-Type": "application/cms" });
  });

  return app;
}
