import {
  approvalOf,
  BIDDER,
  bringToFront,
  openSite,
  openStage,
  says,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import { limits } from "@certbridge/protocol/limits";
import { operationNames } from "@certbridge/protocol/page/names";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** `window.sharedCertificate` as a page meets it: what is there, and what every odd call gets. */

const { name, uscc, pin } = BIDDER;
let stage: Stage;
let site: Site;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/page-api", knowsNoPolicy: true });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  site = await openSite(stage.browser, stage.demo.platforms.a.origin);
});

afterAll(() => stage.close());

/** What a call came to: "ok", or the error as the page sees it. */
interface Outcome {
  readonly code: string;
  readonly path?: string;
  readonly limit?: number;
}

/** Runs a call, written as an expression of `api`, in the page. */
async function call(expression: string, { page } = site): Promise<Outcome> {
  await bringToFront(page);
  return (await page.evaluate(`(async (api) => {
    try {
      await ${expression};
      return { code: "ok" };
    } catch (error) {
      const shaped = error instanceof Error && error.name === "SharedCertificateError"
        && typeof error.retriable === "boolean" && typeof error.message === "string" && "details" in error;
      return { code: shaped ? error.code : "FOREIGN " + error, ...error.details };
    }
  })(window.sharedCertificate)`)) as Outcome;
}

/** As {@link call}, for a call that brings the window: the person declines. */
async function declined(expression: string): Promise<Outcome> {
  const outcome = call(expression);
  await (await approvalOf(stage.browser)).decline();
  return outcome;
}

/** base64url of so many zero bytes. */
const zeros = (len: number) => Buffer.alloc(len).toString("base64url");

describe("what is there", () => {
  test("is the documented list, frozen and fixed, without a way to the extension", async () => {
    const found = await site.page.evaluate(() => {
      const api = (window as unknown as { sharedCertificate: Record<string, unknown> }).sharedCertificate;
      const place = Object.getOwnPropertyDescriptor(window, "sharedCertificate");
      return {
        names: Object.getOwnPropertyNames(api),
        symbols: Object.getOwnPropertySymbols(api).length,
        frozen: Object.isFrozen(api) && Object.values(api).every((member) => Object.isFrozen(member)),
        fixed: place?.configurable === false && place.writable === false,
        prototype: Object.getPrototypeOf(api) as unknown,
        source: Object.values(api).map(String).join(),
      };
    });
    expect(found.names).toEqual(["apiVersion", ...operationNames]);
    expect(found).toMatchObject({ symbols: 0, frozen: true, fixed: true, prototype: null });
    expect(found.source).not.toMatch(/chrome|extension:|runtime/);
  });
});

describe("an odd call is refused by its code", () => {
  test.each<[string, string, Outcome]>([
    ["no object", "api.login('x')", { code: "INVALID_REQUEST", path: "" }],
    ["nothing at all", "api.login()", { code: "INVALID_REQUEST", path: "nonce" }],
    ["an unknown key", `api.login({ nonce: '${zeros(32)}', pin: '1' })`, { code: "INVALID_REQUEST", path: "pin" }],
    [
      "an origin of its own",
      `api.login({ nonce: '${zeros(32)}', origin: 'https://x' })`,
      { code: "INVALID_REQUEST", path: "origin" },
    ],
    [
      "a getter that throws",
      "api.login({ get nonce() { throw new Error('boo'); } })",
      { code: "INVALID_REQUEST", path: "" },
    ],
    [
      "a signal that is none",
      `api.login({ nonce: '${zeros(32)}', signal: {} })`,
      { code: "INVALID_REQUEST", path: "" },
    ],
    ["a function", `api.login({ nonce: () => 1 })`, { code: "INVALID_REQUEST", path: "" }],
    ["a BigInt", "api.login({ nonce: 1n })", { code: "INVALID_REQUEST", path: "" }],
    ["a cycle", "(() => { const o = {}; o.nonce = o; return api.login(o); })()", { code: "INVALID_REQUEST", path: "" }],
    [
      "a hundred thousand levels",
      "(() => { let o = {}; for (let i = 0; i < 1e5; i++) o = { o }; return api.login({ nonce: o }); })()",
      { code: "INVALID_REQUEST", path: "" },
    ],
    [
      "a path as content",
      "api.sign({ items: [{ name: 'a', content: '/etc/passwd' }], format: 'cms-detached' })",
      { code: "INVALID_REQUEST", path: "items.0.content" },
    ],
    ["no items", "api.sign({ items: [], format: 'cms-detached' })", { code: "INVALID_REQUEST", path: "items" }],
    [
      "an unknown format",
      "api.sign({ items: [{ name: 'a', content: new Blob(['a']) }], format: 'pdf' })",
      { code: "INVALID_REQUEST", path: "format" },
    ],
    ["options for status", "api.status({ who: true })", { code: "INVALID_REQUEST", path: "who" }],
  ])("%s", async (_what, expression, outcome) => {
    expect(await call(expression)).toEqual(outcome);
  });

  test("a signal that was aborted before, and one that is aborted while the person reads", async () => {
    expect(await call(`api.login({ nonce: '${zeros(32)}', signal: AbortSignal.abort() })`)).toEqual({
      code: "CANCELLED",
    });
    const outcome = call(
      `(() => { const c = new AbortController(); window.giveUp = () => c.abort(); return api.login({ nonce: '${zeros(32)}', signal: c.signal }); })()`,
    );
    const approval = await approvalOf(stage.browser);
    await site.page.evaluate("window.giveUp()");
    expect(await outcome).toEqual({ code: "CANCELLED" });
    await approval.gone();
  });
});

