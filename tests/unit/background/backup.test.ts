import { stored, windows } from "./stage.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { Answer } from "@certbridge/protocol/page/wire";
import { workshopVerbs } from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { beforeEach, describe, expect, test } from "vitest";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { openBidProgram } from "../../support/bid-program.ts";
import { newId } from "../../support/host.ts";

/** A backup key file in place of a key, and who may ask for one: from the windows to the workshop and back. */

const PASSPHRASE = "0123-4567-89AB-CDEF-GHJK";
const RELEASED = "eyJhIjoxfQ";
const time = { now: Date.parse("2026-12-20T01:31:07Z") };

/** A workshop that knows one passphrase. */
function openWorkshop() {
  const asked: { readonly verb: string; readonly params: unknown }[] = [];
  const state: { fails: OperationError | null } = { fails: null };
  const client = {
    call(place: string, verb: "backupKey" | "releaseBackup", params: object) {
      expect(place).toBe("own");
      const read = v.parse(workshopVerbs[verb].params, params);
      asked.push({ verb, params: read });
      if (state.fails !== null) return Promise.reject(state.fails);
      if (verb === "backupKey") return Promise.resolve({ file: "AQID", passphrase: PASSPHRASE });
      const isRight = "passphrase" in read && read.passphrase === PASSPHRASE;
      if (isRight) return Promise.resolve({ releasedKey: RELEASED });
      return Promise.reject(new OperationError("BACKUP_KEY_REFUSED", { fault: "not-opened", retryAt: null }));
    },
  };
  return { client: client as unknown as WorkshopClient, asked, state };
}

function open() {
  const program = openBidProgram(ORIGIN);
  const workshop = openWorkshop();
  const background = openBackground({ host: program.host, workshop: workshop.client, now: () => time.now });

  async function ask() {
    const id = newId();
    const params = { keyBlock: program.keyBlock([program.issueKey("91C0")]), order: program.order() };
    const message = { v: 1, kind: "request", id, operation: "decrypt", params };
    const answer = background.dispatch.take(message, page) as Promise<Answer>;
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    return { id, answer, params };
  }

  async function accept(id: string, passphrase = PASSPHRASE, change: object = {}): Promise<Answer | null> {
    const hash = (await background.view(id))?.hash ?? "0".repeat(64);
    const backup = { file: "AQID", passphrase };
    return background.tell("accept", { id, hash, key: null, backup, ...change });
  }
  return { ...program, workshop, background, ask, accept };
}

let b = open();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  time.now += 3600_000;
  b = open();
});

const codeOf = (answer: Answer | null) =>
  answer === null ? "none" : answer.ok ? "ok" : `${answer.error.code} ${JSON.stringify(answer.error.details)}`;

const wrong = (afterMs: number | null) => {
  const retryAt = afterMs === null ? null : new Date(time.now + afterMs).toISOString();
  return `BACKUP_KEY_REFUSED ${JSON.stringify({ fault: "not-opened", retryAt })}`;
};

