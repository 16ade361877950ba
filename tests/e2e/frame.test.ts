import {
  appears,
  approvalOf,
  BIDDER,
  bringToFront,
  openSite,
  openStage,
  type Site,
  type Stage,
} from "@certbridge/demo/walk";
import { loadGm } from "@certbridge/gm/node";
import { openPackage, verifyPackage, verifyPayload } from "@certbridge/bid";
import { verifySignedData } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import type { ElementHandle } from "puppeteer";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

/**
 * Chromium before 148: messages of the extension travel as JSON, and contents go through a frame inside the page. The same build
 * with the one switch of its manifest turned off makes a younger Chromium behave so.
 */

const { name, uscc, pin } = BIDDER;
const EXTENSION = resolve("build/e2e/frame-extension");
let stage: Stage;
let site: Site;

beforeAll(async () => {
  await rm(EXTENSION, { recursive: true, force: true });
  await cp("build/extension-demo/chrome-mv3", EXTENSION, { recursive: true });
  const path = join(EXTENSION, "manifest.json");
  const { message_serialization, ...manifest } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
  expect(message_serialization).toBe("structured_clone");
  await writeFile(path, JSON.stringify(manifest));
  stage = await openStage({ folder: "build/e2e/frame", extension: EXTENSION, knowsNoPolicy: true });
  const issue = (request: Uint8Array) =>
    Promise.resolve(stage.demo.authorities.jiangnan.issue(request, { name, uscc }));
  await stage.desk.obtainCertificates({ name, pin, issue });
  site = await openSite(stage.browser, stage.demo.platforms.a.origin);
});

afterAll(() => stage.close());
beforeEach(() => bringToFront(site.page));

type Outcome = { readonly results: readonly { readonly cms?: string }[] } | { readonly code: string };

/** Asks for signatures over contents of these lengths; what the page does meanwhile stands in `meanwhile`, to be evaluated. */
function sign(lens: readonly number[], format: string, meanwhile = ""): Promise<Outcome> {
  return site.page.evaluate(
    `(async () => {
      const items = ${JSON.stringify(lens)}.map((len, at) => ({ name: "附件" + at, content: new Blob([new Uint8Array(len).fill(at + 1)]) }));
      const asked = window.sharedCertificate.sign({ items, format: ${JSON.stringify(format)} });
      ${meanwhile};
      return asked.catch(({ code }) => ({ code }));
    })()`,
  ) as Promise<Outcome>;
}

const resultsOf = (outcome: Outcome) => ("results" in outcome ? outcome.results : []);
const framesOf = () => site.page.frames().length;

test("contents are signed, detached and attached, and the frame goes with the answer", async () => {
  const gm = await loadGm();
  for (const format of ["cms-detached", "cms-attached"]) {
    await bringToFront(site.page);
    const asked = sign([0, 70_000, 5_000_000], format);
    await (await approvalOf(stage.browser)).accept(pin);
    const results = resultsOf(await asked);
    for (const [at, len] of [0, 70_000, 5_000_000].entries()) {
      const outside = format === "cms-detached" ? { content: new Uint8Array(len).fill(at + 1) } : {};
      const cms = new Uint8Array(Buffer.from(results[at]?.cms ?? "", "base64url"));
      expect(verifySignedData(gm, cms, { contentType: GM_DATA, ...outside }).content?.length ?? len).toBe(len);
    }
    await expect.poll(framesOf).toBe(1);
  }
});

test("the service worker dies while the frame reads: nothing is read anew, nothing is lost", async () => {
  const asked = sign([96 * 1024 * 1024], "cms-detached");
  await expect.poll(framesOf).toBe(2);
  await stage.browser.killWorker();
  await (await approvalOf(stage.browser)).accept(pin);
  expect(resultsOf(await asked)[0]?.cms).toBeTypeOf("string");
});

test("a page that removes the frame ends its own request, by a code", async () => {
  const removal = `const timer = setInterval(() => {
    const place = [...document.documentElement.children].find((child) => child.tagName === "DIV");
    if (place) { place.remove(); clearInterval(timer); }
  }, 1)`;
  expect(await sign([200 * 1024 * 1024], "cms-detached", removal)).toEqual({ code: "INTERRUPTED" });
});

test("a page gets no hold of the frame, to lead it elsewhere or to speak to it", async () => {
  const look = `const { frames } = window;
  window.reached = [];
  const timer = setInterval(() => {
    const places = [...document.documentElement.children].filter((child) => child.tagName === "DIV");
    for (const place of places) window.reached.push([frames.length, place.shadowRoot, place.childNodes.length]);
  }, 5);
  asked.finally(() => clearInterval(timer))`;
  const asked = sign([5_000_000], "cms-detached", look);
  await (await approvalOf(stage.browser)).accept(pin);
  expect(resultsOf(await asked)[0]?.cms).toBeTypeOf("string");
  const reached = (await site.page.evaluate("window.reached")) as readonly unknown[];
  expect(reached.length).toBeGreaterThan(0);
  expect(new Set(reached.map((each) => JSON.stringify(each)))).toEqual(new Set(["[0,null,0]"]));
});

