import { stored, windows } from "./stage.ts";
import { openPackages } from "./packages.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import { encodeBackupKey, releaseBackupKey } from "@certbridge/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import type { HostVerb } from "@certbridge/protocol/host";
import type { Answer } from "@certbridge/protocol/page/wire";
import { type WorkshopParams, workshopVerbs } from "@certbridge/protocol/workshop";
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { LOTS_OF_A_PLATFORM } from "../../../apps/host/src/notices.ts";
import { DAY, gm } from "../../support/authority.ts";
import { type MadeBid, makeBid } from "../../support/bidding.ts";
import { type Desk, openDesk, text } from "../../support/bid-desk.ts";
import { sealFor } from "../../support/client.ts";
import { openDeskClient } from "../../support/desk-client.ts";
import { newId, PIN, temporaryFolder } from "../../support/host.ts";

/** The background before the companion program's own verbs: what neither of them can see by itself. */

const folder = temporaryFolder();
afterAll(folder.remove);

const PASSPHRASE = "0123-4567-89AB-CDEF-GHJK";
const MINUTE = 60_000;

/** One that opens backup key files, as the worker does. */
function openBackupWorkshop(desk: Desk): WorkshopClient {
  const client = {
    call(_place: string, verb: "releaseBackup", params: WorkshopParams<"releaseBackup">) {
      const { file, order, passphrase, stampedAt, stampedFrom, clockAccepted } = v.parse(
        workshopVerbs[verb].params,
        params,
      );
      return Promise.resolve().then(() => {
        const released = releaseBackupKey(gm, {
          file: decodeBase64Url(file),
          order: decodeBase64Url(order),
          passphrase,
          stampedAt: new Date(stampedAt),
          stampedFrom: new Date(stampedFrom),
          clockAccepted,
          now: desk.time.now,
          fresh: new Uint8Array(randomBytes(32)),
        });
        return { releasedKey: text(released) };
      });
    },
  };
  return client as unknown as WorkshopClient;
}

/** One that makes packages as far as the program sees them. */
function openPackageWorkshop() {
  const making = new Map<string, MadeBid>();
  /** All that were begun. */
  const made: MadeBid[] = [];
  /** What a test puts before the answer of a verb. */
  const before = new Map<string, () => Promise<void>>();
  const packages = openPackages();
  const verbs = {
    beginPackage({ id, header, recipients }: WorkshopParams<"beginPackage">) {
      const bid = makeBid(
        header.signingCertificateSm3,
        header.openingTime,
        recipients.map((der) => decodeBase64Url(der)),
        header,
      );
      making.set(id, bid);
      made.push(bid);
      return { packageId: bid.header.packageId, header: text(bid.headerBytes), keyBlock: text(bid.keyBlock) };
    },
    writePackage({ id, ledgerHead }: WorkshopParams<"writePackage">) {
      const said: object = JSON.parse(new TextDecoder().decode(making.get(id)?.trailer));
      return { trailer: text(encodeCanonical({ ...said, ledgerHead })), len: 1 };
    },
    finishPackage({ id, signature }: WorkshopParams<"finishPackage">) {
      const file = new Blob([signature]);
      packages.whole.set(id, file);
      return { len: file.size };
    },
    release({ id }: WorkshopParams<"release">) {
      making.delete(id);
      return undefined;
    },
  };
  const client = {
    async call(_place: string, verb: keyof typeof verbs, params: object) {
      const read: unknown = v.parse<v.GenericSchema>(workshopVerbs[verb].params, params);
      await before.get(verb)?.();
      return v.parse<v.GenericSchema>(workshopVerbs[verb].result, verbs[verb](read as never));
    },
  };
  return { client: client as unknown as WorkshopClient, before, made, packages };
}

/** A computer, and its browser with a page of the platform. */
async function open(workshopOf: (desk: Desk) => WorkshopClient, packages = openPackages()) {
  const desk = await openDesk(folder.path, ({ platforms }) => ({
    platforms: platforms.map((each) => ({
      ...each,
      origins: [...each.origins, ...(each.id === "demo-a" ? [ORIGIN] : [])],
    })),
  }));
  /** What a test puts before the program's answer to a verb. */
  const beforeHost = new Map<HostVerb, () => Promise<void>>();
  const host = openDeskClient(desk, async (verb) => beforeHost.get(verb)?.());
  const background = openBackground({ host, workshop: workshopOf(desk), packages, now: () => desk.time.now });

  const send = (operation: string, params: object, id = newId(), from = page) =>
    background.dispatch.take({ v: 1, kind: "request", id, operation, params }, from) as Promise<Answer>;

  async function ask(operation: string, params: object, from = page) {
    const id = newId();
    const answer = send(operation, params, id, from);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    return { id, answer };
  }
  const accept = async (id: string, change: object) => {
    const hash = (await background.view(id))?.hash;
    return background.tell("accept", { id, hash, key: null, ...change });
  };
  const steps = async (packageId: string) =>
    ((await desk.host.ledger.read(packageId))?.lines ?? []).map(({ step, failure }) =>
      failure === null ? step : `${step} ${failure.layer} ${failure.code}`,
    );
  return { desk, background, beforeHost, send, ask, accept, steps };
}

