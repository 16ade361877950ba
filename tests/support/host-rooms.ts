/** Rooms of the companion program that tests put together in this process, beside those that they are about. */
import { randomBytes } from "node:crypto";
import { hostVerbNames } from "@certbridge/protocol/host";
import type { HostVerb } from "@certbridge/protocol/host";
import { openBegun } from "../../apps/host/src/begun.ts";
import { openBids } from "../../apps/host/src/bids.ts";
import type { Alarm, Clock } from "../../apps/host/src/clock.ts";
import { createFetchBytes } from "../../apps/host/src/fetch-bytes.ts";
import { openRevocationLists } from "../../apps/host/src/revocation-lists.ts";
import { openSignedClock } from "../../apps/host/src/signed-clock.ts";
import { openConsents } from "../../apps/host/src/consents.ts";
import { openCredentials } from "../../apps/host/src/credentials.ts";
import type { Handlers } from "../../apps/host/src/dispatch.ts";
import { homeAt, prepareHome } from "../../apps/host/src/home.ts";
import type { Host, Run } from "../../apps/host/src/host.ts";
import { openIdentity } from "../../apps/host/src/identity.ts";
import type { KeyStore } from "../../apps/host/src/key-store.ts";
import { openLedger } from "../../apps/host/src/ledger.ts";
import { openNotices } from "../../apps/host/src/notices.ts";
import type { Registry } from "@certbridge/trust";
import { gm } from "./authority.ts";
import { newId } from "./host.ts";

/** A host over this home folder, made where it is missing. */
export async function openRooms(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly stores: readonly KeyStore[];
  readonly registry: Registry;
  /** How long an answer of a network is waited for. */
  readonly askMs?: number;
}): Promise<Host> {
  const { folder, clock, stores, registry } = options;
  const home = homeAt(folder);
  await prepareHome(home);
  const version = "0.1.0";
  const random = (len: number) => new Uint8Array(randomBytes(len));
  const outside = { gm, clock, random, registry, fetchBytes: createFetchBytes(options.askMs) };
  return {
    version,
    gm,
    clock,
    random,
    stores,
    registry,
    credentials: openCredentials({ gm, folder: home.credentials, clock }),
    bids: openBids({ gm, folder: home.bids, clock }),
    notices: openNotices({ gm, folder: home.notices, clock }),
    ledger: openLedger({ gm, folder: home.ledger, clock, version, log: () => Promise.resolve() }),
    consents: openConsents(home.consents, clock),
    identity: await openIdentity({ gm, clock }, home.identity),
    lists: openRevocationLists({ ...outside, folder: home.lists }),
    signedClock: openSignedClock(outside),
    pluggedChange: () => Promise.resolve(null),
  };
}

const never: Alarm = () => () => undefined;

/** A run for a browser, without one. */
export function openRun(host: Host, change: Partial<Run> = {}, alarm: Alarm = never): Run {
  return {
    session: newId(),
    admitClient: () => Promise.resolve(true),
    hazards: () => Promise.resolve([]),
    diagnose: () => Promise.resolve([]),
    begun: openBegun(alarm, host.ledger),
    ...change,
  };
}

/** One answer for every verb that is not changed. */
export function handlersOf(answer: (verb: HostVerb) => Promise<never>, change: Partial<Handlers> = {}): Handlers {
  const all = Object.fromEntries(hostVerbNames.map((verb) => [verb, () => answer(verb)]));
  return { ...(all as unknown as Handlers), ...change };
}
