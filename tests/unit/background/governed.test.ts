import { native, stored, windows } from "./stage.ts";
import { openPackages } from "./packages.ts";
import { granted, scripts } from "./granted.ts";
import { OperationError } from "@certbridge/protocol/errors";
import type { Answer } from "@certbridge/protocol/page/wire";
import { approvalView, optionsView, policyView, popupView } from "@certbridge/protocol/surface";
import { builtinRegistry } from "@certbridge/trust";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Sender } from "../../../extension/platform/messages.ts";
import { gm } from "../../support/authority.ts";
import { sealFor } from "../../support/client.ts";
import { conform, PIN } from "../../support/host.ts";
import { openProgram, type OpenProgram } from "../../support/program.ts";
import { openManaged } from "./managed.ts";

/** Every answer of the background under an administrator's policy: real rooms, a real program, a browser's managed storage in hand. */

const { createApprovalWindows } = await import("../../../extension/background/approval-windows.ts");
const { createDispatch } = await import("../../../extension/background/dispatch.ts");
const { openEndedRequests } = await import("../../../extension/background/ended.ts");
const { createHostClient } = await import("../../../extension/background/host-client.ts");
const { governHost } = await import("../../../extension/background/governed-host.ts");
const { openPolicySource } = await import("../../../extension/background/policy-source.ts");
const { openQuota } = await import("../../../extension/background/quota.ts");
const { openJobs } = await import("../../../extension/background/jobs.ts");
const { openRecords } = await import("../../../extension/background/records.ts");
const { openSites } = await import("../../../extension/background/sites.ts");
const { createSurfaces } = await import("../../../extension/background/surfaces.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");

/** Of the built-in registry, and of nobody's. */
const [REGISTERED = ""] = builtinRegistry.platforms.flatMap(({ enabled, origins }) => (enabled ? origins : []));
const EXTRA = "https://extra.example.cn";
const INTRANET = "http://intranet.example.cn";
const nonce = "A".repeat(43);

const page: Sender = {
  origin: REGISTERED,
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
const request = (operation: string, params: object) => ({
  v: 1,
  kind: "request",
  id: Buffer.from(String(++ids).padStart(16, "0")).toString("base64url"),
  operation,
  params,
});

let program: OpenProgram;
let issuerKeySm3: string;
beforeAll(async () => {
  program = await openProgram();
  native.answer = (message) => program.answer(message);
  const client = createHostClient(means());
  const { keys } = await client.call("keys", {});
  issuerKeySm3 = keys[0]?.issuerKeySm3 ?? "";
});
afterAll(() => program.remove());

/** What the background's client of the program stands on here: a paired extension. */
const means = () => ({
  core: () => Promise.resolve(gm),
  clientKey: () => Promise.resolve(program.client),
  trusted: openTable("local", "host"),
  now: Date.now,
});

function open() {
  const managed = openManaged({ firefox: true });
  const now = () => Date.now();
  const policies = openPolicySource(managed, now);
  const before = native.passed.length;
  const told: object[] = [];
  const host = governHost(createHostClient(means()), policies);
  const never = () => Promise.reject(new Error("not in this test"));
  const journey = {
    records: openRecords(),
    quota: openQuota(now),
    policies,
    sites: openSites(policies),
    means: {
      host,
      workshop: { call: never },
      jobs: openJobs(now),
      packages: openPackages(),
      lastKeys: openTable("session", "last-key"),
      notify: () => undefined,
      isThere: () => Promise.resolve(true),
      tellSurfaces: (message: object) => void told.push(message),
    },
    windows: createApprovalWindows(),
    ended: openEndedRequests(),
    now,
    pause: () => Promise.resolve(),
  };
  const dispatch = createDispatch(journey);
  const surfaces = createSurfaces(journey, dispatch);
  const say = async (verb: string, params: object): Promise<Answer> => {
    const answer = await surfaces.take({ v: 1, kind: "surface", verb, params }, surface);
    if (answer === undefined) throw new Error("no surface's message");
    return answer;
  };
  const resultOf = async (verb: string, params: object): Promise<unknown> => {
    const answer = await say(verb, params);
    if (answer.ok) return answer.result;
    throw OperationError.fromRecord(answer.error);
  };
  return {
    /** The verbs that the program was asked, but for those that only look. */
    get hostCalls() {
      const verbs = native.passed.slice(before).flatMap((text) => /"operation":"(\w+)"/.exec(text)?.[1] ?? []);
      return verbs.filter((verb) => !["status", "keys", "bids"].includes(verb));
    },
    sites: journey.sites,
    /** The browser has read this policy. */
    async govern(written: object) {
      managed.arrive({ schemaVersion: 1, requiredKeys: Object.keys(written), ...written });
      await policies.current();
    },
    async end() {
      managed.arrive({});
      await policies.current();
    },
    ask: async (operation: string, params: object, sender: Partial<Sender> = {}) =>
      (await dispatch.take(request(operation, params), { ...page, ...sender })) ?? null,
    /** Sends a login and waits until the person is asked. */
    async login(sender: Partial<Sender> = {}) {
      const message = request("login", { nonce });
      const answer = dispatch.take(message, { ...page, ...sender });
      await expect.poll(() => stored.get(`request:${message.id}`)).toMatchObject({ state: "asking" });
      return { id: message.id, answer };
    },
    view: async (id: string) => conform(approvalView, await resultOf("approval", { id })),
    say,
    agree: (id: string, hash: string) =>
      say("accept", {
        id,
        hash,
        key: {
          keyId: program.keyId,
          sealedPin: sealFor(program.identity.publicKey, id, PIN),
          credentialId: null,
        },
      }),
    options: async () => conform(optionsView, await resultOf("options", {})),
    popup: async (url: string) => conform(popupView, await resultOf("popup", { tabId: 1, url })),
    explained: async () => conform(policyView, await resultOf("policy", {})),
  };
}

const outcome = (answer: Answer | null | undefined) =>
  answer?.ok === false ? [answer.error.code, answer.error.details] : answer?.ok === true ? ["ok", null] : null;

const blocked = (policy: string) => ["BLOCKED_BY_POLICY", { policy }];

let b = open();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  scripts.clear();
  granted.clear();
  granted.add(REGISTERED);
  b = open();
});