const codeOf = (answer: Answer | null) => (answer === null ? "none" : answer.ok ? "ok" : answer.error.code);

beforeEach(() => {
  stored.clear();
  windows.open.clear();
});

describe("a backup key file at the opening", () => {
  async function openBackup() {
    const b = await open(openBackupWorkshop);
    const { desk } = b;
    const made = await desk.handIn();
    const { headerBytes, fileKey, header } = made;
    const fresh = new Uint8Array(randomBytes(28));
    const file = text(
      encodeBackupKey(gm, {
        header: Uint8Array.from(headerBytes),
        fileKey: Uint8Array.from(fileKey),
        passphrase: PASSPHRASE,
        fresh,
      }),
    );
    desk.time.now = desk.bidding.openingAt + 2 * MINUTE;
    /** Whatever key block the page brings: the file alone says of which bid it is. */
    async function release(keyBlock: Uint8Array, passphrase = PASSPHRASE) {
      const order = text(desk.bidding.order());
      const { id, answer } = await b.ask("decrypt", { keyBlock: text(keyBlock), order });
      const told = codeOf(await b.accept(id, { backup: { file, passphrase } }));
      if (told === "BACKUP_KEY_REFUSED") await b.background.tell("decline", { id });
      return { told, site: codeOf(await answer) };
    }
    return { ...b, made, header, release, steps: async () => (await b.steps(header.packageId)).slice(2) };
  }

  test("each try is written down, of the bid that the file is of", async () => {
    const { desk, made, release, steps } = await openBackup();
    expect(await release(made.keyBlock, "wrong")).toEqual({ told: "BACKUP_KEY_REFUSED", site: "USER_DECLINED" });
    expect(await release(desk.make().keyBlock)).toEqual({ told: "ok", site: "ok" });
    expect(await steps()).toEqual(["release person BACKUP_KEY_REFUSED", "release"]);
  });

  test("gives nothing before a postponed opening, though the page drove the notice of it out of the table", async () => {
    const { desk, made, release, send, steps } = await openBackup();
    const notice = (change: object) => send("updateNotice", { notice: text(desk.bidding.notice(change)) });
    const postponed = new Date(desk.bidding.openingAt + 2 * DAY).toISOString();
    expect(codeOf(await notice({ sequence: 2, openingTime: postponed }))).toBe("ok");
    for (let count = 0; count <= LOTS_OF_A_PLATFORM; count++) {
      // Ten a minute.
      desk.time.now += 10_000;
      const openingTime = new Date(desk.bidding.openingAt + (10 + count) * DAY).toISOString();
      expect(codeOf(await notice({ lot: `${count + 100}标段`, openingTime }))).toBe("ok");
    }
    desk.time.now = desk.bidding.openingAt + 2 * MINUTE;
    expect(await desk.host.notices.newest(made.header)).toBeNull();
    for (const keyBlock of [made.keyBlock, desk.make().keyBlock]) {
      expect(await release(keyBlock)).toEqual({ told: "ORDER_REFUSED", site: "ORDER_REFUSED" });
    }
    expect(await steps()).toEqual(["release platform ORDER_REFUSED"]);
  });
});

