import { native, stored, windows } from "./stage.ts";
import { openPackages } from "./packages.ts";
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { limits } from "@certbridge/protocol/limits";
import type { Answer } from "@certbridge/protocol/page/wire";
import { approvalView } from "@certbridge/protocol/surface";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Sender } from "../../../extension/platform/messages.ts";
import { gm } from "../../support/authority.ts";
import { sealFor } from "../../support/client.ts";
import { openManaged } from "./managed.ts";
import { conform, PIN } from "../../support/host.ts";
import { openProgram, type OpenProgram } from "../../support/program.ts";

const { createApprovalWindows } = await import("../../../extension/background/approval-windows.ts");
const { createDispatch } = await import("../../../extension/background/dispatch.ts");
const { openEndedRequests } = await import("../../../extension/background/ended.ts");
const { createHostClient } = await import("../../../extension/background/host-client.ts");
const { openQuota } = await import("../../../extension/background/quota.ts");
const { openJobs } = await import("../../../extension/background/jobs.ts");
const { openRecords } = await import("../../../extension/background/records.ts");
const { createSurfaces } = await import("../../../extension/background/surfaces.ts");
const { openPolicySource } = await import("../../../extension/background/policy-source.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");

const ORIGIN = "https://bid.example.cn";
const nonce = "A".repeat(43);

const page: Sender = {
  origin: ORIGIN,
  tabId: 1,
  windowId: 1,
  documentId: "doc-1",
  frameId: 0,
  lifecycle: "active",
  inFront: true,
  own: false,
};
const surface: Sender = { ...page, origin: "chrome-extension://stage", tabId: 9, documentId: "approval", own: true };

let ids = 0;
const request = (over: object = {}) => ({
  v: 1,
  kind: "request",
  id: Buffer.from(String(++ids).padStart(16, "0")).toString("base64url"),
  operation: "login",
  params: { nonce },
  ...over,
});

let program: OpenProgram;
beforeAll(async () => {
  program = await openProgram();
  native.answer = (message) => program.answer(message);
});
afterAll(() => program.remove());

/** The verbs that the program was asked, but for those that only look. */
function askedOf(passed: readonly string[]): readonly string[] {
  const verbs = passed.flatMap((text) => /"operation":"(\w+)"/.exec(text)?.[1] ?? []);
  return verbs.filter((verb) => verb !== "status" && verb !== "keys");
}

/** What the window sends for the key that is there. */
const keyWith = (id: string, pin = PIN) => ({
  keyId: program.keyId,
  sealedPin: sealFor(program.identity.publicKey, id, pin),
  credentialId: null,
});

/** A background with a clock that tests move, before the real program's rooms; its calls are counted. */
function open() {
  const time = { now: 1_000_000 };
  const allowed = new Set([ORIGIN, "https://other.example.cn"]);
  const before = native.passed.length;
  /** Documents that were left. */
  const gone = new Set<string | null>();
  /** What pages were told on the way. */
  const told: object[] = [];
  const find = (origin: string) => Promise.resolve(allowed.has(origin) ? { origin, name: "平台" } : null);
  const never = () => Promise.reject(new Error("not in this test"));
  /** What the workshop is asked for; it comes to no end. */
  const atWorkshop: string[] = [];
  const workshop = {
    call: (_place: string, verb: string) => {
      atWorkshop.push(verb);
      return verb === "release" ? Promise.resolve({} as never) : new Promise<never>(() => undefined);
    },
  };
  const now = () => time.now;
  const journey = {
    records: openRecords(),
    quota: openQuota(now),
    policies: openPolicySource(openManaged({ firefox: true }), now),
    sites: {
      participating: find,
      waitingForPermission: () => Promise.resolve(null),
      list: never,
      add: never,
      remove: never,
      refresh: never,
    },
    means: {
      host: createHostClient({
        core: () => Promise.resolve(gm),
        clientKey: () => Promise.resolve(program.client),
        trusted: openTable("local", "host"),
        now,
      }),
      workshop,
      jobs: openJobs(now),
      packages: openPackages(),
      lastKeys: openTable("session", "last-key"),
      notify: (_tabId: number, message: object) => void told.push(message),
      isThere: ({ documentId }: { documentId: string | null }) => Promise.resolve(!gone.has(documentId)),
      tellSurfaces: () => undefined,
    },
    windows: createApprovalWindows(),
    ended: openEndedRequests(),
    now,
    pause: () => Promise.resolve(),
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);
  const say = async (verb: string, params: object, sender = surface): Promise<Answer> => {
    const answer = await surfaces.take({ v: 1, kind: "surface", verb, params }, sender);
    if (answer === undefined) throw new Error("no surface's message");
    return answer;
  };
  const view = async (id: string) => {
    const answer = await say("approval", { id });
    return answer.ok ? conform(approvalView, answer.result) : null;
  };
  /** Agrees to what the window shows now. */
  async function accept(id: string, pin = PIN): Promise<Answer> {
    const hash = (await view(id))?.hash ?? "0".repeat(64);
    return say("accept", { id, hash, key: keyWith(id, pin) });
  }
  return {
    time,
    records: journey.records,
    allowed,
    get hostCalls() {
      return askedOf(native.passed.slice(before));
    },
    gone,
    told,
    atWorkshop,
    dispatch,
    say,
    view,
    accept,
    /** Sends a request and waits until the person is asked. */
    async ask(message = request(), sender = page) {
      const answer = dispatch.take(message, sender);
      await expect
        .poll(() => stored.get(`request:${message.id}`))
        .toMatchObject({ state: "asking", windowId: expect.any(Number) as number });
      return { id: message.id, answer };
    },
  };
}

