import { stored, windows } from "./stage.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { HostVerb } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import type { Answer } from "@certbridge/protocol/page/wire";
import { beforeEach, describe, expect, test } from "vitest";
import type { Sender } from "../../../extension/platform/messages.ts";

const { createApprovalWindows } = await import("../../../extension/background/approval-windows.ts");
const { createDispatch } = await import("../../../extension/background/dispatch.ts");
const { openQuota } = await import("../../../extension/background/quota.ts");
const { openRecords } = await import("../../../extension/background/records.ts");
const { createSurfaces } = await import("../../../extension/background/surfaces.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");

const ORIGIN = "https://bid.example.cn";
const PIN = "canary-246810";
const nonce = "A".repeat(43);
const keyId = "A".repeat(43);
const token = {
  format: "shared-certificate-login:1",
  certificate: "AQ",
  signature: "A".repeat(86),
  algorithm: "SM2-SM3",
} as const;

const page: Sender = {
  origin: ORIGIN,
  tabId: 1,
  windowId: 1,
  documentId: "doc-1",
  frameId: 0,
  lifecycle: "active",
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

/** A background with a clock that tests move, and a host that counts its calls. */
function open() {
  const time = { now: 1_000_000 };
  const allowed = new Set([ORIGIN, "https://other.example.cn"]);
  const hostCalls: HostVerb[] = [];
  const hostFails: { next: OperationError | null } = { next: null };
  const call = (verb: HostVerb): Promise<never> => {
    hostCalls.push(verb);
    const { next } = hostFails;
    hostFails.next = null;
    if (next !== null) return Promise.reject(next);
    return Promise.resolve((verb === "login" ? { token } : { keys: [] }) as never);
  };
  const find = (origin: string) => Promise.resolve(allowed.has(origin) ? { origin, name: "平台" } : null);
  const never = () => Promise.reject(new Error("not in this test"));
  const now = () => time.now;
  const journey = {
    records: openRecords(),
    quota: openQuota(now),
    sites: {
      participating: find,
      waitingForPermission: () => Promise.resolve(null),
      list: never,
      add: never,
      remove: never,
      refresh: never,
    },
    means: {
      host: {
        call,
        state: () => Promise.resolve({ state: "ready" as const, version: "0.1.0" }),
        rest: () => undefined,
      },
      workshop: { call: never, close: never },
      lastKeys: openTable("session", "last-key"),
      notify: () => undefined,
      tellSurfaces: () => undefined,
    },
    windows: createApprovalWindows(),
    now,
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);
  const say = (verb: string, params: object, sender = surface) =>
    surfaces.take({ v: 1, kind: "surface", verb, params }, sender);
  return {
    time,
    allowed,
    hostCalls,
    hostFails,
    dispatch,
    say,
    accept: (id: string, pin = PIN) => say("accept", { id, key: { keyId, pin, credentialId: null } }),
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

  test("no page may speak as a surface", async () => {
    const { id } = await b.ask();
    expect(codeOf(await b.say("accept", { id, key: { keyId, pin: PIN, credentialId: null } }, page))).toBe(
      "SITE_NOT_ALLOWED",
    );
    expect(b.hostCalls).toEqual([]);
  });
});

describe("limits", () => {
  test("one request at a time from a document", async () => {
    await b.ask();
    expect(codeOf(await b.dispatch.take(request(), page))).toBe("TOO_MANY_REQUESTS");
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
    expect(await answer).toEqual({ v: 1, ok: true, result: token });
    expect(codeOf(await b.accept(id))).toBe("CONSENT_EXPIRED");
    expect(b.hostCalls).toEqual(["login"]);
    expect(windows.open.size).toBe(0);
  });

  test("is bound to what was asked", async () => {
    const { id } = await b.ask();
    const record = stored.get(`request:${id}`) as { params: object };
    stored.set(`request:${id}`, { ...record, params: { nonce: "B".repeat(43) } });
    expect(codeOf(await b.accept(id))).toBe("CONSENT_EXPIRED");
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
    expect(b.hostCalls).toEqual([]);
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

describe("a wrong PIN", () => {
  const wrong = () => new OperationError("PIN_INCORRECT", { triesLeft: 4, retryAt: null });

  test("is the person's to know; two within an hour pause this origin until the person goes on", async () => {
    const { id, answer } = await b.ask();
    for (let n = 0; n < limits.wrongPinsPerOriginAndHour; n++) {
      b.hostFails.next = wrong();
      expect(codeOf(await b.accept(id))).toBe("PIN_INCORRECT");
    }
    expect(codeOf(await b.accept(id))).toBe("PIN_PAUSED");
    await b.say("resumePin", { origin: ORIGIN });
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect(b.hostCalls).toHaveLength(limits.wrongPinsPerOriginAndHour + 1);
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
