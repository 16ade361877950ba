/** A bidder at a computer: the companion program's verbs over real stores, with keys in memory, and a clock that is turned by hand. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { BidHeader } from "@certbridge/protocol/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostParams, HostResult } from "@certbridge/protocol/host";
import type { Registry } from "@certbridge/trust";
import type { Handlers } from "../../apps/host/src/dispatch.ts";
import type { Host, Run } from "../../apps/host/src/host.ts";
import { ledgerHeadOf } from "../../apps/host/src/ledger.ts";
import { createHandlers } from "../../apps/host/src/verbs/index.ts";
import { DAY, type Party } from "./authority.ts";
import { type Bidding, type MadeBid, makeBid, openBidding } from "./bidding.ts";
import { sealFor } from "./client.ts";
import { newId, openAuthority, PIN } from "./host.ts";
import { openRooms, openRun } from "./host-rooms.ts";
import { type MemoryStore, openMemoryStore, type PairOptions } from "./memory-keys.ts";

export interface Desk {
  /** The CA of all its keys. */
  readonly authority: Party;
  /** Folder of what the program keeps. */
  readonly home: string;
  readonly bidding: Bidding;
  readonly store: MemoryStore;
  readonly keyId: string;
  readonly host: Host;
  readonly run: Run;
  readonly handlers: Handlers;
  readonly time: { now: number };
  /** Rings what was set for so much later. */
  pass(ms: number): Promise<void>;
  consented(keyId?: string, pin?: string): { consentId: string; keyId: string; sealedPin: string };
  /** A bid of this key for the notice, as the workshop makes it. */
  make(change?: Partial<BidHeader>, recipients?: readonly Uint8Array[]): MadeBid;
  /** The bid with the ledger's head in its trailer, as the workshop writes it once it has begun. */
  withHead(made: MadeBid): Promise<MadeBid>;
  begin(
    made: MadeBid,
    change?: Partial<HostParams<"beginBid">>,
  ): Promise<{ consentId: string } & HostResult<"beginBid">>;
  finish(consentId: string, made: MadeBid): Promise<HostResult<"finishBid">>;
  /** Its package is whole. */
  confirm(consentId: string, made: MadeBid): Promise<unknown>;
  /** Begun, finished, and whole. */
  handIn(made?: MadeBid): Promise<MadeBid>;
  release(made: MadeBid, change?: Partial<HostParams<"releaseKey">>): Promise<HostResult<"releaseKey">>;
}

export const text = encodeBase64Url;

let count = 0;

/**
 * @param folder  where its home is made
 * @param options of its first key, and how long an answer of a network is waited for
 */
export async function openDesk(
  folder: string,
  change: Partial<Registry> | ((registry: Registry) => Partial<Registry>) = {},
  options: { readonly pair?: PairOptions; readonly askMs?: number } = {},
): Promise<Desk> {
  const time = { now: Date.now() };
  const authority = openAuthority();
  const bidding = openBidding(authority, time.now + 20 * DAY);
  const store = openMemoryStore(authority);
  const keyId = store.add(options.pair);
  const changed = typeof change === "function" ? change(bidding.registry) : change;
  const registry = { ...bidding.registry, ...changed };
  const askMs = options.askMs === undefined ? {} : { askMs: options.askMs };
  const home = join(folder, `desk-${++count}`);
  const host = await openRooms({ folder: home, clock: () => time.now, stores: [store], registry, ...askMs });
  const alarms = new Set<{ readonly at: number; readonly ring: () => void }>();
  const run = openRun(host, {}, (afterMs, ring) => {
    const alarm = { at: time.now + afterMs, ring };
    alarms.add(alarm);
    return () => void alarms.delete(alarm);
  });
  const handlers = createHandlers(host, run);
  const { origin } = bidding;

  const consented: Desk["consented"] = (id = keyId, pin = PIN) => {
    const consentId = newId();
    return { consentId, keyId: id, sealedPin: sealFor(host.identity.publicKey, consentId, pin) };
  };
  const opening = new Date(bidding.openingAt).toISOString();
  const make: Desk["make"] = (made = {}, recipients = [store.encryptionOf(keyId)]) =>
    makeBid(keyId, opening, recipients, made);
  const begin: Desk["begin"] = async (made, other = {}) => {
    const consent = consented();
    const asked = { header: text(made.headerBytes), keyBlock: text(made.keyBlock), notice: text(bidding.notice()) };
    const begun = await handlers.beginBid({ ...consent, origin, ...asked, ...other });
    return { consentId: other.consentId ?? consent.consentId, ...begun };
  };
  const withHead: Desk["withHead"] = async (made) => {
    const said: object = JSON.parse(new TextDecoder().decode(made.trailer));
    return { ...made, trailer: encodeCanonical({ ...said, ...(await ledgerHeadOf(host, made.header.packageId)) }) };
  };
  const finish: Desk["finish"] = (consentId, { trailer }) => handlers.finishBid({ consentId, trailer: text(trailer) });
  const confirm: Desk["confirm"] = (consentId, { header: { packageId } }) =>
    handlers.confirmBid({ consentId, packageId });
  return {
    authority,
    home,
    bidding,
    store,
    keyId,
    host,
    run,
    handlers,
    time,
    async pass(ms) {
      time.now += ms;
      for (const alarm of alarms) {
        if (alarm.at > time.now) continue;
        alarms.delete(alarm);
        alarm.ring();
      }
      // What rings is written down by itself.
      await new Promise((done) => setTimeout(done, 50));
    },
    consented,
    make,
    withHead,
    begin,
    finish,
    confirm,
    async handIn(made = make()) {
      const { consentId } = await begin(made);
      await finish(consentId, made);
      await confirm(consentId, made);
      return made;
    },
    release: (made, other = {}) =>
      handlers.releaseKey({
        ...consented(),
        origin,
        keyBlock: text(made.keyBlock),
        order: text(bidding.order()),
        clockAccepted: false,
        ...other,
      }),
  };
}

/** "done", or the code, and the rule or place that it names. */
export async function outcomeOf(doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
    return "done";
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const { details }: OperationError = error;
    const place =
      details === undefined ? null : "rule" in details ? details.rule : "path" in details ? details.path : null;
    return place === null ? error.code : `${error.code} ${place}`;
  }
}

export const someBytes = (len: number): Uint8Array => new Uint8Array(randomBytes(len));
