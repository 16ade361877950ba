import { windows, stored } from "./stage.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import type { Answer } from "@certbridge/protocol/page/wire";
import { beforeEach, describe, expect, test } from "vitest";
import { openBidProgram } from "../../support/bid-program.ts";
import { newId } from "../../support/host.ts";

/** `decrypt`, `rehearse` and `updateNotice`, from the relay to the program and back. */

const time = { now: Date.parse("2026-12-20T01:31:07Z") };
const noWorkshop = { call: () => Promise.reject(new Error("no content is read")) };

/** @param bidsAt until then the program does not say which bids there are */
function open(pause?: (ms: number) => Promise<void>, bidsAt?: Promise<void>) {
  const program = openBidProgram(ORIGIN);
  const call: typeof program.host.call = async (verb, params) => {
    if (verb === "bids") await bidsAt;
    return program.host.call(verb, params);
  };
  const host = { ...program.host, call };
  const given = { host, workshop: noWorkshop, now: () => time.now };
  const background = openBackground(pause === undefined ? given : { ...given, pause });
  const [key] = program.state.inserted;
  if (key === undefined) throw new Error("no key");

  const send = (operation: string, params: object, sender = page, id = newId()) =>
    background.dispatch.take({ v: 1, kind: "request", id, operation, params }, sender) as Promise<Answer>;

  async function ask(operation: string, params: object) {
    const id = newId();
    const answer = send(operation, params, page, id);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    return { id, answer };
  }

  async function accept(id: string, change: object = {}, pin?: string): Promise<Answer | null> {
    const hash = (await background.view(id))?.hash ?? "0".repeat(64);
    const consent = { ...program.consent(id, key as never, pin), ...change };
    return background.tell("accept", { id, hash, key: consent });
  }
  return { ...program, key, background, send, ask, accept };
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

describe("decrypt", () => {
  const params = (keys = [b.key]) => ({ keyBlock: b.keyBlock(keys, new Uint8Array(80).fill(9)), order: b.order() });

  test("gives the page what only the room opens, and tells the window when", async () => {
    const { id, answer } = await b.ask("decrypt", params());
    const view = await b.background.view(id);
    expect(view?.asked).toMatchObject({
      operation: "decrypt",
      lot: { projectCode: "JN-2026-118", projectName: null, lot: "1标段", openingTime: "2026-12-20T01:30:00Z" },
      clockBehind: false,
    });
    expect(await b.accept(id)).toEqual({
      v: 1,
      ok: true,
      result: { operation: "decrypt", releasedAt: new Date(time.now).toISOString() },
    });
    const got = await answer;
    const { releasedKey } = (got.ok ? got.result : {}) as { releasedKey: string };
    expect(b.release(releasedKey)).toEqual(new Uint8Array(80).fill(9));
    expect(Object.keys((got.ok ? got.result : {}) as object)).toEqual(["releasedKey"]);
    expect(b.uses()).toEqual(["releaseKey"]);
    // The window has something to say, and stays.
    expect(windows.open.size).toBe(1);
  });

  test("an order of another platform, or of nobody: no window, and its own code", async () => {
    const forged = openBidProgram(ORIGIN).order();
    expect(codeOf(await b.send("decrypt", { ...params(), order: forged }))).toBe('PLATFORM_UNPROVED {"what":"order"}');
    expect(windows.open.size).toBe(0);
  });

  describe("its window opens once the order is proved, while bids are still read", () => {
    async function read() {
      let go: () => void = () => undefined;
      b = open(undefined, new Promise((resolve) => (go = () => resolve())));
      const id = newId();
      const answer = b.send("decrypt", params(), page, id);
      await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ windowId: expect.any(Number) as number });
      expect(stored.get(`request:${id}`)).toMatchObject({ state: "reading" });
      expect(windows.open.size).toBe(1);
      return { id, answer, go };
    }

    test("and waits for what it shows", async () => {
      const { id, answer, go } = await read();
      const view = b.background.view(id);
      go();
      expect((await view)?.asked).toMatchObject({ operation: "decrypt" });
      expect(windows.open.size).toBe(1);
      await b.background.tell("decline", { id });
      expect(await answer).toMatchObject({ error: { code: "USER_DECLINED" } });
      expect(windows.open.size).toBe(0);
    });

    test("and closes with a page that gives up", async () => {
      const { id, answer, go } = await read();
      const view = b.background.view(id);
      await b.background.dispatch.take({ v: 1, kind: "left", id }, page);
      expect(await view).toBeNull();
      expect(windows.open.size).toBe(0);
      go();
      expect(await answer).toMatchObject({ error: { code: "CANCELLED" } });
    });
  });

  test("which of several bids for the lot it is, and whether it is the one that was received last", async () => {
    const at = (day: number) => `2026-11-${day}T09:00:00Z`;
    const draft = b.bid(b.key, { madeAt: at(20), receiptAt: at(21) });
    const counts = b.bid(b.key, { madeAt: at(19), receiptAt: at(22) });
    const unsent = b.bid(b.key, { madeAt: at(24) });
    b.state.bids.push(draft, counts, unsent);
    const whichOf = async (packageId: string | null) => {
      b.state.blockOf = packageId;
      const { id } = await b.ask("decrypt", params());
      const asked = (await b.background.view(id))?.asked;
      await b.background.tell("decline", { id });
      return asked?.operation === "decrypt" ? asked.which : undefined;
    };
    const { packageId, madeAt, receiptAt } = counts;
    expect(await whichOf(packageId)).toEqual({ bid: { packageId, madeAt, receiptAt }, isNewest: true });
    expect(await whichOf(draft.packageId)).toMatchObject({ bid: { packageId: draft.packageId }, isNewest: false });
    expect(await whichOf(unsent.packageId)).toMatchObject({ bid: { receiptAt: null }, isNewest: false });
    expect(await whichOf(null)).toEqual({ bid: null, isNewest: false });
    b.state.bids.splice(0);
    expect(await whichOf(null)).toBeUndefined();
  });

  test("only keys that open it can be chosen, and one that comes in later can", async () => {
    const other = b.issueKey("91C0");
    b.state.inserted.splice(0, 1, other);
    b.state.bids.push(b.bid(b.key));
    const { id } = await b.ask("decrypt", params());
    const before = await b.background.view(id);
    expect(before?.asked).toMatchObject({
      needed: [{ authority: "测试数科CA", serialTail: "3F2A" }],
      lot: { projectName: "滨江路改造工程" },
    });
    expect(before?.keys).toMatchObject([{ serialTail: "91C0", opens: false }]);
    await b.background.view(id);
    // Which keys are here is asked once there is a window; while they are the same, one answer stands for each look at it.
    expect(b.timesAsked("readOrder")).toBe(2);
    b.state.inserted.push(b.key);
    const after = await b.background.view(id);
    expect(b.timesAsked("readOrder")).toBe(3);
    expect(after?.keys.map(({ serialTail, opens }) => [serialTail, opens])).toEqual([
      ["91C0", false],
      ["3F2A", true],
    ]);
    expect(codeOf(await b.accept(id))).toBe("ok");
  });

  test("a clock that is behind: not without the person's decision", async () => {
    b.state.clockBehind = true;
    const first = await b.ask("decrypt", params());
    expect(codeOf(await b.accept(first.id))).toBe('INVALID_REQUEST {"path":"clockAccepted"}');
    expect(b.uses()).toEqual([]);
    const second = await b.ask("decrypt", params());
    expect(codeOf(await b.accept(second.id, { clockAccepted: true }))).toBe("ok");
    expect(b.paramsOf("releaseKey")).toMatchObject({ clockAccepted: true });
  });

  test("a clock that is right needs no decision, and none is passed on", async () => {
    const { id } = await b.ask("decrypt", params());
    await b.accept(id, { clockAccepted: true });
    expect(b.paramsOf("releaseKey")).toMatchObject({ clockAccepted: false });
  });

  test("a wrong PIN is the person's to mend, and the same consent goes on", async () => {
    const { id, answer } = await b.ask("decrypt", params());
    expect(codeOf(await b.accept(id, {}, "000000"))).toBe('PIN_INCORRECT {"triesLeft":2,"retryAt":null}');
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
  });
});

