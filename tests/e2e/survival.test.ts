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
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { requestStates, type RequestState } from "../../extension/background/states.ts";
import { isAtKeys, signalPrograms } from "../support/running.ts";
import { whileKeysAreKept } from "../support/screens/keys.ts";

/** One answer or one clear error, nothing asked twice but an unanswered PIN, nothing lost: whatever ends, and whenever. */

const { name, uscc, pin } = BIDDER;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/survival", knowsNoPolicy: true });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  for (const platform of Object.values(stage.demo.platforms)) {
    platform.admin.addAccount({ uscc, name });
  }
});

afterAll(() => stage.close());

/** What a test that went wrong left open is not the next one's. */
afterEach(async () => {
  const pages = await stage.browser.browser.pages();
  const left = pages.filter((page) => page.url().includes("approval.html"));
  await Promise.all(left.map((page) => page.close().catch(() => undefined)));
});

/** Ends the service worker as soon as a request is written down in that state, as a page of the extension sees it. */
async function killIn(state: RequestState, act: () => Promise<unknown>): Promise<void> {
  const watcher = await stage.browser.open(stage.browser.extensionUrl("welcome.html"));
  const reached = watcher.evaluate(
    (wanted) =>
      new Promise<boolean>((resolve) => {
        const { chrome } = globalThis as unknown as {
          chrome: {
            storage: {
              session: {
                onChanged: {
                  addListener(seen: (changes: Record<string, { newValue?: { state?: string } }>) => void): void;
                };
              };
            };
          };
        };
        chrome.storage.session.onChanged.addListener((changes) => {
          if (Object.values(changes).some(({ newValue }) => newValue?.state === wanted)) resolve(true);
        });
        setTimeout(() => resolve(false), 20_000);
      }),
    state,
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

const loginsOf = (which: "a" | "b") =>
  stage.demo.platforms[which].admin.log.filter(({ what }) => what === "login").length;
const loginsOfA = () => loginsOf("a");

/** Asks for a signature over so many zeros; gives the keys of its one result. */
function signZeros({ page }: Site, len: number): Promise<readonly string[]> {
  return page.evaluate(async (size) => {
    const { sharedCertificate } = window as unknown as {
      sharedCertificate: { sign(options: object): Promise<{ results: object[] }> };
    };
    const items = [{ name: "标书.bin", content: new Blob([new Uint8Array(size)]) }];
    const { results } = await sharedCertificate.sign({ items, format: "cms-detached" });
    return Object.keys(results[0] ?? {});
  }, len);
}

/** Asks for a token over a challenge of nobody's; "ok", or the code of what came instead. */
async function askForToken({ page }: Site): Promise<string> {
  await bringToFront(page);
  return page.evaluate(() => {
    const { sharedCertificate } = window as unknown as { sharedCertificate: { login(o: object): Promise<object> } };
    return sharedCertificate.login({ nonce: "A".repeat(43) }).then(
      () => "ok",
      (error: { code: string }) => error.code,
    );
  });
}

describe("the service worker is killed in every state of a request", () => {
  /** What the person sees in each state; the keys are the state list, so that a new state asks for its own test. */
  const stories: { readonly [S in RequestState]: () => Promise<void> } = {
    async received() {
      const site = await openA();
      await killIn("received", () => site.click("login"));
      await (await approvalOf(stage.browser)).accept(pin);
      expect(await site.outcome()).toBe("done");
      await site.page.close();
    },
    async reading() {
      const site = await openA();
      await site.click("login");
      await (await approvalOf(stage.browser)).accept(pin);
      await site.outcome();
      let result: Promise<readonly string[]> = Promise.resolve([]);
      await killIn("reading", async () => {
        await bringToFront(site.page);
        result = signZeros(site, 96 * 1024 * 1024);
      });
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
      await whileKeysAreKept(stage, async () => {
        await killIn("working", () => approval.accept(pin));
        expect(await site.outcome()).toBe("INTERRUPTED");
      });
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

  test("and wakes again though a debugger looked at it when it was killed", async () => {
    const site = await openA();
    const target = stage.browser.browser.targets().find((one) => one.type() === "service_worker");
    const session = await target?.createCDPSession();
    expect(session).toBeDefined();
    await stage.browser.killWorker();
    const status = site.page.evaluate(() =>
      (window as unknown as { sharedCertificate: { status(): Promise<object> } }).sharedCertificate.status(),
    );
    expect(await status).toMatchObject({ carriers: ["software", "usb-key"] });
    await session?.detach();
    await site.page.close();
  });
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
    expect(signalPrograms(stage.desk, "SIGKILL")).toBe(1);
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("the companion program is killed while the key works: one clear error in the window and for the site", async () => {
    const site = await openB();
    const before = loginsOf("b");
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await whileKeysAreKept(stage, async () => {
      await approval.accept(pin);
      await expect.poll(() => isAtKeys(stage.desk), { timeout: 20_000 }).toBe(true);
      expect(signalPrograms(stage.desk, "SIGKILL")).toBe(1);
      expect(await site.outcome()).toBe("HOST_FAILED");
    });
    await says(approval.page, "互认通程序没有响应");
    expect(loginsOf("b")).toBe(before);
    await Promise.all([site.page.close(), approval.page.close()]);
  });

  test("the page is left in the same breath as it asks: no window stays, no key is used", async () => {
    const site = await openB();
    await bringToFront(site.page);
    await site.page.evaluate(() => {
      const { sharedCertificate } = window as unknown as { sharedCertificate: { login(o: object): Promise<unknown> } };
      sharedCertificate.login({ nonce: "A".repeat(43) }).catch(() => undefined);
      location.assign("/?elsewhere");
    });
    await site.page.waitForFunction(() => location.search === "?elsewhere");
    await expect
      .poll(() => stage.browser.browser.targets().some((target) => target.url().includes("approval.html")), {
        timeout: 10_000,
      })
      .toBe(false);
    await site.page.close();
  });

  test("a wrong PIN is told to the person, not to the site, and the right one goes on", async () => {
    const site = await openB();
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await approval.accept("000000");
    await says(approval.page, "PIN码错误，还剩");
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

  test("two tabs of one platform ask at once: each is answered by its own window", async () => {
    const [first, second] = [await openB(), await openB()];
    const ofFirst = askForToken(first);
    const approvalOfFirst = await approvalOf(stage.browser);
    const ofSecond = askForToken(second);
    const approvalOfSecond = await approvalOf(stage.browser);
    await approvalOfSecond.decline();
    expect(await ofSecond).toBe("USER_DECLINED");
    await approvalOfFirst.accept(pin);
    expect(await ofFirst).toBe("ok");
    await Promise.all([first.page.close(), second.page.close()]);
  });
});