describe("decrypt with a backup key file", () => {
  test("no key is used: the order is read once more, the workshop opens, the page has what it gave and nothing else", async () => {
    b.state.inserted.length = 0;
    const { id, answer, params } = await b.ask();
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(await answer).toEqual({ v: 1, ok: true, result: { releasedKey: RELEASED } });
    expect(b.workshop.asked).toEqual([
      {
        verb: "releaseBackup",
        params: {
          file: "AQID",
          passphrase: PASSPHRASE,
          order: params.order,
          stampedAt: "2026-12-20T01:30:00Z",
          stampedFrom: "2026-12-20T01:30:00Z",
          clockAccepted: false,
        },
      },
    ]);
    expect(b.uses()).toEqual(["releaseBackup", "noteBackupRelease"]);
    expect(JSON.stringify([...stored])).not.toContain(PASSPHRASE);
    expect(windows.open.size).toBe(1);
  });

  test("the consent is for what was shown, and with a key there is no backup", async () => {
    const { id } = await b.ask();
    const otherHash = { hash: "0".repeat(64) };
    expect(codeOf(await b.accept(id, PASSPHRASE, otherHash))).toBe("CONSENT_EXPIRED null");
    const [key] = b.state.inserted;
    const both = { key: b.consent(id, key as never) };
    expect(codeOf(await b.accept(id, PASSPHRASE, both))).toBe('INVALID_REQUEST {"path":"backup"}');
    expect(b.workshop.asked).toEqual([]);
  });

  test("an order that does not hold any more gives nothing", async () => {
    const { id, answer } = await b.ask();
    const { host } = b.background.journey.means;
    const refuse = () => Promise.reject(new OperationError("ORDER_REFUSED", { rule: "too-late" }));
    const record = stored.get(`request:${id}`) as object;
    const hash = (await b.background.view(id))?.hash;
    Object.assign(host, { call: refuse });
    const backup = { file: "AQID", passphrase: PASSPHRASE };
    const refused = 'ORDER_REFUSED {"rule":"too-late"}';
    expect(codeOf(await b.background.tell("accept", { id, hash, key: null, backup }))).toBe(refused);
    expect(codeOf(await answer)).toBe(refused);
    expect(b.workshop.asked).toEqual([]);
    expect(record).toMatchObject({ state: "asking" });
  });

  test("a clock that is behind: not without the person's decision", async () => {
    b.state.clockBehind = true;
    const { id } = await b.ask();
    const accepted = { backup: { file: "AQID", passphrase: PASSPHRASE, clockAccepted: true } };
    expect(codeOf(await b.accept(id, PASSPHRASE, accepted))).toBe("ok");
    expect(b.workshop.asked).toMatchObject([{ params: { clockAccepted: true } }]);
    const next = await b.ask();
    expect(codeOf(await b.accept(next.id))).toBe('INVALID_REQUEST {"path":"clockAccepted"}');
    expect(b.workshop.asked).toHaveLength(1);
  });

  test("a wrong passphrase is the person's to mend; after five each waits twice as long, and the right one ends the count", async () => {
    const { id, answer } = await b.ask();
    for (let tries = 0; tries < 4; tries++) expect(codeOf(await b.accept(id, "wrong"))).toBe(wrong(null));
    expect(codeOf(await b.accept(id, "wrong"))).toBe(wrong(15_000));
    // Not even tried, and not counted.
    expect(codeOf(await b.accept(id))).toBe(wrong(15_000));
    expect(b.workshop.asked).toHaveLength(5);
    time.now += 15_000;
    expect(codeOf(await b.accept(id, "wrong"))).toBe(wrong(30_000));
    time.now += 30_000;
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect([...stored.keys()].filter((name) => name.startsWith("wrong-passphrases"))).toEqual([]);
  });

  test("the count outlives the request, and is not paused for long", async () => {
    for (let tries = 0; tries < 12; tries++) {
      const { id, answer } = await b.ask();
      const told = await b.accept(id, "wrong");
      await b.background.tell("decline", { id });
      // The page learns that nobody agreed, and nothing of tries.
      expect(codeOf(await answer)).toBe("USER_DECLINED null");
      if (tries >= 4) expect(codeOf(told)).toBe(wrong(Math.min(300_000, 15_000 * 2 ** (tries - 4))));
      time.now += 300_000;
    }
  });

  test("the file of another bid is told, and is no try", async () => {
    const { id } = await b.ask();
    b.workshop.state.fails = new OperationError("BACKUP_KEY_REFUSED", { fault: "another-bid", retryAt: null });
    for (let tries = 0; tries < 7; tries++) {
      expect(codeOf(await b.accept(id))).toBe('BACKUP_KEY_REFUSED {"fault":"another-bid","retryAt":null}');
    }
    b.workshop.state.fails = null;
    expect(codeOf(await b.accept(id))).toBe("ok");
  });
});

describe("backupKey", () => {
  test("is for windows of ours: no page gets an answer", async () => {
    const message = { v: 1, kind: "surface", verb: "backupKey", params: { id: newId() } };
    expect(await b.background.say(message)).toMatchObject({ ok: true, result: { passphrase: PASSPHRASE } });
    expect(codeOf(await b.background.say(message, page))).toBe("SITE_NOT_ALLOWED null");
    expect(b.workshop.asked).toHaveLength(1);
    expect(JSON.stringify([...stored])).not.toContain(PASSPHRASE);
  });
});

test("no other verb takes a backup key file", async () => {
  const id = newId();
  const params = { nonce: "A".repeat(43) };
  void b.background.dispatch.take({ v: 1, kind: "request", id, operation: "login", params }, page);
  await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
  expect(codeOf(await b.accept(id))).toBe('INVALID_REQUEST {"path":"backup"}');
});
