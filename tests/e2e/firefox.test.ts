import {
  appears,
  approvalOf,
  BIDDER,
  type FirefoxBrowser,
  openFirefoxStage,
  openSite,
  photograph,
  says,
  type Site,
  type Stage,
  type WalkPage,
  bringToFront,
} from "@certbridge/demo/walk";
import { mainStory } from "@certbridge/demo/stories";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requestStates, type RequestState } from "../../extension/background/states.ts";
import { isAtKeys, signalPrograms } from "../support/running.ts";
import { whileKeysAreKept } from "../support/screens/keys.ts";

/** The same bidder in Debian's Firefox: one source, the same stories, and a background that the browser ends whenever it is quiet. */

const { name, uscc, pin } = BIDDER;

test("a bidder registers once and is at home on two platforms", async () => {
  const stage = await openFirefoxStage({ folder: "build/e2e/firefox-main" });
  const told: string[] = [];
  try {
    await mainStory(stage, (line) => told.push(line), null);
    expect(told).toHaveLength(11);
  } finally {
    await stage.close();
  }
});

/** The event page is ended after this much quiet: much sooner than a person's Firefox does, so that it happens in every story. */
const IDLE_MS = 2000;

let stage: Stage<FirefoxBrowser>;

beforeAll(async () => {
  stage = await openFirefoxStage({
    folder: "build/e2e/firefox",
    extension: "build/extension/firefox-mv3",
    host: false,
    idleMs: IDLE_MS,
  });
  for (const platform of Object.values(stage.demo.platforms)) platform.admin.addAccount({ uscc, name });
});

afterAll(() => stage.close());

/** As a person does it: types the address in the options page, and allows the host where Firefox asks. */
async function addSite(origin: string, asks: "Firefox asks" | "nobody asks"): Promise<void> {
  const options = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  await appears(options, "form input");
  await options.type("form input", origin);
  await options.click("form button[type=submit]");
  if (asks === "Firefox asks") await stage.browser.allow();
  await says(options, "已添加");
  await options.close();
}

async function open(which: "a" | "b"): Promise<Site<WalkPage>> {
  const site = await openSite(stage.browser, stage.demo.platforms[which].origin);
  await site.logOut();
  return site;
}

const loginsOf = (which: "a" | "b") =>
  stage.demo.platforms[which].admin.log.filter(({ what }) => what === "login").length;

/** What `status` gives a page: "ok", the code of its refusal, or that there is no such thing as the API. */
function statusOf(page: WalkPage): Promise<string> {
  return page.evaluate(() => {
    const { sharedCertificate } = window as { sharedCertificate?: { status(): Promise<object> } };
    return (
      sharedCertificate?.status().then(
        () => "ok",
        (error: { code: string }) => error.code,
      ) ?? "no API"
    );
  });
}

/** Asks for signatures over so many zeros, once as a Blob and once as bytes; gives the lengths of what came, or the codes. */
function signZeros({ page }: Site<WalkPage>, len: number, format: string): Promise<readonly (number | string)[]> {
  return page.evaluate(
    async (size, how) => {
      const { sharedCertificate } = window as unknown as {
        sharedCertificate: { sign(options: object): Promise<{ results: { cms?: string; error?: string }[] }> };
      };
      const items = [
        { name: "标书.bin", content: new Blob([new Uint8Array(size)]) },
        { name: "附件.bin", content: new Uint8Array(3) },
      ];
      const { results } = await sharedCertificate.sign({ items, format: how });
      return results.map(({ cms, error }) => (cms === undefined ? String(error) : Math.floor((cms.length * 3) / 4)));
    },
    len,
    format,
  );
}

describe("a bidder who starts with nothing installed", () => {
  test("adds the platform, and Firefox asks whether the extension may go there", async () => {
    const { origin } = stage.demo.platforms.a;
    const before = await stage.browser.open(`${origin}/`);
    expect(await statusOf(before)).toBe("no API");
    await before.close();
    await addSite(origin, "Firefox asks");
    const after = await stage.browser.open(`${origin}/`);
    expect(await statusOf(after)).toBe("ok");
    await after.close();
  });

  test("is told on the welcome page and in the window what is missing, sets it up, and goes on where they were", async () => {
    const welcome = await stage.browser.extensionPage("welcome.html");
    await says(welcome, "未检测到互认通程序");
    const site = await open("a");
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await says(approval.page, "未检测到互认通程序");
    await photograph(approval.page, stage.pictures, "host-missing");

    await stage.desk.install(stage.demo.registryPath);
    await says(approval.page, "没有可用的证书");
    await stage.desk.obtainCertificates({
      name,
      pin,
      issue: (request) => Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc })),
    });
    await appears(approval.page, "#pin");
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await approval.gone();
    await site.page.close();
    await says(welcome, "互认通程序正常");
    await welcome.close();
    const popup = await stage.browser.open(stage.browser.extensionUrl("popup.html"));
    await says(popup, "尾号");
    await popup.close();
  });

  test("has allowed a host, and still only the very origin that was added may ask", async () => {
    const { origin } = stage.demo.platforms.b;
    await addSite(`${origin}:8443`, "Firefox asks");
    const page = await stage.browser.open(`${origin}:8443/`);
    expect(await statusOf(page)).toBe("ok");
    await page.close();
    const other = await stage.browser.open(`${origin}/`);
    expect(await statusOf(other)).toBe("SITE_NOT_ALLOWED");
    await other.close();
    await addSite(origin, "nobody asks");
  });
});