describe("rehearse", () => {
  test("tells page and window the same", async () => {
    const bid = b.bid(b.key);
    b.state.bids.push(bid);
    const { id, answer } = await b.ask("rehearse", { packageId: bid.packageId });
    expect((await b.background.view(id))?.asked).toEqual({ operation: "rehearse", bid });
    const told = { readiness: "green", results: [{ rule: "trial-opening", outcome: "good" }] };
    expect(await b.accept(id)).toMatchObject({ ok: true, result: { operation: "rehearse", ...told } });
    expect(await answer).toEqual({ v: 1, ok: true, result: { packageId: bid.packageId, ...told } });
    expect(b.uses()).toEqual(["rehearseBid"]);
  });

  test.each([
    ["that nobody made", () => undefined],
    [
      "of another platform",
      () => b.state.bids.push(b.bid(b.key, { lot: { ...b.bid(b.key).lot, origins: ["https://b.test"] } })),
    ],
  ])("a package %s: the site learns no more than from one who says no", async (_whose, prepare) => {
    prepare();
    const packageId = b.state.bids[0]?.packageId ?? newId();
    const { id, answer } = await b.ask("rehearse", { packageId });
    expect((await b.background.view(id))?.asked).toEqual({ operation: "rehearse", bid: null });
    await b.background.tell("decline", { id });
    expect(codeOf(await answer)).toBe("USER_DECLINED null");
    expect(b.uses()).toEqual([]);
  });

  test("another key than the bid's cannot be chosen", async () => {
    const other = b.issueKey("91C0");
    b.state.inserted.push(other);
    const bid = b.bid(b.key);
    b.state.bids.push(bid);
    const { id } = await b.ask("rehearse", { packageId: bid.packageId });
    expect((await b.background.view(id))?.keys.map(({ opens }) => opens)).toEqual([true, false]);
    const hash = (await b.background.view(id))?.hash;
    expect(codeOf(await b.background.tell("accept", { id, hash, key: b.consent(id, other) }))).toBe(
      "KEY_NOT_FOUND null",
    );
  });
});

