/**
 * A platform that takes part and wants a bidder's key before its time, or for itself: it has its own signing key and a time-stamping
 * authority in the registry, its pages call what they like, and a bidder with a key sits before the real browser and the real program.
 * Private-key calls, PINs that came, windows and file keys are counted from outside.
 */
import {
  approvalOf,
  type Approval,
  appears,
  BIDDER,
  bringToFront,
  openStage,
  says,
  type Stage,
} from "@certbridge/demo/walk";
import { type Party, gm } from "./authority.ts";
import { hexOf } from "@certbridge/pki";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { expect } from "vitest";
import { type Bidding, openBidding } from "./bidding.ts";
import { openAuthority } from "./host.ts";
import { preloadModule } from "./preload.ts";
import { signalPrograms } from "./running.ts";

/** What happened since it was asked last. */
export interface Counts {
  /** Calls of the bidder's keys. */
  readonly signs: number;
  readonly opens: number;
  /** PINs that came to the program. */
  readonly pins: number;
  readonly windows: number;
}

export interface HostilePlatform {
  readonly stage: Stage;
  readonly bidding: Bidding;
  /** The bidder's encryption certificate, DER: anybody has it who ever saw one of the bidder's envelopes. */
  readonly recipient: Uint8Array;
  /** A page of one of the two platforms, in front. */
  show(which: "a" | "b"): Promise<Page>;
  /** Calls a verb in the page: what came, or the code of its error with the rule or place that it names. */
  ask(page: Page, verb: string, options: object): Promise<Asked>;
  /** The window for the request that was made. */
  window(): Promise<Approval>;
  /** Saves the backup key file in the window of an encryption that is done, into the test's own folder; what the window shows once. */
  saveBackup(window: Page): Promise<string>;
  /** Counts since the last time; and the tries of the PIN are all there. */
  counts(): Counts;
  /** File keys of all key blocks that were opened so far, 32 bytes each. */
  fileKeys(): readonly Uint8Array[];
  close(): Promise<void>;
}

export interface Asked {
  readonly outcome: string;
  readonly result: Readonly<Record<string, string>> | null;
}