/** Ends the event page as soon as a request is written down in that state, as a page of the extension sees it. */
async function endIn(state: RequestState, act: () => Promise<unknown>): Promise<void> {
  const watcher = await stage.browser.open(stage.browser.extensionUrl("options.html"));
  const reached = watcher.evaluate(
    (wanted) =>
      new Promise<boolean>((resolve) => {
        const { browser } = globalThis as unknown as {
          browser: {
            storage: {
              session: {
                onChanged: {
                  addListener(seen: (changes: Record<string, { newValue?: { state?: string } }>) => void): void;
                };
              };
            };
          };
        };
        browser.storage.session.onChanged.addListener((changes) => {
          if (Object.values(changes).some(({ newValue }) => newValue?.state === wanted)) resolve(true);
        });
        setTimeout(() => resolve(false), 20_000);
      }),
    state,
  );
  await act();
  expect(await reached, `a request in state ${state}`).toBe(true);
  await stage.browser.endEventPage();
  await watcher.close();
}

const MIB = 1024 * 1024;

/** Calls a verb, with one file of so many zeros where there are to be any; gives the length of what came in the place of a package, or the code. */
function callBid({ page }: Site<WalkPage>, verb: string, options: object, len: number): Promise<unknown> {
  return page.evaluate(
    async (name, given, size) => {
      type Given = { package?: File | null };
      const { sharedCertificate } = window as unknown as {
        sharedCertificate: Record<string, (options: object) => Promise<Given | Given[]>>;
      };
      const files = size === 0 ? {} : { files: [new File([new Uint8Array(size)], "标书.bin")] };
      const told = ({ package: file, ...rest }: Given) => ({ ...rest, packageLen: file?.size ?? null });
      try {
        const came = await sharedCertificate[name]?.({ ...given, ...files });
        return Array.isArray(came) ? came.map(told) : told(came ?? {});
      } catch (error) {
        return (error as { code: string }).code;
      }
    },
    verb,
    options,
    len,
  );
}

async function acceptBid(): Promise<void> {
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, ".recipients");
  await approval.accept(pin);
}

describe("the event page is ended in every state of a request", () => {
  /** What the person sees in each state; the keys are the state list, so that a new state asks for its own test. */
  const stories: { readonly [S in RequestState]: () => Promise<void> } = {
    async received() {
      const site = await open("a");
      await endIn("received", () => site.click("login"));
      await (await approvalOf(stage.browser)).accept(pin);
      expect(await site.outcome()).toBe("done");
      await site.page.close();
    },
    async reading() {
      const site = await open("a");
      let results: Promise<readonly (number | string)[]> = Promise.resolve([]);
      await endIn("reading", async () => {
        await bringToFront(site.page);
        results = signZeros(site, 48 * MIB, "cms-detached");
      });
      await (await approvalOf(stage.browser)).accept(pin);
      for (const len of await results) expect(len).toBeLessThan(5000);
      await site.page.close();
    },
    /** What was to be attached went with the event page: it is read once more. */
    async asking() {
      const site = await open("a");
      let results: Promise<readonly (number | string)[]> = Promise.resolve([]);
      await endIn("asking", async () => {
        await bringToFront(site.page);
        results = signZeros(site, 2 * MIB, "cms-attached");
      });
      await (await approvalOf(stage.browser)).accept(pin);
      const [blob, bytes] = await results;
      expect(blob).toBeGreaterThan(2 * MIB);
      expect(bytes).toBeLessThan(5000);
      await site.page.close();
    },
    async working() {
      const site = await open("b");
      const before = loginsOf("b");
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await whileKeysAreKept(stage, async () => {
        await endIn("working", () => approval.accept(pin));
        expect(await site.outcome()).toBe("INTERRUPTED");
      });
      expect(loginsOf("b")).toBe(before);
      await site.page.close();
    },
    async answered() {
      const site = await open("b");
      const before = loginsOf("b");
      await site.click("login");
      const approval = await approvalOf(stage.browser);
      await endIn("answered", () => approval.accept(pin));
      expect(await site.outcome()).toBe("done");
      expect(loginsOf("b")).toBe(before + 1);
      await site.page.close();
    },
  };

  test.each(requestStates)("%s", (state) => stories[state]());
});