describe("a page", () => {
  test("of a blocked origin gets the policy's name for every verb, and no window opens", async () => {
    await b.govern({ blockedOrigins: [REGISTERED] });
    expect(outcome(await b.ask("login", { nonce }))).toEqual(blocked("blockedOrigins"));
    expect(outcome(await b.ask("status", {}))).toEqual(blocked("blockedOrigins"));
    expect(windows.open.size).toBe(0);
    await b.end();
    expect(outcome(await b.ask("status", {}))).toEqual(["ok", null]);
  });

  test.each([
    ["an older extension", { minimumExtensionVersion: "0.1.1" }, "minimumExtensionVersion"],
    ["a broken list of blocked origins", { blockedOrigins: [7] }, "blockedOrigins"],
    ["a language from the future", { schemaVersion: 2 }, "schemaVersion"],
  ])("is refused everything under %s", async (_what, written, name) => {
    await b.govern(written);
    expect(outcome(await b.ask("login", { nonce }))).toEqual(blocked(name));
    expect((await b.explained()).refusesAll).toBe(name);
  });

  test("of a platform that the policy adds may ask once the person has granted it, and no longer than the policy says", async () => {
    const sender = { origin: EXTRA };
    await b.govern({ extraPlatforms: [{ origin: EXTRA, name: "集团招标平台" }] });
    expect(outcome(await b.ask("status", {}, sender))?.[0]).toBe("SITE_NOT_ALLOWED");
    granted.add(EXTRA);
    const { id } = await b.login(sender);
    expect((await b.view(id)).platform).toEqual({ origin: EXTRA, name: "集团招标平台" });
    await b.end();
    expect(outcome(await b.ask("status", {}, sender))?.[0]).toBe("SITE_NOT_ALLOWED");
  });

  test("without a secure connection may ask by its exact origin, and then only", async () => {
    granted.add(INTRANET);
    granted.add(`${INTRANET}:8080`);
    expect(outcome(await b.ask("status", {}, { origin: INTRANET }))?.[0]).toBe("INSECURE_CONTEXT");
    await b.govern({ insecureOrigins: [INTRANET] });
    const { id } = await b.login({ origin: INTRANET });
    expect((await b.view(id)).platform).toEqual({ origin: INTRANET, name: null });
    for (const sender of [
      { origin: `${INTRANET}:8080` },
      { origin: INTRANET, frameId: 2 },
      { origin: "http://other.cn" },
    ]) {
      expect(outcome(await b.ask("status", {}, sender))?.[0]).toBe("INSECURE_CONTEXT");
    }
    await b.end();
    expect(outcome(await b.ask("status", {}, { origin: INTRANET }))?.[0]).toBe("INSECURE_CONTEXT");
  });

  test("is told which carriers are left, and nothing of keys", async () => {
    await b.govern({ allowedCarriers: ["usb-key"] });
    const answer = await b.ask("status", {});
    expect(answer?.ok === true && answer.result).toMatchObject({
      carriers: [],
      operations: expect.arrayContaining(["login"]) as [],
    });
  });

  test("finds an older program without verbs, and the person finds it outdated", async () => {
    await b.govern({ minimumHostVersion: "0.1.1" });
    const answer = await b.ask("status", {});
    expect(answer?.ok === true && answer.result).toMatchObject({ host: "0.1.0", operations: ["status"], carriers: [] });
    const { id } = await b.login();
    const view = await b.view(id);
    expect(view.host).toEqual({ state: "outdated", found: "0.1.0", needed: "0.1.1" });
    expect(view.keys).toEqual([]);
    expect(outcome(await b.agree(id, view.hash))).toEqual(["HOST_OUTDATED", { found: "0.1.0", needed: "0.1.1" }]);
    expect(b.hostCalls).toEqual([]);
    // It is asked again once the program was upgraded, or the policy mended.
    await b.end();
    expect(outcome(await b.agree(id, view.hash))).toEqual(["ok", null]);
  });
});