test("a page that embeds the frame itself and talks to it gets nothing and changes nothing", async () => {
  // Its address changes with each session; a page that found it out is no further.
  const worker = await stage.browser.worker();
  const address = (await worker.evaluate("chrome.runtime.getURL('frame.html')")) as string;
  expect(address).not.toBe(stage.browser.extensionUrl("frame.html"));
  const heard = await site.page.evaluate(async (src) => {
    const messages: unknown[] = [];
    addEventListener("message", (event) => messages.push(event.data));
    const frame = document.createElement("iframe");
    frame.src = src;
    document.body.append(frame);
    await new Promise((loaded) => frame.addEventListener("load", loaded));
    const guess = "A".repeat(22);
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", ({ data }: MessageEvent<unknown>) => messages.push({ kept: data }));
    port1.start();
    const contents = [new Blob(["forged"])];
    const say = (message: object, ports: Transferable[] = []) => frame.contentWindow?.postMessage(message, "*", ports);
    say({ v: 1, kind: "frame-content", id: guess, contents }, [port2]);
    say({ v: 1, kind: "workshop", place: "frame", verb: "read", params: { id: guess } });
    say({ v: 1, kind: "surface", verb: "accept", params: { id: guess, key: null } });
    await new Promise((done) => setTimeout(done, 500));
    frame.remove();
    return messages;
  }, address);
  // Bytes of its own lie in a frame of its own, and that is all.
  expect(heard).toEqual([{ kept: true }]);
  const asked = sign([10], "cms-detached");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(resultsOf(await asked)[0]?.cms).toBeTypeOf("string");
});

describe("a bid", () => {
  type Encrypted = {
    readonly packageId: string;
    readonly name: string;
    readonly bytes: string;
    readonly again: string;
  };

  const notice = () => {
    const plan = { projectCode: "JN-2026-0502", projectName: "滨河大道改造工程", lot: "三标段" };
    const openingAt = Date.now() + 3600_000;
    const { lots } = stage.demo.platforms.a.admin.bidding;
    return encodeBase64Url(lots.announce({ id: "frame", ...plan, openingAt }).newest.der);
  };

  /** Has the page encrypt; its package, and whether `jobs` gives the same. */
  const encrypt = (files: string): Promise<Encrypted> =>
    site.page.evaluate(
      `(async () => {
        const api = window.sharedCertificate;
        const textOf = async (file) => {
          let letters = "";
          for (const byte of new Uint8Array(await file.arrayBuffer())) letters += String.fromCharCode(byte);
          return btoa(letters);
        };
        const made = await api.encrypt({ notice: ${JSON.stringify(notice())}, ${files} });
        const found = (await api.jobs()).at(-1);
        const same = found.packageId === made.packageId && (await textOf(found.package)) === (await textOf(made.package));
        const { packageId, package: file } = made;
        window.lastMade = file;
        return { packageId, name: file.name, bytes: await textOf(file), again: same ? found.package.name : "another" };
      })()`,
    ) as Promise<Encrypted>;

  async function expectWhole({ packageId, name: file, bytes, again }: Encrypted): Promise<void> {
    const gm = await loadGm();
    const whole = Buffer.from(bytes, "base64");
    const read = (at: number, len: number) => Promise.resolve(new Uint8Array(whole.subarray(at, at + len)));
    const opened = await openPackage({ gm, crc32, source: { size: whole.length, read } });
    verifyPackage(gm, opened);
    expect(opened.header.packageId).toBe(packageId);
    await verifyPayload({ gm, crc32, opened });
    expect([file, again]).toEqual([`${packageId}.cbid`, `${packageId}.cbid`]);
    await expect.poll(framesOf).toBe(1);
  }

  test("of the page's own files: the frame hands them over, and the package comes back through it", async () => {
    const encrypted = encrypt(
      `files: [new File(["报价"], "报价.xlsx"), new File([new Uint8Array(70_000)], "标书.pdf")]`,
    );
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, ".recipients");
    await expect.poll(() => approval.text()).toContain("报价.xlsx");
    await approval.accept(pin);
    await expectWhole(await encrypted);
    await approval.page.close();
  });

  test("is opened for the bidder's own use: the frame hands it over, and the page hears how many files there were", async () => {
    await bringToFront(site.page);
    const asked = site.page.evaluate("sharedCertificate.decrypt({ package: window.lastMade })");
    const approval = await approvalOf(stage.browser);
    expect(await approval.text()).toContain("滨河大道改造工程");
    await approval.accept(pin);
    expect(await asked).toMatchObject({ files: 2 });
    await expect.poll(() => approval.text()).toContain("报价.xlsx");
    await expect.poll(framesOf).toBe(1);
    await approval.page.close();
  });

  test("of files that the person picked in the extension's window", async () => {
    const encrypted = encrypt("");
    const approval = await approvalOf(stage.browser);
    await appears(approval.page, "#bid-files");
    const path = join(EXTENSION, "..", "frame-bid.txt");
    await writeFile(path, "投标");
    await ((await approval.page.$("#bid-files")) as ElementHandle<HTMLInputElement>).uploadFile(path);
    await appears(approval.page, ".recipients");
    await approval.accept(pin);
    await expectWhole(await encrypted);
    await approval.page.close();
  });
});