/** @param own a folder outside of the stage's: what the test writes down itself, secrets among it */
export async function openHostilePlatform(options: {
  readonly folder: string;
  readonly own: string;
  readonly pin: string;
}): Promise<HostilePlatform> {
  const { folder, own, pin } = options;
  const [log, keyLog] = [join(own, "calls.log"), join(own, "file-keys.log")];
  for (const file of [log, keyLog]) writeFileSync(file, "");
  const stage = await openStage({ folder, host: false, knowsNoPolicy: true });
  // The opening was half a minute ago: what is genuine can be released at once.
  const bidding = openBidding(openAuthority(), Math.floor(Date.now() / 1000) * 1000 - 30_000);
  const registry = join(own, "registry.json");
  writeFileSync(registry, JSON.stringify(withPlatform(stage, bidding)));
  await stage.desk.install(registry);
  preload(stage, log, keyLog);
  // The extension looks for a program as soon as there is one: that one counts nothing.
  signalPrograms(stage.desk, "SIGKILL");
  let recipient = new Uint8Array(0);
  await stage.desk.obtainCertificates({
    name: BIDDER.name,
    pin,
    issue(request) {
      const issued = stage.demo.authorities.jiangnan.issue(request, BIDDER);
      recipient = new Uint8Array(issued.encryption);
      return Promise.resolve(issued);
    },
  });

  const { browser } = stage.browser;
  const opened = new Set<string>();
  const note = (target: { type(): string; url(): string }) =>
    target.type() === "page" && target.url().includes("approval.html?id=") && opened.add(target.url());
  browser.on("targetcreated", note);
  browser.on("targetchanged", note);

  let before: Counts = { signs: 0, opens: 0, pins: 0, windows: 0 };
  function total(): Counts {
    const lines = readFileSync(log, "utf8").trim().split("\n");
    // A program that starts tries its cryptography and then proves who it is. What it opens first is a PIN: no key is open before.
    const [testSign, testOpen, identity] = lines;
    const pin = lines.find((line) => line.startsWith("open") && line !== testOpen);
    const count = (what: string) => lines.filter((line) => line.startsWith(what)).length;
    const among = (line = "") => lines.filter((one) => one === line).length;
    return {
      signs: count("sign") - among(testSign) - among(identity),
      opens: count("open") - among(testOpen) - (pin === undefined ? 0 : among(pin)),
      pins: pin === undefined ? 0 : among(pin),
      windows: opened.size,
    };
  }

  /** Ten requests a minute are one origin's share: each attack has its own. */
  async function renew(): Promise<void> {
    const worker = await stage.browser.worker();
    await worker.evaluate(`chrome.storage.session.get(null).then((all) =>
      chrome.storage.session.remove(Object.keys(all).filter((key) => key.startsWith("asked-at:"))))`);
  }

  return {
    stage,
    bidding,
    recipient,
    async show(which) {
      const page = await stage.browser.open(`${stage.demo.platforms[which].origin}/bid`);
      await bringToFront(page);
      return page;
    },
    async ask(page, verb, asked) {
      await renew();
      await bringToFront(page);
      return page.evaluate(
        (name, given) => {
          const { sharedCertificate } = window as unknown as {
            sharedCertificate: Record<string, (options: object) => Promise<Record<string, string>>>;
          };
          const call = sharedCertificate[name]?.(given) ?? Promise.reject(new Error(name));
          return call.then(
            (result) => {
              // What is a file stays in the page.
              Object.assign(window, { given: result });
              return { outcome: "ok", result: JSON.parse(JSON.stringify(result)) as Record<string, string> };
            },
            (error: { code: string; details?: { rule?: string; path?: string } }) => ({
              outcome: [error.code, error.details?.rule ?? error.details?.path ?? []].flat().join(" "),
              result: null,
            }),
          );
        },
        verb,
        asked,
      );
    },
    window: () => approvalOf(stage.browser),
    async saveBackup(window) {
      const session = await window.createCDPSession();
      await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: own });
      const offer = "另存备用密钥文件";
      await says(window, offer);
      await window.evaluate((words) => {
        [...document.querySelectorAll("button")].find(({ textContent }) => textContent === words)?.click();
      }, offer);
      await appears(window, "#passphrase");
      const groups = await window.$$eval("#passphrase span", (spans) => spans.map(({ textContent }) => textContent));
      await expect.poll(() => readdirSync(own).some((name) => name.endsWith(".cbkey"))).toBe(true);
      return groups.join("-");
    },
    counts() {
      const now = total();
      const since = {
        signs: now.signs - before.signs,
        opens: now.opens - before.opens,
        pins: now.pins - before.pins,
        windows: now.windows - before.windows,
      };
      before = now;
      expect(readdirSync(join(stage.desk.home, "keys")).filter((name) => name.endsWith(".tries"))).toEqual([]);
      return since;
    },
    fileKeys: () =>
      (existsSync(keyLog) ? readFileSync(keyLog, "utf8").trim().split("\n") : [])
        .filter((line) => line !== "")
        .map((line) => new Uint8Array(Buffer.from(line, "hex"))),
    close: () => stage.close(),
  };
}

/** The demonstration's registry, with the hostile platform's key and authority beside those that are there. */
function withPlatform({ demo }: Stage, { platform, stamper }: Bidding) {
  const sm3Of = ({ publicKey }: Party) => hexOf(gm.sm3(publicKey));
  const { registry } = demo;
  return {
    ...registry,
    platforms: registry.platforms.map((row) => ({
      ...row,
      signingKeysSm3: [...(row.signingKeysSm3 ?? []), sm3Of(platform)],
    })),
    timeStampKeysSm3: [...(registry.timeStampKeysSm3 ?? []), sm3Of(stamper)],
  };
}

/** The installed launcher, with the counter before the program. */
function preload({ desk }: Stage, log: string, keyLog: string): void {
  const counter = new URL("sign-counter.ts", import.meta.url);
  counter.searchParams.set("log", log);
  counter.searchParams.set("fileKeys", keyLog);
  preloadModule(desk.home, counter.href);
}

/** Picks files in the window for an encryption. */
export async function pickFiles(window: Page, files: readonly string[]): Promise<void> {
  await appears(window, "#bid-files");
  const field = (await window.$("#bid-files")) as ElementHandle<HTMLInputElement>;
  await field.uploadFile(...files.map((file) => resolve(file)));
  await appears(window, ".recipients");
}