describe("a key that the policy leaves out", () => {
  test.each([
    ["by its carrier", { allowedCarriers: ["usb-key", "phone"] }, "allowedCarriers"],
    ["by its CA", { allowedAuthorities: ["0b".repeat(32)] }, "allowedAuthorities"],
  ])("%s is shown with the reason, and cannot be used by whoever insists", async (_what, written, name) => {
    await b.govern(written);
    const { id, answer } = await b.login();
    const view = await b.view(id);
    expect(view.keys).toMatchObject([{ keyId: program.keyId, blockedBy: name }]);
    expect((await b.popup(REGISTERED)).keys).toMatchObject([{ blockedBy: name }]);
    expect(outcome(await b.agree(id, view.hash))).toEqual(blocked(name));
    expect(b.hostCalls).toEqual([]);
    // To the site it reads as a person who declines: which keys there are is not its to know.
    expect(outcome(await answer)).toEqual(["USER_DECLINED", null]);
  });

  test("by nothing is as it was", async () => {
    await b.govern({ allowedCarriers: ["software"], allowedAuthorities: [issuerKeySm3.toUpperCase()] });
    const { id, answer } = await b.login();
    const view = await b.view(id);
    expect(view.keys[0]?.blockedBy).toBeUndefined();
    expect(outcome(await b.agree(id, view.hash))).toEqual(["ok", null]);
    expect(outcome(await answer)).toEqual(["ok", null]);
  });

  test("after it was used: what it got is not kept either", async () => {
    const id = "AAAAAAAAAAAAAAAAAAAAAA";
    const credential = {
      credentialId: "c",
      issuer: { platformId: "p", name: "平台", origin: REGISTERED },
      subject: { name: "江南建设有限公司", uscc: "" },
      issuedAt: "",
      expiresAt: "",
    };
    stored.set(`last-key:1 ${REGISTERED}`, program.keyId);
    stored.set(`request:${id}`, {
      id,
      operation: "saveRegistration",
      params: { credential: "AA" },
      platform: { origin: REGISTERED, name: "平台" },
      tabId: 1,
      documentId: "doc-1",
      createdAt: Date.now(),
      timeoutMs: 60_000,
      expiresAt: Date.now() + 60_000,
      state: "asking",
      asked: { operation: "saveRegistration", credential },
      windowId: null,
      answer: null,
    });
    await b.govern({ allowedCarriers: ["phone"] });
    const view = await b.view(id);
    expect(outcome(await b.say("accept", { id, hash: view.hash, key: null }))).toEqual(blocked("allowedCarriers"));
    expect(b.hostCalls).toEqual([]);
  });
});

describe("a policy that comes while a person reads", () => {
  test("ends the request, for the page and for the window, which stays for its last words", async () => {
    const { id, answer } = await b.login();
    await b.view(id);
    await b.govern({ blockedOrigins: [REGISTERED] });
    await expect(b.view(id)).rejects.toMatchObject({
      code: "BLOCKED_BY_POLICY",
      details: { policy: "blockedOrigins" },
    });
    expect(outcome(await answer)).toEqual(blocked("blockedOrigins"));
    expect(windows.open.size).toBe(1);
  });

  test("is in time before the key is used", async () => {
    const { id, answer } = await b.login();
    const { hash } = await b.view(id);
    await b.govern({ blockedOrigins: [REGISTERED] });
    expect(outcome(await b.agree(id, hash))).toEqual(blocked("blockedOrigins"));
    expect(outcome(await answer)).toEqual(blocked("blockedOrigins"));
    expect(b.hostCalls).toEqual([]);
  });

  test("is in time before the answer is delivered", async () => {
    const { id, answer } = await b.login();
    const { hash } = await b.view(id);
    const release = program.hold();
    const agreed = b.agree(id, hash);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    await b.govern({ blockedOrigins: [REGISTERED] });
    release();
    await agreed;
    expect(outcome(await answer)).toEqual(blocked("blockedOrigins"));
  });
});