describe("a bid in the making", () => {
  async function openMaking() {
    const workshop = openPackageWorkshop();
    const b = await open(() => workshop.client, workshop.packages);
    const { desk } = b;
    /** Agreed to; what the window is told, and the page. */
    async function encrypt(from = page) {
      const { id, answer } = await b.ask("encrypt", { notice: text(desk.bidding.notice()) }, from);
      const prepared = await b.background.tell("prepareBid", { id, keyId: desk.keyId });
      if (prepared?.ok !== true) throw new Error(JSON.stringify(prepared));
      const { hash } = prepared.result as { hash: string };
      const sealedPin = sealFor(desk.host.identity.publicKey, id, PIN);
      const key = { keyId: desk.keyId, sealedPin, credentialId: null };
      return { id, answer, told: b.background.tell("accept", { id, hash, key }) };
    }
    const listed = async () => (await desk.handlers.bids({})).bids.map(({ packageId }) => packageId);
    /** Of the one bid that there is, listed or not. */
    const only = async () => {
      const [kept] = await desk.host.bids.all();
      return kept?.bid.packageId ?? "";
    };
    return { ...b, workshop, encrypt, listed, only };
  }

  test("is listed once it is whole, and not while it is checked: whatever is killed meanwhile, none is left", async () => {
    const { workshop, encrypt, listed, only, desk } = await openMaking();
    let check: () => void = () => undefined;
    workshop.before.set("finishPackage", () => new Promise<void>((go) => (check = go)));
    const { answer } = await encrypt();
    await expect.poll(only).not.toBe("");
    expect(await listed()).toEqual([]);
    // The program knows it, and names it to nobody.
    expect((await desk.host.ledger.read(await only()))?.lines.map(({ step }) => step)).toEqual(["trial", "encrypt"]);
    check();
    expect(codeOf(await answer)).toBe("ok");
    expect(await listed()).toEqual([await only()]);
  });

  test("beyond four at once waits in its window for another one's end; the site hears nothing of it", async () => {
    const { desk, encrypt, background, listed } = await openMaking();
    const bids = Array.from({ length: limits.bidsBegun }, () => desk.make());
    const begun = [];
    for (const bid of bids) begun.push((await desk.begin(bid)).consentId);
    const { id, answer, told } = await encrypt();
    expect(codeOf(await told)).toBe("BIDS_IN_THE_MAKING");
    expect(stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    const [first = ""] = begun;
    await desk.handlers.abandonBid({ consentId: first, code: "CANCELLED" });
    const hash = (await background.view(id))?.hash;
    const sealedPin = sealFor(desk.host.identity.publicKey, id, PIN);
    const key = { keyId: desk.keyId, sealedPin, credentialId: null };
    expect(codeOf(await background.tell("accept", { id, hash, key }))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect(await listed()).toHaveLength(1);
  });

  test("whose program is busy when it is to hear that it is handed over is asked once more, and then by the next run", async () => {
    const { beforeHost, encrypt, listed, only, background } = await openMaking();
    let tries = 0;
    beforeHost.set("confirmBid", () =>
      ++tries === 2 ? Promise.resolve() : Promise.reject(new OperationError("STORE_BUSY")),
    );
    expect(codeOf(await (await encrypt()).answer)).toBe("ok");
    expect([tries, await listed()]).toEqual([2, [await only()]]);
    tries = 2;
    const second = await encrypt();
    expect(codeOf(await second.told)).toBe("ok");
    expect(codeOf(await second.answer)).toBe("ok");
    expect([tries, (await listed()).length]).toEqual([4, 1]);
    tries = 1;
    await background.dispatch.recover();
    expect([tries, (await listed()).length]).toEqual([2, 2]);
    await background.dispatch.recover();
    expect(tries).toBe(2);
  });

  test("that the program has no more is asked for no longer", async () => {
    const { beforeHost, encrypt, only, desk, background } = await openMaking();
    beforeHost.set("confirmBid", async () => desk.host.bids.drop(await only()));
    expect(codeOf(await (await encrypt()).answer)).toBe("ok");
    let tries = 0;
    beforeHost.set("confirmBid", () => Promise.resolve(void tries++));
    await background.dispatch.recover();
    expect(tries).toBe(0);
  });

  test("two side by side: one that is ended when its work was all done is none, whatever becomes of the other", async () => {
    const { encrypt, background, listed, desk } = await openMaking();
    const { lastKeys } = background.journey.means;
    const set = lastKeys.set.bind(lastKeys);
    const waiting: (() => void)[] = [];
    vi.spyOn(lastKeys, "set").mockImplementation(async (...args) => {
      await new Promise<void>((go) => waiting.push(go));
      await set(...args);
    });
    const ended = await encrypt();
    await expect.poll(() => waiting.length).toBe(1);
    const kept = await encrypt({ ...page, documentId: "doc-2" });
    await expect.poll(() => waiting.length).toBe(2);
    await background.tell("decline", { id: ended.id });
    for (const go of waiting.toReversed()) go();
    expect(codeOf(await kept.answer)).toBe("ok");
    expect(codeOf(await ended.answer)).toBe("USER_DECLINED");
    expect(codeOf(await ended.told)).toBe("CANCELLED");
    expect(await listed()).toHaveLength(1);
    expect(await desk.host.bids.all()).toHaveLength(1);
  });

  test("whose site was withdrawn while it was made is no bid", async () => {
    const { workshop, encrypt, background, listed, desk } = await openMaking();
    workshop.before.set("finishPackage", () => {
      background.journey.sites.participating = () => Promise.resolve(null);
      return Promise.resolve();
    });
    expect(codeOf(await (await encrypt()).answer)).toBe("SITE_NOT_ALLOWED");
    expect(await listed()).toEqual([]);
    expect(await desk.host.bids.all()).toEqual([]);
  });

  test.each([
    ["writePackage", new OperationError("STORAGE_FULL"), "program STORAGE_FULL", ["trial"]],
    ["writePackage", new OperationError("CANCELLED"), "person CANCELLED", ["trial"]],
    ["finishPackage", new OperationError("BID_NOT_OPENED"), "package BID_NOT_OPENED", ["trial", "encrypt"]],
    [
      "finishPackage",
      new OperationError("INTERNAL", { reportId: "workshop" }),
      "program INTERNAL",
      ["trial", "encrypt"],
    ],
  ])("that fails in %s is written down as what it was: %s", async (verb, error, line, before) => {
    const { desk, workshop, encrypt, listed, steps } = await openMaking();
    workshop.before.set(verb, () => Promise.reject(error));
    const { answer } = await encrypt();
    expect((await answer).ok).toBe(false);
    expect(await steps(workshop.made.at(-1)?.header.packageId ?? "")).toEqual([...before, `encrypt ${line}`]);
    expect(await listed()).toEqual([]);
    expect(await desk.host.bids.all()).toEqual([]);
    expect(desk.store.open()).toBe(0);
  });
});
