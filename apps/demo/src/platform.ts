/** A tendering platform that takes part: its server verifies every proof, keeps accounts, and issues registration credentials. */
import type { Gm } from "@certbridge/gm";
import {
  type Clock,
  createCredentialMaker,
  createNonces,
  createVerifier,
  type CredentialIssuer,
  type RevocationSource,
  type TimeStamping,
  type TrustedAuthorities,
} from "@certbridge/verify";
import { rm } from "node:fs/promises";
import { createAccess } from "./platform/access.ts";
import type { Assets } from "./platform/assets.ts";
import { type Bidding, createBidding } from "./platform/bidding.ts";
import { setSecurityHeaders } from "./platform/guard.ts";
import type { Look } from "./platform/frame.ts";
import { renderPage } from "./platform/home-page.ts";
import type { RoomKey } from "./platform/room-key.ts";
import { type Account, type IssuedRow, openLedger, type Submission } from "./platform/ledger.ts";
import type { LotPlan } from "./platform/lots.ts";
import { createRoutes, type PlatformEvent } from "./platform/routes.ts";
import { createSessions } from "./platform/sessions.ts";
import type { Web } from "./web.ts";

/** What its operator can do; tests and stories judge by it. */
export interface PlatformAdmin {
  account(uscc: string): Account | null;
  accounts(): readonly Account[];
  /** Enters a bidder as if it had registered by the form. */
  addAccount(bidder: { readonly name: string; readonly uscc: string }): void;
  /** Signatures taken in, oldest first; of one bidder, newest first. */
  submissions(uscc?: string): readonly Submission[];
  credentials(): readonly IssuedRow[];
  /** Takes back all credentials that this bidder got here; the status list says so from now on. */
  revokeCredential(uscc: string): void;
  /** What the server said of each attempt, oldest first. */
  readonly log: readonly PlatformEvent[];
  /** Moves this server's clock, in milliseconds. */
  setClock(offsetMs: number): void;
  /** The newest signed status list. */
  statusList(): Uint8Array;
  /** Lots, bids and hall, as the pages have them. */
  readonly bidding: Pick<Bidding, "lots" | "bids" | "hall" | "operatorCode">;
}

export interface Platform {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  readonly port: number;
  readonly look: Look;
  readonly admin: PlatformAdmin;
  close(): void;
}

export interface PlatformOptions {
  readonly gm: Gm;
  readonly web: Web;
  readonly assets: Assets;
  readonly look: Look;
  readonly origin: string;
  /** The key that signs its credentials, notices, receipts and orders, and the certificate that others pin. */
  readonly key: { readonly privateKey: Uint8Array; readonly certificate: Uint8Array };
  readonly authorities: TrustedAuthorities;
  readonly credentialIssuers: readonly CredentialIssuer[];
  readonly crl: RevocationSource["crl"];
  readonly timeStamping: TimeStamping;
  readonly makeRoomKey: () => RoomKey;
  readonly lots: readonly LotPlan[];
  /** The SQLite file; made anew. */
  readonly database: string;
  /** For bids; made anew. */
  readonly folder: string;
  readonly port?: number;
  readonly clock?: Clock;
}

/** Where a platform of this demonstration serves its list. */
export const statusListUrl = (origin: string): string => `${origin}/credentials/status`;

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { gm, web, look, origin } = options;
  let offsetMs = 0;
  const clock = () => (options.clock ?? Date.now)() + offsetMs;
  await Promise.all(["", "-wal", "-shm"].map((ending) => rm(options.database + ending, { force: true })));
  await rm(options.folder, { recursive: true, force: true });
  const ledger = openLedger(options.database);
  const log: PlatformEvent[] = [];
  const nonces = createNonces({ clock });
  const credentials = createCredentialMaker({
    gm,
    clock,
    platform: { platformId: look.id, name: look.name, origin, statusList: statusListUrl(origin), ...options.key },
  });

  /** The sequence grows with each credential that is taken back. */
  function statusList(): Uint8Array<ArrayBuffer> {
    const revoked = new Set(ledger.credentials().flatMap(({ index, revoked }) => (revoked ? [index] : [])));
    return credentials.issueStatusList({ sequence: revoked.size + 1, revoked });
  }

  const sessions = createSessions(gm, ledger.database, clock);
  const access = createAccess(ledger, sessions);
  const report = (event: PlatformEvent) => void log.push(event);
  const verifier = createVerifier({
    gm,
    origins: [origin],
    trust: { authorities: options.authorities, credentialIssuers: options.credentialIssuers },
    nonces,
    clock,
    // A demonstration shows a revocation at once: the source keeps CAs' lists until it is told of a change, and issuers' lists
    // are fetched at each registration. A real server fetches both on a timer.
    revocation: { crl: options.crl, maxAgeMs: 0 },
    statusMaxAgeMs: 0,
  });
  const { key, timeStamping, makeRoomKey, lots, folder } = options;
  const bidding = createBidding({
    gm,
    look,
    access,
    verifier,
    key,
    timeStamping,
    makeRoomKey,
    lots,
    folder,
    clock,
    report,
  });
  const app = createRoutes({
    gm,
    origin,
    ledger,
    access,
    nonces,
    credentials,
    statusList,
    clock,
    sessions,
    verifier,
    report,
  });
  app.route("/", bidding.routes);
  app.get("/", (context) => context.html(renderPage(look)));
  for (const [path, asset] of options.assets) {
    if (path === "/phish.js") continue;
    app.get(path, (context) => {
      setSecurityHeaders(context);
      return context.body(asset.body, 200, { "Content-Type": asset.type });
    });
  }
  const port = await web.serve(new URL(origin).host, app.fetch, options.port);

  return {
    id: look.id,
    name: look.name,
    origin,
    port,
    look,
    admin: {
      account: ledger.account,
      accounts: ledger.accounts,
      addAccount: ({ name, uscc }) =>
        ledger.addAccount({ name, uscc, source: "form", facts: {}, received: {}, declared: null, createdAt: clock() }),
      submissions: ledger.submissions,
      credentials: ledger.credentials,
      revokeCredential: ledger.revokeCredentials,
      log,
      setClock: (ms) => {
        offsetMs = ms;
      },
      statusList,
      bidding,
    },
    close: ledger.close,
  };
}
