/** What a renderer that was taken over can say: it speaks to the background from the relay's own world. */
import { approvalOf } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import type { Page } from "puppeteer";
import { expect } from "vitest";
import type { Scene, Stories } from "../scene.ts";

/** Evaluates in the relay's isolated world. */
async function asRelay(page: Page, expression: string): Promise<unknown> {
  const session = await page.createCDPSession();
  let world: number | undefined;
  session.on("Runtime.executionContextCreated", ({ context }) => {
    if (context.origin === `chrome-extension://${CHROMIUM_EXTENSION_ID}`) world = context.id;
  });
  await session.send("Runtime.enable");
  if (world === undefined) throw new Error("no relay in this page");
  const evaluated = await session.send("Runtime.evaluate", {
    expression,
    contextId: world,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return evaluated.result.value;
}

/** Sends the background messages; gives each answer's code, "ok", or "none". */
async function sayAsRelay(page: Page, messages: readonly object[]): Promise<readonly string[]> {
  const said = `Promise.all(${JSON.stringify(messages)}.map((message) => chrome.runtime.sendMessage(message).then(
    (answer) => answer === undefined || answer === null ? "none" : answer.ok ? "ok" : answer.error?.code ?? String(answer),
    () => "none",
  )))`;
  return (await asRelay(page, said)) as readonly string[];
}

/** Everything that the extension keeps, or why it is not given. */
async function readAsRelay(page: Page, area: string): Promise<string> {
  return String(await asRelay(page, `chrome.storage.${area}.get(null).then(JSON.stringify, ({ message }) => message)`));
}

const NONCE = "A".repeat(43);
const id = (letter: string) => letter.repeat(21) + "A";
const request = { v: 1, kind: "request", id: id("R"), operation: "login", params: { nonce: NONCE } };

async function askingId(scene: Scene): Promise<string> {
  const approval = await scene.stage.browser.browser.waitForTarget((target) =>
    target.url().includes("approval.html?id="),
  );
  return new URL(approval.url()).searchParams.get("id") ?? "";
}

export const relay: Stories = {
  async "relay-forged"(scene, attack) {
    const page = await scene.open(attack);
    await scene.said(attack);
    const other = "https://bid-b.demo.test";
    const refused = await sayAsRelay(page, [
      { ...request, params: { nonce: NONCE, origin: other } },
      { ...request, operation: "status", params: { origin: other } },
      { v: 1, kind: "surface", verb: "accept", params: { id: id("R"), hash: "0".repeat(64), key: null } },
      { v: 1, kind: "surface", verb: "approval", params: { id: id("R") } },
      { v: 1, kind: "surface", verb: "popup", params: { tabId: 1, url: other } },
      { v: 1, kind: "surface", verb: "resumePin", params: { origin: other } },
      { v: 1, kind: "surface", verb: "addSite", params: { origin: "https://phish.demo.test" } },
      { v: 1, kind: "surface", verb: "options", params: {} },
    ]);
    expect(refused).toEqual(["INVALID_REQUEST", "INVALID_REQUEST", ...Array<string>(6).fill("SITE_NOT_ALLOWED")]);
    const unheard = await sayAsRelay(page, [
      { ...request, origin: other },
      { ...request, id: "short" },
      { ...request, operation: "accept" },
      { ...request, v: 2 },
      { v: 1, kind: "cancel", id: id("R"), origin: other },
      { v: 1, kind: "workshop", place: "own", verb: "read", params: { id: id("R"), items: [], attach: true } },
      { v: 1, kind: "workshop", place: "own", verb: "release", params: { id: id("R") } },
      { v: 1, kind: "workshop-progress", id: id("R"), done: 1, total: 1 },
      { v: 1, kind: "surface-change", ended: id("R") },
      { v: 1, id: id("R"), operation: "keys", params: {} },
    ]);
    expect(unheard).toEqual(Array<string>(10).fill("none"));
    for (const area of ["local", "session"]) expect(await readAsRelay(page, area)).toContain("not allowed");
  },

  async "relay-foreign-id"(scene, attack) {
    await scene.open(attack);
    const asked = await askingId(scene);
    const other = await scene.open(attack, "?other");
    const stolen = { ...request, id: asked };
    expect(
      await sayAsRelay(other, [stolen, { v: 1, kind: "cancel", id: asked }, { v: 1, kind: "done", id: asked }]),
    ).toEqual(["INVALID_REQUEST", "none", "none"]);
    await other.close();
    await (await approvalOf(scene.stage.browser)).decline();
    expect(await scene.said(attack)).toEqual({ code: "USER_DECLINED" });
  },

  async "relay-resend-flood"(scene, attack) {
    const page = await scene.open(attack);
    await scene.said(attack);
    const answers = await sayAsRelay(
      page,
      Array.from({ length: 500 }, () => request),
    );
    // The real relay waits for no such request, and says so when the background looks.
    expect(new Set(answers)).toEqual(new Set(["CANCELLED"]));
  },
};