const codeOf = (answer: Answer | null | undefined) =>
  answer?.ok === false ? answer.error.code : answer?.ok === true ? "ok" : "none";

let b = open();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  b = open();
});
afterEach(() => vi.useRealTimers());

async function send(message: object, sender: Sender): Promise<Answer | null> {
  const answer = await b.dispatch.take(message, sender);
  return answer ?? null;
}

async function hashOf(id: string): Promise<string> {
  return (await b.view(id))?.hash ?? "none";
}

describe("who may ask", () => {
  test.each([
    ["an opaque origin", { origin: "null" }, "INSECURE_CONTEXT"],
    ["no origin", { origin: null }, "INSECURE_CONTEXT"],
    ["http", { origin: "http://bid.example.cn" }, "INSECURE_CONTEXT"],
    ["a frame", { frameId: 3 }, "INSECURE_CONTEXT"],
    ["a prerendered page", { lifecycle: "prerender" }, "INSECURE_CONTEXT"],
    ["an origin outside the registry", { origin: "https://phish.example.cn" }, "SITE_NOT_ALLOWED"],
  ])("not %s", async (_what, sender, code) => {
    for (const operation of ["login", "status"]) {
      const params = operation === "status" ? {} : { nonce };
      expect(codeOf(await b.dispatch.take(request({ operation, params }), { ...page, ...sender }))).toBe(code);
    }
    expect(windows.open.size).toBe(0);
  });

  test("an origin inside the message is no origin", async () => {
    const forged = request({ params: { nonce, origin: "https://other.example.cn" } });
    expect(codeOf(await b.dispatch.take(forged, page))).toBe("INVALID_REQUEST");
    expect(b.dispatch.take({ ...request(), origin: ORIGIN }, page)).toBeUndefined();
  });

  test("no tab that is behind another one, but for what is supported", async () => {
    const hidden = { ...page, inFront: false };
    expect(codeOf(await b.dispatch.take(request(), hidden))).toBe("NOT_IN_FRONT");
    expect(codeOf(await b.dispatch.take(request({ operation: "status", params: {} }), hidden))).toBe("ok");
    expect(windows.open.size).toBe(0);
  });

  test("starts a program that is not ready once in two seconds, however often it looks", async () => {
    const { answer } = native;
    native.answer = null;
    try {
      const look = () => b.dispatch.take(request({ operation: "status", params: {} }), page);
      const { starts } = native;
      for (let looks = 0; looks < 5; looks++) expect(codeOf(await look())).toBe("ok");
      expect(native.starts - starts).toBe(1);
      b.time.now += 2000;
      await look();
      expect(native.starts - starts).toBe(2);
    } finally {
      native.answer = answer;
    }
  });

  test("no page may speak as a surface", async () => {
    const { id } = await b.ask();
    const hash = (await b.view(id))?.hash;
    expect(codeOf(await b.say("accept", { id, hash, key: keyWith(id) }, page))).toBe("SITE_NOT_ALLOWED");
    expect(b.hostCalls).toEqual([]);
  });
});

