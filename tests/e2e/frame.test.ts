import { approvalOf, BIDDER, bringToFront, openSite, openStage, type Site, type Stage } from "@certbridge/demo/walk";
import { loadGm } from "@certbridge/gm/node";
import { verifySignedData } from "@certbridge/pki";
import { GM_DATA } from "@certbridge/protocol/content-types";
import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

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
  stage = await openStage({ folder: "build/e2e/frame", extension: EXTENSION });
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

test("a page that embeds the frame itself and talks to it gets nothing and changes nothing", async () => {
  const heard = await site.page.evaluate(
    async (id) => {
      const messages: unknown[] = [];
      addEventListener("message", (event) => messages.push(event.data));
      const frame = document.createElement("iframe");
      frame.src = `chrome-extension://${id}/frame.html`;
      document.body.append(frame);
      await new Promise((loaded) => frame.addEventListener("load", loaded));
      const guess = "A".repeat(22);
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", ({ data }: MessageEvent<unknown>) => messages.push({ kept: data }));
      port1.start();
      const contents = [new Blob(["forged"])];
      const say = (message: object, ports: Transferable[] = []) =>
        frame.contentWindow?.postMessage(message, "*", ports);
      say({ v: 1, kind: "frame-content", id: guess, contents }, [port2]);
      say({ v: 1, kind: "workshop", place: "frame", verb: "read", params: { id: guess } });
      say({ v: 1, kind: "surface", verb: "accept", params: { id: guess, key: null } });
      await new Promise((done) => setTimeout(done, 500));
      frame.remove();
      return messages;
    },
    new URL(stage.browser.extensionUrl("")).host,
  );
  // At most that bytes of its own lie in a frame of its own.
  expect(heard.every((message) => JSON.stringify(message) === '{"kept":true}')).toBe(true);
  const asked = sign([10], "cms-detached");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(resultsOf(await asked)[0]?.cms).toBeTypeOf("string");
});
