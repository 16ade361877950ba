import { windows, stored } from "./stage.ts";
import { codeOf, openEncrypting, time } from "./encrypting.ts";
import { page } from "../../property/background/background.ts";
import { OperationError } from "@certbridge/protocol/errors";
import { operations } from "@certbridge/protocol/page";
import type { Job } from "@certbridge/protocol/page/jobs";
import type { Answer } from "@certbridge/protocol/page/wire";
import * as v from "valibot";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { requestStates } from "../../../extension/background/states.ts";
import { newId } from "../../support/host.ts";

/** The life of an encrypting after the person agreed: with its page, without it, and without the background that began it. */

let b = openEncrypting();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  time.now += 3600_000;
  b = openEncrypting();
});

type Background = typeof b.background;
type Page = typeof page;

const later: Page = { ...page, documentId: "doc-2" };
const DAY_MS = 24 * 3600_000;

function ask(params: object, from: Page = page, background: Background = b.background, more: object = {}) {
  const message = { v: 1, kind: "request", id: newId(), operation: "jobs", params, ...more };
  return background.dispatch.take(message, from) as Promise<Answer>;
}

async function jobsOf(from: Page = page, background: Background = b.background): Promise<readonly Job[]> {
  const answer = await ask({}, from, background);
  return v.parse(operations.jobs.result, answer.ok ? answer.result : null);
}

/** Asks for older jobs as this page; what the window shows, and the answer. */
async function askOlder(from: Page = later, background: Background = b.background) {
  const before = new Set([...stored.keys()].filter((key) => key.startsWith("request:")));
  const answer = ask({ older: true }, from, background);
  const asking = () =>
    [...stored].flatMap(([key, value]) =>
      key.startsWith("request:") && !before.has(key) && (value as { state: string }).state === "asking"
        ? [key.slice("request:".length)]
        : [],
    );
  await expect.poll(asking).toHaveLength(1);
  const [id = ""] = asking();
  const view = await background.view(id);
  const agree = () => background.tell("accept", { id, hash: view?.hash ?? "", key: null });
  return { id, view, answer, agree };
}

/** An encrypting that does not end by itself. */
async function work(params?: object) {
  b.workshop.before.set("writePackage", () => b.workshop.endless());
  const { id, answer } = await b.ask(params);
  const { hash } = await b.prepare(id);
  const accepted = b.accept(id, hash);
  await expect.poll(() => b.workshop.asked.at(-1)).toBe("writePackage");
  return { id, answer, accepted };
}

async function finish() {
  const { id, answer } = await b.ask();
  const { hash } = await b.prepare(id);
  await b.accept(id, hash);
  const got = await answer;
  return { id, packageId: got.ok ? (got.result as { packageId: string }).packageId : codeOf(got) };
}

const stateOf = (jobs: readonly Job[]) => jobs.map((job) => (job.state === "failed" ? job.code : job.state));
const leave = (id: string, from: Page = page) => b.background.dispatch.take({ v: 1, kind: "left", id }, from);