describe("limits", () => {
  test("one request at a time from a document", async () => {
    await b.ask();
    expect(codeOf(await b.dispatch.take(request(), page))).toBe("TOO_MANY_REQUESTS");
  });

  test("hold for calls at once: thirty from one document are one window", async () => {
    const answers = Array.from({ length: 30 }, () => send(request(), page));
    const refused = await Promise.all(answers.slice(1));
    expect(refused.map(codeOf)).toEqual(Array(29).fill("TOO_MANY_REQUESTS"));
    await expect.poll(() => windows.open.size).toBe(1);
  });

  test("hold for documents at once: three windows for an origin", async () => {
    const documents = Array.from({ length: 8 }, (_, n) => ({ ...page, tabId: n, documentId: `doc-${n}` }));
    const answers = documents.map((sender) => send(request(), sender));
    const refused = await Promise.all(answers.slice(limits.pendingPerOrigin));
    expect(refused.map(codeOf)).toEqual(Array(5).fill("TOO_MANY_REQUESTS"));
    await expect.poll(() => windows.open.size).toBe(limits.pendingPerOrigin);
  });

  test("three from an origin", async () => {
    for (let n = 1; n <= limits.pendingPerOrigin; n++)
      await b.ask(request(), { ...page, tabId: n, documentId: `doc-${n}` });
    const fourth = { ...page, tabId: 8, documentId: "doc-8" };
    expect(codeOf(await b.dispatch.take(request(), fourth))).toBe("TOO_MANY_REQUESTS");
    const elsewhere = { ...fourth, origin: "https://other.example.cn" };
    await b.ask(request(), elsewhere);
  });

  test("ten a minute, then again after it", async () => {
    for (let n = 0; n < limits.requestsPerMinuteAndOrigin; n++) {
      const { id, answer } = await b.ask();
      await b.say("decline", { id });
      expect(codeOf(await answer)).toBe("USER_DECLINED");
    }
    expect(codeOf(await b.dispatch.take(request(), page))).toBe("TOO_MANY_REQUESTS");
    b.time.now += 60_000;
    await b.ask();
  });
});