describe("saveReceipt", () => {
  test("asks nobody, counts, and says the same whether or not this computer made the bid", async () => {
    const packageId = "AAECAwQFBgcICQoLDA0ODw";
    for (let count = 0; count < 10; count++) {
      const answer = await b.send("saveReceipt", { packageId, receipt: b.notice() });
      expect(answer).toEqual({ v: 1, ok: true, result: undefined });
    }
    expect(codeOf(await b.send("saveReceipt", { packageId, receipt: b.notice() }))).toBe(
      'TOO_MANY_REQUESTS {"limit":10}',
    );
    expect(windows.open.size).toBe(0);
  });
});

test("what is kept unasked is answered after the same time, whatever came of it; what keeps nothing at once", async () => {
  const pauses: { readonly ms: number; readonly end: () => void }[] = [];
  const held = open((ms) => new Promise((end) => pauses.push({ ms, end })));
  const told: Answer[] = [];
  const ask = (verb: string, params: object) => void held.send(verb, params).then((answer) => told.push(answer));
  const here = held.bid(held.key);
  held.state.bids.push(here);
  const forged = openBidProgram(ORIGIN).notice({ sequence: 9 });
  const [own, elsewhere] = [here.packageId, "AAECAwQFBgcICQoLDA0ODw"];
  for (const packageId of [own, elsewhere]) ask("saveReceipt", { packageId, receipt: held.notice() });
  for (const notice of [held.notice({ sequence: 2 }), forged]) ask("updateNotice", { notice });
  await expect.poll(() => pauses.map(({ ms }) => ms)).toEqual([300, 300, 300, 300]);
  await expect.poll(() => held.state.notice?.sequence).toBe(2);
  await expect.poll(() => here.receiptAt).not.toBeNull();
  // Whatever was asked before it has gone as far as it goes.
  expect(codeOf(await held.send("status", {}))).toBe("ok");
  expect(told).toEqual([]);
  for (const { end } of pauses) end();
  await expect
    .poll(() => told.map(codeOf).toSorted())
    .toEqual(['PLATFORM_UNPROVED {"what":"notice"}', "ok", "ok", "ok"]);
});

describe("the evidence report", () => {
  test("is put together from the program's pieces for our own page; what the program refuses is said", async () => {
    const bid = b.bid(b.key);
    b.state.bids.push(bid);
    const { packageId } = bid;
    const answer = await b.background.tell("bidEvidence", { packageId });
    expect(answer).toMatchObject({ ok: true, result: { html: `<!doctype html><title>${packageId}</title>` } });
    const unknown = await b.background.tell("bidEvidence", { packageId: "AAECAwQFBgcICQoLDA0ODw" });
    expect(codeOf(unknown)).toBe('INVALID_REQUEST {"path":"packageId"}');
  });
});

describe("updateNotice", () => {
  test("asks nobody, and leaves no record", async () => {
    const notice = b.notice({ sequence: 2, openingTime: "2026-12-22T01:30:00Z" });
    expect(await b.send("updateNotice", { notice })).toEqual({ v: 1, ok: true, result: undefined });
    expect(b.state.notice?.openingTime).toBe("2026-12-22T01:30:00Z");
    expect(windows.open.size).toBe(0);
    expect([...stored.keys()].filter((name) => name.startsWith("request:"))).toEqual([]);
  });

  test("an older one, or one that another signed, is refused by its code", async () => {
    await b.send("updateNotice", { notice: b.notice({ sequence: 3 }) });
    // An older one moves nothing, and nobody learns that a newer one was seen here.
    const outdated = await b.send("updateNotice", { notice: b.notice({ sequence: 2 }) });
    expect(outdated).toEqual({ v: 1, ok: true, result: undefined });
    expect(b.state.notice?.sequence).toBe(3);
    const forged = openBidProgram(ORIGIN).notice({ sequence: 9 });
    expect(codeOf(await b.send("updateNotice", { notice: forged }))).toBe('PLATFORM_UNPROVED {"what":"notice"}');
  });

  test("counts among the ten a minute, and only for whoever takes part", async () => {
    const notice = b.notice();
    for (let count = 0; count < 10; count++) expect(codeOf(await b.send("updateNotice", { notice }))).toBe("ok");
    expect(codeOf(await b.send("updateNotice", { notice }))).toBe('TOO_MANY_REQUESTS {"limit":10}');
    const elsewhere = { ...page, origin: "https://other.test" };
    expect(codeOf(await b.send("updateNotice", { notice }, elsewhere))).toBe("SITE_NOT_ALLOWED null");
    expect(codeOf(await b.send("updateNotice", { notice }, { ...page, frameId: 3 }))).toBe("INSECURE_CONTEXT null");
  });
});
