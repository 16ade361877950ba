import { approvalOf, BIDDER, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestStates, type RequestState } from "../../extension/background/states.ts";

/** One answer or one clear error, nothing asked twice but an unanswered PIN, nothing lost: whatever ends, and whenever. */

const { name, uscc, pin } = BIDDER;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/survival" });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  for (const platform of Object.values(stage.demo.platforms)) {
    platform.admin.addAccount({ uscc, name });
  }
});

afterAll(() => stage.close());

/** Ends the service worker at the moment when a request is in that state, as a page of the extension sees it. */
async function killIn(state: RequestState, act: () => Promise<unknown>, withinMs = 20_000): Promise<void> {
  const watcher = await stage.browser.open(stage.browser.extensionUrl("welcome.html"));
  const reached = watcher.evaluate(
    async (wanted, ms) => {
      const { chrome } = globalThis as unknown as {
        chrome: { storage: { session: { get(keys: null): Promise<Record<string, { state?: string }>> } } };
      };
      const read = () => chrome.storage.session.get(null);
      // Answers of earlier requests may lie there still.
      const earlier = new Set(
        Object.entries(await read()).flatMap(([key, { state }]) => (state === "answered" ? [key] : [])),
      );
      for (const until = Date.now() + ms; Date.now() < until;) {
        const entries = Object.entries(await read());
        if (entries.some(([key, entry]) => !earlier.has(key) && entry?.state === wanted)) return true;
      }
      return false;
    },
    state,
    withinMs,
  );
  await act();
  expect(await reached, `a request in state ${state}`).toBe(true);
  await stage.browser.killWorker();
  await watcher.close();
}

async function open(index: 0 | 1): Promise<Site> {
  const site = await openSite(stage.browser, stage.demo.platforms[index === 0 ? "a" : "b"].origin);
  await site.logOut();
  return site;
}

/** Ten requests a minute are one origin's share: the two halves of this file use one platform each. */
const openA = () => open(0);
const openB = () => open(1);

const loginsOfA = () => stage.demo.platforms.a.admin.log.filter(({ what }) => what === "login").length;

describe("the service worker is killed in every state of a request", () => {
  /** What the person sees in each state; the keys are the state list, so that a new state asks for its own test. */
  const stories: { readonly [S in RequestState]: () => Promise<void> } = {
    async received() {
      const site = await openA();
      // It lasts a moment only: where it was over before it was seen, the worker dies early in the next one.
      await killIn("received", () => site.click("login"), 2000).catch(() => stage.browser.killWorker());
      await (await approvalOf(stage.browser)).accept(pin);
      expect(await site.outcome()).toBe("done");
      await site.page.close();
    },
    async reading() {
      const site = await openA();
      await site.click("login");
      await (await approvalOf(stage.browser)).accept(pin);
      await site.outcome();
      const result = site.page.evaluate(async () => {
        const { sharedCertificate } = window as unknown as {
          sharedCertificate: { sign(options: object): Promise<{ results: object[] }> };
        };
        const content = new Blob([new Uint8Array(96 * 1024 * 1024)]);
        const { results } = await sharedCertificate.sign({
          items: [{ name: "标书.bin", content }],
          format: "cms-detached",
        });
        return Object.keys(results[0] ?? {});
      });
      await killIn("reading", () => Promise.resolve());
      await (await approvalOf(stage.browser)).accept(pin);
      expect(await result).toEqual(["name", "cms"]);
      await site.page.close();
    },
    async asking() {
      const site = await openA();
      await killIn("asking", () => site.click("login"));
      const approval = await approvalOf(stage.browser);
      await approval.accept(pin);
      expect(await site.outcome()).toBe("done");
      await site.page.close();
    },
    async working() {
      const site = await openA();
      const before = loginsOfA();
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await killIn("working", () => approval.accept(pin));
      expect(await site.outcome()).toBe("INTERRUPTED");
      expect(loginsOfA()).toBe(before);
      await site.page.close();
    },
    async answered() {
      const site = await openA();
      const before = loginsOfA();
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await killIn("answered", () => approval.accept(pin));
      expect(await site.outcome()).toBe("done");
      expect(loginsOfA()).toBe(before + 1);
      await site.page.close();
    },
  };

  test("there is a story for each of the five states", () => {
    expect(Object.keys(stories)).toEqual([...requestStates]);
    expect(requestStates).toHaveLength(5);
  });

  test.each(requestStates)("%s", (state) => stories[state]());
});

describe("something else ends", () => {
  test("the person closes the window: the site learns that they declined, and nothing else", async () => {
    const site = await openB();
    await site.click("login");
    await (await approvalOf(stage.browser)).page.close();
    expect(await site.outcome()).toBe("USER_DECLINED");
    await site.page.close();
  });

  test("the person declines", async () => {
    const site = await openB();
    await site.click("login");
    await (await approvalOf(stage.browser)).decline();
    expect(await site.outcome()).toBe("USER_DECLINED");
    await site.page.close();
  });

  test("the tab is closed: the window goes with it", async () => {
    const site = await openB();
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await site.page.close();
    await approval.gone();
  });

  test("the companion program is killed while the person reads: the next answer starts it again", async () => {
    const site = await openB();
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    execFileSync("pkill", ["-KILL", "-f", stage.desk.home]);
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("a wrong PIN is told to the person, not to the site, and the right one goes on", async () => {
    const site = await openB();
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await approval.accept("000000");
    await approval.page.waitForFunction(() => document.querySelector("#pin-problem")?.textContent !== "");
    expect(await approval.text()).toContain("还剩");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("two platforms ask at once: two windows, two answers", async () => {
    const { a: first, b: second } = stage.demo.platforms;
    const a = await openA();
    const b = await openB();
    await a.click("login");
    const approvalA = await approvalOf(stage.browser);
    await b.click("login");
    const approvalB = await approvalOf(stage.browser);
    expect(await approvalB.text()).toContain(second.name);
    await approvalB.accept(pin);
    expect(await b.outcome()).toBe("done");
    expect(await approvalA.text()).toContain(first.name);
    await approvalA.accept(pin);
    expect(await a.outcome()).toBe("done");
    await Promise.all([a.page.close(), b.page.close()]);
  });
});