describe("a consent", () => {
  test("is one call of the host, and no second", async () => {
    const { id, answer } = await b.ask();
    const both = await Promise.all([b.accept(id), b.accept(id)]);
    expect(both.map(codeOf).sort()).toEqual(["CONSENT_EXPIRED", "ok"]);
    expect(await answer).toMatchObject({ ok: true, result: { format: "shared-certificate-login:1" } });
    expect(codeOf(await b.accept(id))).toBe("CONSENT_EXPIRED");
    expect(b.hostCalls).toEqual(["login"]);
    expect(await readdir(program.home.consents)).toContain(id);
    await expect.poll(() => windows.open.size).toBe(0);
  });

  test.each([
    ["params", { params: { nonce: "B".repeat(43) } }],
    ["what the window shows", { asked: { operation: "login", more: 1 } }],
    ["the platform's name", { platform: { origin: ORIGIN, name: "别的平台" } }],
    ["the document", { documentId: "doc-2" }],
  ])("is for what was shown: %s changed behind it", async (_what, change) => {
    const { id } = await b.ask();
    const hash = (await b.view(id))?.hash;
    expect(await b.records.advance(id, "asking", change as never)).toMatchObject(change);
    expect(codeOf(await b.say("accept", { id, hash, key: keyWith(id) }))).toBe("CONSENT_EXPIRED");
    expect(b.hostCalls).toEqual([]);
  });

  test("ends with its time, and with the site's permission", async () => {
    const late = await b.ask();
    b.time.now += limits.consentMs;
    expect(codeOf(await b.accept(late.id))).toBe("CONSENT_EXPIRED");
    expect(codeOf(await late.answer)).toBe("CONSENT_EXPIRED");
    const withdrawn = await b.ask();
    b.allowed.delete(ORIGIN);
    expect(codeOf(await b.accept(withdrawn.id))).toBe("SITE_NOT_ALLOWED");
    expect(codeOf(await withdrawn.answer)).toBe("SITE_NOT_ALLOWED");
    expect(b.hostCalls).toEqual([]);
  });

  test("is worth nothing where the site was withdrawn before its answer was delivered", async () => {
    const message = request();
    const { id, answer } = await b.ask(message);
    await b.accept(id);
    expect(codeOf(await answer)).toBe("ok");
    b.allowed.delete(ORIGIN);
    expect(codeOf(await b.dispatch.take(message, page))).toBe("SITE_NOT_ALLOWED");
  });

  test("ends by itself when nobody answers, and the window goes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const message = request({ timeoutMs: limits.consentMaxMs });
    const answer = b.dispatch.take(message, page);
    await vi.waitFor(() => expect(windows.open.size).toBe(1));
    // Looking for the window moved this clock a little.
    await vi.advanceTimersByTimeAsync(limits.consentMaxMs - 30_000);
    expect(windows.open.size).toBe(1);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(codeOf(await answer)).toBe("CONSENT_EXPIRED");
    expect(windows.open.size).toBe(0);
  });

  test("that was given in time has no limit for its work", async () => {
    const { id, answer } = await b.ask(request({ timeoutMs: 60_000 }));
    const hash = await hashOf(id);
    const release = program.hold();
    const agreed = b.say("accept", { id, hash, key: keyWith(id) });
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    b.time.now += limits.consentMaxMs;
    release();
    expect(codeOf(await agreed)).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
  });

  test("is worth nothing for a document that was left", async () => {
    const { id, answer } = await b.ask();
    b.gone.add("doc-1");
    expect(codeOf(await b.accept(id))).toBe("CANCELLED");
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(b.hostCalls).toEqual([]);
  });

  test("is no longer asked for once the document has gone, though nobody said so", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { answer } = await b.ask();
    await vi.advanceTimersByTimeAsync(5000);
    expect(windows.open.size).toBe(1);
    b.gone.add("doc-1");
    await vi.advanceTimersByTimeAsync(1000);
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(windows.open.size).toBe(0);
  });

  test("is delivered to the document that asked, until it says that it has it", async () => {
    const message = request();
    const { id, answer } = await b.ask(message);
    await b.accept(id);
    await answer;
    expect(codeOf(await b.dispatch.take(message, { ...page, documentId: "doc-2" }))).toBe("INVALID_REQUEST");
    expect(codeOf(await b.dispatch.take(message, page))).toBe("ok");
    await b.dispatch.take({ v: 1, kind: "done", id }, page);
    expect(stored.has(`request:${id}`)).toBe(false);
  });

  test("leaves no PIN behind", async () => {
    const { id } = await b.ask();
    await b.accept(id);
    expect(JSON.stringify([...stored])).not.toContain(PIN);
  });
});

describe("a page that gives up", () => {
  const cancel = (id: string, sender = page) => send({ v: 1, kind: "cancel", id }, sender);

  test("in the same breath as it asked: nobody is asked, and nothing comes back", async () => {
    const message = request();
    const answer = b.dispatch.take(message, page);
    await cancel(message.id);
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(windows.open.size).toBe(0);
    expect(stored.has(`request:${message.id}`)).toBe(false);
  });

  test("while its content is read, also in silence: the reading is let go of", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const items = [{ name: "a.txt", content: new Blob(["a"]) }];
    const message = request({ operation: "sign", params: { items, format: "cms-detached" } });
    void b.dispatch.take(message, page);
    await vi.waitFor(() => expect(b.atWorkshop).toEqual(["read"]));
    b.gone.add("doc-1");
    await vi.advanceTimersByTimeAsync(1000);
    expect(b.atWorkshop).toEqual(["read", "release"]);
    expect(stored.get(`request:${message.id}`)).toMatchObject({ state: "answered" });
  });

  test("by saying that it has an answer that there is not: the window goes", async () => {
    const { id, answer } = await b.ask();
    await send({ v: 1, kind: "done", id }, page);
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(windows.open.size).toBe(0);
    expect(stored.has(`request:${id}`)).toBe(false);
  });

  test("while the person reads: the window goes", async () => {
    const { id, answer } = await b.ask();
    await cancel(id, { ...page, documentId: "doc-2" });
    expect(windows.open.size).toBe(1);
    await cancel(id);
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(windows.open.size).toBe(0);
    expect(codeOf(await b.accept(id))).toBe("CONSENT_EXPIRED");
    expect(b.hostCalls).toEqual([]);
  });

  test("while the key works: the page gets nothing, and the window says so", async () => {
    const { id, answer } = await b.ask();
    const hash = await hashOf(id);
    const release = program.hold();
    const agreed = b.say("accept", { id, hash, key: keyWith(id) });
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    await cancel(id);
    release();
    expect(codeOf(await answer)).toBe("CANCELLED");
    expect(codeOf(await agreed)).toBe("CANCELLED");
    expect(stored.has(`request:${id}`)).toBe(false);
  });
});