describe("the extension's own pages", () => {
  test("say who set each site, what is forbidden, and what waits for a click", async () => {
    const own = "https://own.example.cn";
    granted.add(own);
    await b.say("addSite", { origin: own });
    await b.govern({
      extraPlatforms: [
        { origin: EXTRA, name: "集团招标平台" },
        { origin: own, name: "自有平台" },
      ],
      insecureOrigins: [INTRANET],
      blockedOrigins: [REGISTERED],
    });
    const { sites, blockedOrigins } = await b.options();
    const rowOf = (origin: string) => sites.filter(({ platform }) => platform.origin === origin);
    expect(rowOf(REGISTERED)).toMatchObject([{ source: "registry", blockedBy: "blockedOrigins" }]);
    expect(rowOf(EXTRA)).toEqual([
      { platform: { origin: EXTRA, name: "集团招标平台" }, source: "policy", granted: false },
    ]);
    expect(rowOf(own)).toMatchObject([{ source: "policy", granted: true }]);
    expect(rowOf(INTRANET)).toMatchObject([{ source: "policy", granted: false }]);
    expect(blockedOrigins).toEqual([REGISTERED]);
  });

  test("refuse to add what is blocked", async () => {
    await b.govern({ blockedOrigins: [EXTRA] });
    expect(outcome(await b.say("addSite", { origin: EXTRA }))).toEqual(blocked("blockedOrigins"));
    expect((await b.options()).sites.some(({ platform }) => platform.origin === EXTRA)).toBe(false);
  });

  test("say in the popup that a page is blocked", async () => {
    await b.govern({ blockedOrigins: [REGISTERED, INTRANET] });
    expect((await b.popup(`${REGISTERED}/login`)).site).toEqual({
      state: "blocked",
      origin: REGISTERED,
      policy: "blockedOrigins",
    });
    expect((await b.popup(`${INTRANET}/`)).site).toMatchObject({ state: "blocked" });
    expect((await b.popup("chrome://version")).site).toEqual({ state: "none" });
    await b.end();
    expect((await b.popup(`${REGISTERED}/login`)).site).toMatchObject({ state: "participating" });
  });

  test("explain the policy key by key: value, source, what is wrong", async () => {
    expect((await b.explained()).state).toBe("none");
    await b.govern({
      extraPlatforms: [{ origin: EXTRA, name: "集团招标平台" }, 7],
      allowedCarriers: ["phone"],
      allowedAuthorities: "none",
    });
    const { state, settings, problems, refusesAll } = await b.explained();
    const settingOf = (key: string) => settings.find((setting) => setting.key === key);
    expect(state).toBe("read");
    expect(settingOf("extraPlatforms")).toEqual({
      key: "extraPlatforms",
      source: "policy",
      values: [`集团招标平台 ${EXTRA}`],
    });
    expect(settingOf("allowedCarriers")).toMatchObject({ source: "policy", values: ["phone"] });
    expect(settingOf("allowedAuthorities")).toMatchObject({ source: "broken", values: [] });
    expect(settingOf("minimumHostVersion")).toMatchObject({ source: "default", values: [] });
    expect(problems).toEqual([
      { place: "extraPlatforms.1", kind: "type", found: "number" },
      { place: "allowedAuthorities", kind: "type", found: "none" },
    ]);
    expect(refusesAll).toBeNull();
  });
});

describe("scripts are in the pages", () => {
  const origins = () => [...scripts.keys()].flatMap((id) => (id.startsWith("page ") ? [id.slice(5)] : [])).sort();

  test("of what policy or person added and the browser grants, and of nothing else", async () => {
    const own = "https://own.example.cn";
    for (const origin of [EXTRA, INTRANET, own]) granted.add(origin);
    await b.say("addSite", { origin: own });
    await b.govern({ extraPlatforms: [{ origin: EXTRA, name: "集团招标平台" }], insecureOrigins: [INTRANET] });
    await b.sites.refresh();
    expect(origins()).toEqual([EXTRA, INTRANET, own].sort());
    // Over http one port is one origin, and no page of another port may see the page API.
    expect(scripts.get(`page ${INTRANET}`)).toBe(`${INTRANET}:80/*`);

    granted.delete(EXTRA);
    await b.govern({
      extraPlatforms: [{ origin: EXTRA, name: "集团招标平台" }],
      insecureOrigins: [INTRANET],
      blockedOrigins: [own],
    });
    await b.sites.refresh();
    expect(origins()).toEqual([INTRANET]);

    await b.end();
    await Promise.all([b.sites.refresh(), b.sites.refresh(), b.sites.refresh()]);
    expect(origins()).toEqual([own]);
    expect([...scripts.keys()].sort()).toEqual([`page ${own}`, `relay ${own}`]);
  });
});