describe("this document's jobs, for which nobody is asked", () => {
  test("none before the person agreed, then one that works, then one with its package; no other document sees it", async () => {
    const { id } = await b.ask();
    expect(await jobsOf()).toEqual([]);
    await leave(id);
    const working = await work();
    expect(await jobsOf()).toMatchObject([
      {
        operation: "encrypt",
        state: "working",
        progress: null,
        startedAt: new Date(time.now).toISOString(),
        lot: { platformId: "demo-a", projectCode: "JN-2026-118", lot: "1标段", openingTime: "2026-12-20T01:30:00Z" },
      },
    ]);
    await b.background.dispatch.noteProgress(working.id, 5, 20);
    expect(await jobsOf()).toMatchObject([{ progress: { done: 5, total: 20 } }]);
    expect(await jobsOf(later)).toEqual([]);
    expect(await jobsOf({ ...page, documentId: null })).toEqual([]);
    await b.background.tell("decline", { id: working.id });
    b.workshop.before.clear();
    const { packageId } = await finish();
    const [, done] = await jobsOf();
    expect(done).toMatchObject({ state: "done", packageId });
    expect(done?.state === "done" && done.package?.name).toBe(`${packageId}.cbid`);
    expect(windows.open.size).toBe(2);
  });

  test("a wrong PIN is no job yet; the one after it is one job", async () => {
    const { id } = await b.ask();
    const { hash } = await b.prepare(id);
    expect(codeOf(await b.accept(id, hash, "000000"))).toContain("PIN_INCORRECT");
    expect(await jobsOf()).toEqual([]);
    expect(codeOf(await b.accept(id, hash))).toBe("ok");
    expect(stateOf(await jobsOf())).toEqual(["done"]);
  });

  test("who ended it is told by the code, and what only the person may know is not", async () => {
    const person = await work();
    await b.background.tell("decline", { id: person.id });
    await person.answer;
    const site = await work();
    await b.background.dispatch.take({ v: 1, kind: "cancel", id: site.id }, page);
    await site.answer;
    b.state.opens = false;
    const { id, answer } = await b.ask();
    const { hash } = await b.prepare(id);
    await b.accept(id, hash);
    await answer;
    expect(stateOf(await jobsOf())).toEqual(["USER_DECLINED", "CANCELLED", "USER_DECLINED"]);
    expect(b.workshop.live.size).toBe(0);
  });

  test("a package that is not there as it was written is none, and after a day there is no job", async () => {
    const { id } = await finish();
    b.workshop.packages.whole.set(id, new Blob(["half"]));
    expect(await jobsOf()).toMatchObject([{ state: "done", package: null }]);
    b.workshop.packages.whole.delete(id);
    expect(await jobsOf()).toMatchObject([{ state: "done", package: null }]);
    time.now += DAY_MS;
    await b.start().dispatch.recover();
    expect(await jobsOf()).toHaveLength(1);
    time.now += 1;
    await b.start().dispatch.recover();
    expect(await jobsOf()).toEqual([]);
  });

  test("other options, another page's or an unknown site's question are refused", async () => {
    expect(codeOf(await ask({ old: true }))).toBe('INVALID_REQUEST {"path":"old"}');
    expect(codeOf(await ask({ older: 1 }))).toBe('INVALID_REQUEST {"path":"older"}');
    expect(codeOf(await ask({}, { ...page, origin: "https://other.example" }))).toContain("SITE_NOT_ALLOWED");
    expect(codeOf(await ask({}, { ...page, frameId: 1 }))).toContain("INSECURE_CONTEXT");
  });

  test("nothing on disk says which files, and no page learns the name under which they lie", async () => {
    const files = [new File(["报价"], "报价 1,230,000.xlsx")];
    const { id, answer } = await b.ask({ notice: b.notice(), files });
    const { hash } = await b.prepare(id);
    await b.accept(id, hash);
    await answer;
    expect(JSON.stringify(stored.get(`job:${id}`))).not.toMatch(/报价|Blob/);
    expect(JSON.stringify(await jobsOf())).not.toContain(id);
  });
});

describe("older jobs of this origin, once the person agrees", () => {
  test("the window shows exactly what the site gets; from then on they are this document's", async () => {
    const { packageId } = await finish();
    const working = await work();
    await leave(working.id);
    const { view, answer, agree } = await askOlder();
    expect(view).toMatchObject({ usesKey: false, asked: { jobs: [{ state: "done" }, { state: "working" }] } });
    expect(view?.asked).toMatchObject({ jobs: [{ projectName: "滨江路改造工程", lot: "1标段" }, {}] });
    expect((await agree())?.ok).toBe(true);
    const got = await answer;
    const jobs = v.parse(operations.jobs.result, got.ok ? got.result : null);
    expect(jobs).toMatchObject([{ state: "done", packageId }, { state: "working" }]);
    expect(stateOf(await jobsOf(later))).toEqual(["done", "working"]);
    expect(await jobsOf()).toEqual([]);
    b.workshop.before.clear();
    await b.background.tell("decline", { id: working.id });
    await working.accepted;
    expect(stateOf(await jobsOf(later))).toEqual(["done", "USER_DECLINED"]);
  });

  test("without consent nothing is told, and nobody can tell none from a no", async () => {
    const none = await askOlder();
    expect(none.view?.asked).toEqual({ operation: "jobs", jobs: [] });
    await b.background.tell("decline", { id: none.id });
    await finish();
    const some = await askOlder();
    await b.background.tell("decline", { id: some.id });
    expect(codeOf(await some.answer)).toBe(codeOf(await none.answer));
    expect(codeOf(await some.answer)).toBe("USER_DECLINED null");
    expect(await jobsOf(later)).toEqual([]);
  });
});

