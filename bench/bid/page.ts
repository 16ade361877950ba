/** The workshop's page in a headless browser, with files picked from the disk. What takes long is begun there and asked for. */
import { type Browser } from "puppeteer";
import { bidFormats } from "@certbridge/protocol/bid";
import { signData } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { randomBytes } from "node:crypto";
import { gm, party } from "../../tests/support/authority.ts";
import { type Firefox } from "../../tests/support/marionette.ts";
import { launchChromium, launchFirefox } from "../crypto/browsers.ts";
import type { Engine } from "../figure.ts";

const ASK_MS = 20;

export interface BidPage {
  /** What a call of the page's own functions gives, however long it takes. */
  call<T>(script: string): Promise<T>;
  /** The browser's first process. */
  readonly pid: number;
  close(): Promise<void>;
}

/** Runs a script that ends at once. */
type Run = (script: string) => Promise<unknown>;

/** The answer is left in the document: a driver's scripts do not share their globals in every browser. */
async function callWith<T>(run: Run, script: string): Promise<T> {
  await run(`(() => {
    const { dataset } = document.documentElement;
    const say = (said) => (dataset.said = JSON.stringify(said));
    delete dataset.said;
    Promise.resolve(${script}).then((value) => say({ value: value ?? null }), (error) => say({ error: String(error) }));
    return true;
  })()`);
  for (;;) {
    const text = (await run("document.documentElement.dataset.said ?? null")) as string | null;
    const said = text === null ? null : (JSON.parse(text) as { value: T } | { error: string });
    if (said !== null && "error" in said) throw new Error(said.error);
    if (said !== null) return said.value;
    await new Promise((wait) => setTimeout(wait, ASK_MS));
  }
}

async function inChromium(browser: Browser, address: string, path: string): Promise<Run> {
  const page = await browser.newPage();
  await page.goto(address);
  const input = await page.waitForSelector("input");
  await (input as unknown as { uploadFile(path: string): Promise<void> }).uploadFile(path);
  return (script) => page.evaluate(script);
}

async function inFirefox(firefox: Firefox, address: string, path: string): Promise<Run> {
  await firefox.open(address);
  await firefox.pick("input", path);
  return (script) => firefox.read(`return ${script}`);
}

/** @param path of the file that is picked */
export async function openBidPage(engine: Exclude<Engine, "node">, address: string, path: string): Promise<BidPage> {
  if (engine === "chromium") {
    const { browser, close } = await launchChromium();
    const run = await inChromium(browser, address, path);
    return { call: (script) => callWith(run, script), pid: browser.process()?.pid ?? 0, close };
  }
  const { firefox, close } = await launchFirefox();
  const run = await inFirefox(firefox, address, path);
  return { call: (script) => callWith(run, script), pid: firefox.pid, close };
}

const bidder = party("投标人", null, { keyUsage: ["digitalSignature", "keyEncipherment"] });

/** Milliseconds. */
export interface Encrypted {
  /** From the first byte read to the last one written. */
  readonly writeMs: number;
  /** Until all that was written has been opened again. */
  readonly trialMs: number;
}

async function mustWork<T>(page: BidPage, script: string): Promise<T> {
  const done = await page.call<T | { readonly code: string }>(script);
  if (typeof done === "object" && done !== null && "code" in done) throw new Error(`the page did not: ${done.code}`);
  return done;
}

/** Encrypts what was picked, opens it for a trial, and drops it. */
export async function encryptOnce(page: BidPage): Promise<Encrypted> {
  const id = encodeBase64Url(randomBytes(16));
  const certificate = encodeBase64Url(bidder.certificate.der);
  const header = {
    format: bidFormats.standard,
    platformId: "bench",
    projectCode: "1",
    projectName: "bench",
    lot: "1",
    openingTime: "2030-01-01T00:00:00Z",
    signingCertificateSm3: encodeBase64Url(gm.sm3(bidder.certificate.der)),
  };
  await page.call(`begin(${JSON.stringify({ id, header, recipients: [certificate] })})`);
  const { ms: writeMs, trailer } = await mustWork<{ ms: number; trailer: string }>(page, `write("${id}")`);
  const signature = signData(gm, {
    contentType: BID_TRAILER,
    content: decodeBase64Url(trailer),
    detached: true,
    signedAt: new Date(),
    certificate: bidder.certificate,
    privateKey: bidder.privateKey,
  });
  const { ms: trialMs } = await mustWork<{ ms: number }>(page, `finish("${id}", "${encodeBase64Url(signature)}")`);
  await page.call(`close("${id}").then(() => drop("${id}"))`);
  return { writeMs, trialMs };
}