describe("limits, at and one beyond", () => {
  test("a message of 256 KiB", async () => {
    const frame = JSON.stringify({ nonce: "" }).length;
    const full = limits.pageMessageLen - frame;
    expect(await call(`api.login({ nonce: 'A'.repeat(${full}) })`)).toEqual({ code: "INVALID_REQUEST", path: "nonce" });
    expect(await call(`api.login({ nonce: 'A'.repeat(${full + 1}) })`)).toEqual({
      code: "TOO_LARGE",
      limit: limits.pageMessageLen,
    });
    // Bytes count, not letters.
    expect(await call(`api.login({ nonce: '字'.repeat(${Math.floor(full / 3) + 1}) })`)).toMatchObject({
      code: "TOO_LARGE",
    });
  });

  test("a nonce of 32 to 64 bytes", async () => {
    for (const len of [limits.nonceMinLen - 1, limits.nonceMaxLen + 1]) {
      expect(await call(`api.login({ nonce: '${zeros(len)}' })`)).toEqual({ code: "INVALID_REQUEST", path: "nonce" });
    }
    for (const len of [limits.nonceMinLen, limits.nonceMaxLen]) {
      expect(await declined(`api.login({ nonce: '${zeros(len)}' })`)).toEqual({ code: "USER_DECLINED" });
    }
  });

  test("ten minutes for the person", async () => {
    for (const ms of [0, limits.consentMaxMs + 1, 1.5]) {
      expect(await call(`api.login({ nonce: '${zeros(32)}', timeoutMs: ${ms} })`)).toEqual({
        code: "INVALID_REQUEST",
        path: "timeoutMs",
      });
    }
    expect(await declined(`api.login({ nonce: '${zeros(32)}', timeoutMs: ${limits.consentMaxMs} })`)).toEqual({
      code: "USER_DECLINED",
    });
  });

  test("names of 255 bytes, a hundred items", async () => {
    const sign = (names: string) =>
      `api.sign({ items: ${names}.map((name) => ({ name, content: new Blob(['a']) })), format: 'cms-detached' })`;
    expect(await call(sign("['字'.repeat(85) + 'a']"))).toEqual({ code: "INVALID_REQUEST", path: "items.0.name" });
    expect(await call(sign(`Array(${limits.signItems + 1}).fill('a')`))).toEqual({
      code: "INVALID_REQUEST",
      path: "items",
    });
    expect(await declined(sign(`Array(${limits.signItems}).fill('字'.repeat(85))`))).toEqual({ code: "USER_DECLINED" });
  });

  test("a credential of 8 KiB", async () => {
    const save = (len: number) => call(`api.saveRegistration({ credential: '${zeros(len)}' })`);
    expect(await save(limits.credentialLen)).toEqual({ code: "CREDENTIAL_NOT_OF_THIS_BIDDER" });
    expect(await save(limits.credentialLen + 1)).toEqual({ code: "INVALID_REQUEST", path: "credential" });
  });

  test("one request of a document and three of an origin at once, ten a minute", async () => {
    const { origin } = stage.demo.platforms.b;
    const login = (onProgress: string) =>
      `(() => { const c = new AbortController(); const onProgress = () => { ${onProgress} }; ` +
      `return api.login({ nonce: '${zeros(32)}', signal: c.signal, onProgress }); })()`;
    const tooMany = (limit: number) => ({ code: "TOO_MANY_REQUESTS", limit });
    const sites: Site[] = [];
    const outcomes: Promise<Outcome>[] = [];
    for (let n = 0; n < limits.pendingPerOrigin; n++) {
      const asking = await openSite(stage.browser, origin);
      sites.push(asking);
      outcomes.push(call(login("window.giveUp = () => c.abort();"), asking));
      await expect.poll(() => asking.page.evaluate("typeof window.giveUp")).toBe("function");
    }
    const [first, another] = [sites[0], await openSite(stage.browser, origin)];
    expect(await call(login(""), first)).toEqual(tooMany(limits.pendingPerDocument));
    expect(await call(login(""), another)).toEqual(tooMany(limits.pendingPerOrigin));
    for (const { page } of sites) await page.evaluate("window.giveUp()");
    expect(await Promise.all(outcomes)).toEqual(sites.map(() => ({ code: "CANCELLED" })));
    for (let n = limits.pendingPerOrigin; n < limits.requestsPerMinuteAndOrigin; n++) {
      expect(await call(login("c.abort();"), another)).toEqual({ code: "CANCELLED" });
    }
    expect(await call(login("c.abort();"), another)).toEqual(tooMany(limits.requestsPerMinuteAndOrigin));
    await Promise.all([...sites, another].map(({ page }) => page.close()));
  });

  test("two wrong PINs of an origin in an hour: after them none is taken for it", async () => {
    const outcome = call(`api.login({ nonce: '${zeros(32)}' })`);
    const approval = await approvalOf(stage.browser);
    await approval.accept("000000");
    await says(approval.page, "PIN码错误，还剩");
    await approval.accept("000000");
    await says(approval.page, "已暂停为此网站输入PIN码");
    expect(await approval.page.$("#pin")).toBeNull();
    await approval.page.close();
    expect(await outcome).toEqual({ code: "USER_DECLINED" });
  });
});