describe("the page is left", () => {
  test("before the person agreed it ends; afterwards it goes on to its end, and is found with its package", async () => {
    const asking = await b.ask();
    await leave(asking.id);
    expect(codeOf(await asking.answer)).toBe("CANCELLED null");
    const { id } = await work();
    await leave(id);
    expect(stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    b.workshop.before.clear();
    b.workshop.go();
    await expect.poll(async () => stateOf(await jobsOf())).toEqual(["done"]);
    expect(b.uses()).toEqual(["beginBid", "finishBid", "confirmBid"]);
    const { answer, agree } = await askOlder();
    await agree();
    const got = await answer;
    expect(got.ok && got.result).toMatchObject([{ state: "done", package: expect.any(File) }]);
  });

  test("another document's or origin's leaving changes nothing", async () => {
    const { id } = await b.ask();
    await leave(id, later);
    await leave(id, { ...page, origin: "https://other.example" });
    expect(stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    await leave(id);
  });

  test("the person ends it without a page: nothing is left, and the key is closed", async () => {
    const { id, accepted } = await work();
    await leave(id);
    await b.background.tell("decline", { id });
    expect((await accepted)?.ok).toBe(false);
    expect(stateOf(await jobsOf())).toEqual(["USER_DECLINED"]);
    expect(b.uses()).toEqual(["beginBid", "abandonBid"]);
    expect(b.workshop.live.size).toBe(0);
  });

  test("it is ended when all was done and nobody had it yet: the program forgets that bid", async () => {
    const { id, answer } = await b.ask();
    const { hash } = await b.prepare(id);
    b.workshop.before.set("finishPackage", async () => {
      await b.background.tell("decline", { id });
      b.workshop.live.add(id);
    });
    expect(codeOf(await b.accept(id, hash))).toBe("CANCELLED null");
    expect(codeOf(await answer)).toBe("USER_DECLINED null");
    expect(b.uses().at(-1)).toBe("abandonBid");
    expect(stateOf(await jobsOf())).toEqual(["USER_DECLINED"]);
  });
});

test("which key was used last cannot be kept: the job is done all the same", async () => {
  vi.spyOn(b.background.journey.means.lastKeys, "set").mockRejectedValue(new Error("no room"));
  await finish();
  expect(stateOf(await jobsOf())).toEqual(["done"]);
  expect(b.uses()).toEqual(["beginBid", "finishBid", "confirmBid"]);
});

describe("the background dies, and another one starts", () => {
  test.each(requestStates)("while a request is %s", async (state) => {
    const { id } = await b.ask();
    await b.prepare(id);
    if (state === "working") await stopAt(id);
    else if (state === "answered") await stopAt(id, "answered");
    else stored.set(`request:${id}`, { ...(stored.get(`request:${id}`) as object), state });
    b.workshop.packages.parts.set(id, true);
    const reborn = b.start();
    await reborn.dispatch.recover();
    const record = stored.get(`request:${id}`) as { state: string; answer: Answer | null };
    const dead = state === "working";
    expect(record.state).toBe(dead ? "answered" : state);
    if (dead) expect(codeOf(record.answer)).toBe("INTERRUPTED null");
    expect(stateOf(await jobsOf(page, reborn))).toEqual(dead ? ["lost"] : state === "answered" ? ["done"] : []);
    // What was half-written is nobody's any more, and the workshop has let go of it.
    expect(b.workshop.packages.parts.get(id)).toBe(false);
    if (dead) expect(b.workshop.asked.at(-1)).toBe("release");
  });

  /** As it was between an answer and the end of its job. */
  async function dieBeforeTheEnd(id: string) {
    stored.set(`job:${id}`, { ...(stored.get(`job:${id}`) as object), end: null, endedAt: null });
    const reborn = b.start();
    await reborn.dispatch.recover();
    return stateOf(await jobsOf(page, reborn));
  }

  test("between the answer and the end of its job: a package that is whole is not lost", async () => {
    const { id } = await finish();
    expect(await dieBeforeTheEnd(id)).toEqual(["done"]);
  });

  /** As it was between an answer and its confirmation; the calls of the program after that. */
  async function dieBeforeItIsConfirmed(id: string) {
    const { confirmed: _said, ...job } = stored.get(`job:${id}`) as Readonly<Record<string, unknown>>;
    stored.set(`job:${id}`, job);
    const before = b.uses().length;
    await b.start().dispatch.recover();
    await b.start().dispatch.recover();
    return b.uses().slice(before);
  }

  test("between the answer and its confirmation: the next run confirms it, once", async () => {
    const { id, packageId } = await finish();
    expect(await dieBeforeItIsConfirmed(id)).toEqual(["confirmBid"]);
    expect(b.paramsOf("confirmBid")).toEqual({ consentId: id, packageId });
  });

  test("between the answer and its confirmation, with the browser: the same", async () => {
    const { id } = await finish();
    stored.delete(`request:${id}`);
    expect(await dieBeforeItIsConfirmed(id)).toEqual(["confirmBid"]);
  });

  test("with its program's work all done, and no answer yet: nothing is confirmed", async () => {
    const { id } = await b.ask();
    const { hash } = await b.prepare(id);
    const dies = vi.spyOn(b.background.journey.means.lastKeys, "set").mockReturnValue(new Promise(() => undefined));
    void b.accept(id, hash);
    await expect.poll(() => dies.mock.calls.length).toBe(1);
    const reborn = b.start();
    await reborn.dispatch.recover();
    expect(stateOf(await jobsOf(page, reborn))).toEqual(["lost"]);
    expect(b.uses()).toEqual(["beginBid", "finishBid"]);
  });

  test("between a no and the end of its job: it ended as the person said", async () => {
    const { id, accepted } = await work();
    await b.background.tell("decline", { id });
    await accepted;
    expect(await dieBeforeTheEnd(id)).toEqual(["USER_DECLINED"]);
  });

  test("with nobody to let go of it: the job is lost all the same, and the next one is begun with a key of its own", async () => {
    const { id } = await work();
    const first = b.paramsOf("beginBid") as { readonly header: string; readonly keyBlock: string };
    b.workshop.before.set("release", () => Promise.reject(new Error("the offscreen document is gone")));
    b.workshop.packages.parts.set(id, true);
    const reborn = b.start();
    await reborn.dispatch.recover();
    expect(b.workshop.packages.parts.get(id)).toBe(false);
    expect(stateOf(await jobsOf(page, reborn))).toEqual(["lost"]);
    b.workshop.before.clear();
    b.workshop.live.delete(id);
    b.goOnWith(reborn);
    const { packageId } = await finish();
    const second = b.paramsOf("beginBid") as typeof first;
    expect(second.header).not.toBe(first.header);
    expect(second.keyBlock).not.toBe(first.keyBlock);
    expect(packageId).toHaveLength(22);
  });

  test("with the browser, whose memory of requests is gone: the job is lost, and no word of it is a package", async () => {
    const { id } = await work();
    stored.delete(`request:${id}`);
    const reborn = b.start();
    await reborn.dispatch.recover();
    expect(stateOf(await jobsOf(page, reborn))).toEqual(["lost"]);
  });

  test("the workshop dies under it: an error by its code, and its half-written file goes at once", async () => {
    b.workshop.before.set("writePackage", () => Promise.reject(new OperationError("INTERRUPTED")));
    b.workshop.before.set("release", () => Promise.reject(new OperationError("INTERRUPTED")));
    const { id, answer } = await b.ask();
    b.workshop.packages.parts.set(id, true);
    const { hash } = await b.prepare(id);
    expect(codeOf(await b.accept(id, hash))).toBe("INTERRUPTED null");
    expect(codeOf(await answer)).toBe("INTERRUPTED null");
    expect(stateOf(await jobsOf())).toEqual(["INTERRUPTED"]);
    expect(b.workshop.packages.parts.get(id)).toBe(false);
    expect(b.uses()).toEqual(["beginBid", "abandonBid"]);
  });

  test("what this run works on is left alone", async () => {
    const { id } = await work();
    b.workshop.packages.parts.set(id, false);
    await b.background.dispatch.recover();
    expect(stateOf(await jobsOf())).toEqual(["working"]);
    expect(b.workshop.packages.parts.get(id)).toBe(true);
    await b.background.tell("decline", { id });
  });
});

/** Has a request come into that state, as its record and its job stand on the way. */
async function stopAt(id: string, state: "working" | "answered" = "working"): Promise<void> {
  const view = await b.background.view(id);
  if (state === "working") b.workshop.before.set("writePackage", () => b.workshop.endless());
  const accepted = b.accept(id, view?.hash ?? "");
  if (state === "answered") await accepted;
  else await expect.poll(() => b.workshop.asked.at(-1)).toBe("writePackage");
}

describe("where messages carry no files", () => {
  test("the page's own files are handed over by the frame, and the answer names the package by what the relay fetches it with", async () => {
    const id = newId();
    const params = { notice: b.notice(), files: [{ inFrame: true, name: "标书.pdf", size: 6 }] };
    const message = { v: 1, kind: "request", id, operation: "encrypt", params, inFrame: true };
    const answer = b.background.dispatch.take(message, page) as Promise<Answer>;
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking", place: "frame" });
    const { hash } = await b.prepare(id);
    await b.accept(id, hash);
    expect(b.workshop.asked).toEqual(["beginPackage", "handOver", "writePackage", "finishPackage"]);
    expect(b.workshop.brought.get(id)).toBeUndefined();
    const got = await answer;
    const { packageId } = (got.ok ? got.result : {}) as { packageId: string };
    const elsewhere = { inFrame: true, id, packageId, len: b.workshop.packages.whole.get(id)?.size };
    expect(got).toEqual({ v: 1, ok: true, result: { packageId, package: elsewhere } });
    const jobs = await ask({}, page, b.background, { inFrame: true });
    expect(jobs.ok && jobs.result).toMatchObject([{ state: "done", package: elsewhere }]);
  });
});