describe("what goes wrong after the person agreed", () => {
  test("is the person's to know; two wrong PINs within an hour pause this origin until the person goes on", async () => {
    const { id, answer } = await b.ask();
    for (let n = 0; n < limits.wrongPinsPerOriginAndHour; n++) {
      expect(codeOf(await b.accept(id, "000000"))).toBe("PIN_INCORRECT");
    }
    expect(codeOf(await b.accept(id))).toBe("PIN_PAUSED");
    await b.say("resumePin", { origin: ORIGIN });
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect(b.hostCalls).toHaveLength(limits.wrongPinsPerOriginAndHour + 1);
  });

  test("a site cannot count tries: it is told of the work once the key was used", async () => {
    const stages = () => b.told.map((message) => (message as { progress: { stage: string } }).progress.stage);
    const { id } = await b.ask();
    await b.accept(id, "000000");
    expect(stages()).toEqual(["waiting-for-person"]);
    await b.accept(id);
    expect(stages()).toEqual(["waiting-for-person", "working"]);
  });

  test("a window that was closed while a wrong PIN was tried: the person declined", async () => {
    const { id, answer } = await b.ask();
    const hash = await hashOf(id);
    const release = program.hold();
    const agreed = b.say("accept", { id, hash, key: keyWith(id, "000000") });
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    windows.open.clear();
    release();
    expect(codeOf(await agreed)).toBe("PIN_INCORRECT");
    expect(codeOf(await answer)).toBe("USER_DECLINED");
  });

  test("a disk that fails is told to the person, in a window that stays, and to the site by its code", async () => {
    const { id, answer } = await b.ask();
    const hash = await hashOf(id);
    const { consents } = program.home;
    await rename(consents, `${consents}.away`);
    try {
      await writeFile(consents, "no folder");
      expect(codeOf(await b.say("accept", { id, hash, key: keyWith(id) }))).toBe("INTERNAL");
    } finally {
      await rm(consents);
      await rename(`${consents}.away`, consents);
    }
    expect(codeOf(await answer)).toBe("INTERNAL");
    expect(windows.open.size).toBe(1);
  });
});

describe("a worker that died", () => {
  test("never makes a second private-key call: what was being worked on is interrupted", async () => {
    const message = request();
    const { id } = await b.ask(message);
    stored.set(`request:${id}`, { ...(stored.get(`request:${id}`) as object), state: "working" });
    const reborn = open();
    expect(codeOf(await reborn.dispatch.take(message, page))).toBe("INTERRUPTED");
    expect(reborn.hostCalls).toEqual([]);
  });

  test.each(["received", "reading"])("begins anew with what was only %s, without counting it twice", async (state) => {
    for (let n = 1; n < limits.requestsPerMinuteAndOrigin; n++) {
      const { id } = await b.ask();
      await b.say("decline", { id });
    }
    const message = request();
    const { id } = await b.ask(message);
    stored.set(`request:${id}`, { ...(stored.get(`request:${id}`) as object), state, windowId: null, asked: null });
    const reborn = open();
    const answer = reborn.dispatch.take(message, page);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    expect(codeOf(await reborn.accept(id))).toBe("ok");
    expect(codeOf((await answer) ?? null)).toBe("ok");
    expect(reborn.hostCalls).toEqual(["login"]);
  });

  test("finds the window again", async () => {
    const message = request();
    const { id } = await b.ask(message);
    const reborn = open();
    const before = windows.last;
    const answer = reborn.dispatch.take(message, page);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await reborn.accept(id);
    expect(codeOf(await answer)).toBe("ok");
    expect(windows.last).toBe(before);
    expect(reborn.hostCalls).toEqual(["login"]);
  });
});