describe("something else ends", () => {
  test("the event page, by itself, while the person takes their time: what they then agree to is done", async () => {
    const site = await open("b");
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, "#pin");
    const ends = await stage.browser.eventPageEnds();
    // With the program gone nothing holds the event page any more.
    expect(signalPrograms(stage.desk, "SIGKILL")).toBe(1);
    await expect.poll(() => stage.browser.eventPageEnds(), { timeout: 20_000 }).toBeGreaterThan(ends);
    await approval.accept(pin);
    expect(await site.outcome()).toBe("done");
    await site.page.close();
  });

  test("nothing, while a file is read: that is no quiet", async () => {
    const site = await open("b");
    await bringToFront(site.page);
    // Neither the program nor anything else but the reading holds it, for several times as long.
    expect(signalPrograms(stage.desk, "SIGKILL")).toBe(1);
    const results = signZeros(site, 256 * MIB, "cms-detached");
    const ends = await stage.browser.eventPageEnds();
    const approval = await approvalOf(stage.browser);
    expect(await stage.browser.eventPageEnds()).toBe(ends);
    await approval.decline();
    await expect(results).rejects.toThrow("USER_DECLINED");
    await site.page.close();
  });

  test("the extension's process, while the key works: one clear error, and no key is used", async () => {
    const site = await open("a");
    const before = loginsOf("a");
    await site.click("login");
    await whileKeysAreKept(stage, async () => {
      await (await approvalOf(stage.browser)).accept(pin);
      await expect.poll(() => isAtKeys(stage.desk), { timeout: 20_000 }).toBe(true);
      await stage.browser.killExtension();
      expect(await site.outcome()).toBe("INTERRUPTED");
    });
    expect(loginsOf("a")).toBe(before);
    await site.page.close();
  });

  test("the event page, while it encrypts: the job is lost; left alone it goes on for as long as that takes, and is found again", async () => {
    const { admin } = stage.demo.platforms.a;
    const plan = { projectCode: "JN-2026-0503", projectName: "滨河大道改造工程", lot: "四标段" };
    const { newest } = admin.bidding.lots.announce({ id: "firefox", ...plan, openingAt: Date.now() + 3600_000 });
    const site = await open("a");
    await bringToFront(site.page);
    const encrypt = () => callBid(site, "encrypt", { notice: encodeBase64Url(newest.der) }, 96 * MIB);

    let lost: Promise<unknown> = Promise.resolve();
    await endIn("working", async () => {
      await bringToFront(site.page);
      lost = encrypt();
      await acceptBid();
    });
    expect(await lost).toBe("INTERRUPTED");

    await bringToFront(site.page);
    const ends = await stage.browser.eventPageEnds();
    const made = encrypt();
    await acceptBid();
    const { packageLen } = (await made) as { packageLen: number };
    expect(packageLen).toBeGreaterThan(96 * MIB);
    expect(await stage.browser.eventPageEnds()).toBe(ends);
    expect(await callBid(site, "jobs", {}, 0)).toMatchObject([{ state: "lost" }, { state: "done", packageLen }]);

    await site.page.reload();
    expect(await callBid(site, "jobs", {}, 0)).toEqual([]);
    await bringToFront(site.page);
    const found = callBid(site, "jobs", { older: true }, 0);
    await (await approvalOf(stage.browser)).accept(null);
    expect(await found).toMatchObject([{ state: "lost" }, { state: "done", packageLen }]);
    await site.page.close();
  });

  test("the tab: the window goes with it", async () => {
    const site = await open("b");
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await site.page.close();
    await approval.gone();
  });

  test("the window: the site learns that the person declined, and nothing else", async () => {
    const site = await open("b");
    await site.click("login");
    await (await approvalOf(stage.browser)).page.close();
    expect(await site.outcome()).toBe("USER_DECLINED");
    await site.page.close();
  });

  test("the person's permission for the site: nothing is done for it, until they give it again with one click", async () => {
    const { origin } = stage.demo.platforms.b;
    const site = await open("b");
    const before = loginsOf("b");
    await site.click("login");
    const approval = await approvalOf(stage.browser);
    await stage.browser.withdraw(origin);
    await approval.accept(pin);
    await says(approval.page, "本网站不在互认平台名录中");
    await approval.page.close();
    expect(await site.outcome()).toBe("SITE_NOT_ALLOWED");
    expect(await statusOf(site.page)).toBe("SITE_NOT_ALLOWED");
    expect(loginsOf("b")).toBe(before);

    const options = await stage.browser.open(stage.browser.extensionUrl("options.html"));
    const grant = `button[aria-label="允许 ${origin}"]`;
    await appears(options, grant);
    await photograph(options, stage.pictures, "not-granted");
    await options.click(grant);
    await stage.browser.allow();
    await expect.poll(() => statusOf(site.page)).toBe("ok");
    await Promise.all([site.page.close(), options.close()]);
  });
});
