/** Everything of a platform that has to do with bids: notices, uploads, receipts, the hall. Put together from its parts. */
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { type Clock, createOpeningDesk, type TimeStamping, type Verifier } from "@certbridge/verify";
import { Hono } from "hono";
import { join } from "node:path";
import type { Access } from "./access.ts";
import { createBidRoutes } from "./bid-routes.ts";
import { renderBidPage } from "./bid-page.ts";
import { type Bids, createBids } from "./bids.ts";
import type { Look } from "./frame.ts";
import { setSecurityHeaders } from "./guard.ts";
import { createHall, type Hall } from "./hall.ts";
import type { RoomKey } from "./room-key.ts";
import { renderHallPage, renderHostPage } from "./hall-page.ts";
import { createHallRoutes } from "./hall-routes.ts";
import { createLots, type LotPlan, type Lots } from "./lots.ts";
import type { PlatformEvent } from "./routes.ts";
import { withPatience } from "./patience.ts";
import { createUploads } from "./uploads.ts";

/** The time-stamping authority is waited for so long, and then done without. */
const AUTHORITY_MS = 10_000;

export interface BiddingOptions {
  readonly gm: Gm;
  readonly look: Look;
  readonly access: Access;
  readonly verifier: Verifier;
  /** The key that signs notices, receipts and orders. */
  readonly key: { readonly privateKey: Uint8Array; readonly certificate: Uint8Array };
  readonly timeStamping: TimeStamping;
  readonly makeRoomKey: () => RoomKey;
  readonly lots: readonly LotPlan[];
  /** Packages, parts and opened files go below it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly report: (event: PlatformEvent) => void;
}

export interface Bidding {
  readonly lots: Lots;
  readonly bids: Bids;
  readonly hall: Hall;
  /** Behind the number sign of the host's link. */
  readonly operatorCode: string;
  readonly routes: Hono;
}

export function createBidding(options: BiddingOptions): Bidding {
  const { gm, look, access, verifier, clock, folder, report } = options;
  const timeStamping = withPatience(options.timeStamping, AUTHORITY_MS);
  const desk = createOpeningDesk({ gm, platform: { platformId: look.id, ...options.key }, timeStamping, clock });
  const lots = createLots(desk);
  for (const plan of options.lots) lots.announce(plan);
  const uploads = createUploads(gm, join(folder, "uploads"));
  const bids = createBids({ verifier, desk, lots, uploads, folder: join(folder, "packages"), clock });
  const { makeRoomKey } = options;
  const hall = createHall({ bids, desk, verifier, makeRoomKey, folder: join(folder, "opened"), clock, report });
  const operatorCode = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));

  const routes = new Hono();
  routes.get("/bid", (context) => {
    setSecurityHeaders(context, { wasm: true });
    return context.html(renderBidPage(look));
  });
  routes.get("/hall", (context) => context.html(renderHallPage(look)));
  routes.get("/host", (context) => context.html(renderHostPage(look)));
  routes.route("/", createBidRoutes({ access, lots, uploads, bids, hall, clock, report }));
  routes.route("/", createHallRoutes({ access, lots, bids, hall, clock, operatorCode }));
  return { lots, bids, hall, operatorCode, routes };
}
