import { stored, windows } from "./stage.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import { encodeBackupKey, releaseBackupKey } from "@certbridge/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { Answer } from "@certbridge/protocol/page/wire";
import { type WorkshopParams, workshopVerbs } from "@certbridge/protocol/workshop";
import { randomBytes } from "node:crypto";
import * as v from "valibot";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { LOTS_OF_A_PLATFORM } from "../../../apps/host/src/notices.ts";
import { DAY, gm } from "../../support/authority.ts";
import { type Desk, openDesk, text } from "../../support/bid-desk.ts";
import { openDeskClient } from "../../support/desk-client.ts";
import { newId, temporaryFolder } from "../../support/host.ts";

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

/** A computer, and its browser with a page of the platform. */
async function open(workshopOf: (desk: Desk) => WorkshopClient) {
  const desk = await openDesk(folder.path, ({ platforms }) => ({
    platforms: platforms.map((each) => ({
      ...each,
      origins: [...each.origins, ...(each.id === "demo-a" ? [ORIGIN] : [])],
    })),
  }));
  const host = openDeskClient(desk);
  const background = openBackground({ host, workshop: workshopOf(desk), now: () => desk.time.now });

  const send = (operation: string, params: object, id = newId()) =>
    background.dispatch.take({ v: 1, kind: "request", id, operation, params }, page) as Promise<Answer>;

  async function ask(operation: string, params: object) {
    const id = newId();
    const answer = send(operation, params, id);
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
  return { desk, background, send, ask, accept, steps };
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
