import {
  appears,
  approvalOf,
  BIDDER,
  bringToFront,
  openSite,
  openStage,
  says,
  type Approval,
  type Stage,
} from "@certbridge/demo/walk";
import { openPackage, verifyPackage } from "@certbridge/bid";
import { loadGm } from "@certbridge/gm/node";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { ElementHandle, Page } from "puppeteer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signalPrograms } from "../support/running.ts";
import { inspect } from "../support/screens/inspect.ts";
import { obtain } from "../support/screens/keys.ts";

/** An encrypting whose page, service worker or browser ends under it: found again, or told as lost; nothing half is ever left or taken for whole. */

const { name, uscc, pin } = BIDDER;
const FOLDER = "build/e2e/jobs";
/** Long enough to be met in the middle. */
const FILE_LEN = 96 * 1024 * 1024;
const SOON = { timeout: 20_000 };
const LOT = { id: "life", projectCode: "JN-2026-0501", projectName: "滨河大道改造工程", lot: "二标段" };

let stage: Stage;
let page: Page;
/** A page of the extension, from which its files are seen. */
let inside: Page;
const picked = join(FOLDER, "files", "technical.bin");

beforeAll(async () => {
  stage = await openStage({ folder: FOLDER, knowsNoPolicy: true });
  await obtain(stage, "jiangnan");
  const { admin, origin } = stage.demo.platforms.a;
  admin.addAccount({ name, uscc });
  admin.bidding.lots.announce({ ...LOT, openingAt: Date.now() + 3600_000 });
  const site = await openSite(stage.browser, origin);
  await site.click("login");
  await (await approvalOf(stage.browser)).accept(pin);
  expect(await site.outcome()).toBe("done");
  page = site.page;
  await page.goto(`${origin}/bid?lot=${LOT.id}`);
  await mkdir(join(FOLDER, "files"), { recursive: true });
  const file = await open(picked, "w");
  await file.truncate(FILE_LEN);
  await file.close();
  inside = await stage.browser.open(stage.browser.extensionUrl("bids.html"));
}, 120_000);

afterAll(async () => {
  await stage.close();
  await rm(join(FOLDER, "files"), { recursive: true, force: true });
});

interface ShownJob {
  readonly state: string;
  readonly code?: string;
  readonly packageLen?: number;
}

interface Api {
  jobs(options?: object): Promise<(ShownJob & { readonly package?: File | null })[]>;
}

/** The document's jobs, with how long the package is. */
const jobsOf = (): Promise<readonly ShownJob[]> =>
  page.evaluate(async () => {
    const { sharedCertificate } = window as unknown as { sharedCertificate: Api };
    return (await sharedCertificate.jobs()).map(({ state, code, package: file }) => ({
      state,
      ...(code === undefined ? {} : { code }),
      ...(file ? { packageLen: file.size } : {}),
    }));
  });

/** A part of the last job's package, as the page reads it. */
async function readPackage(at: number, len: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await page.evaluate(
    async (from, to) => {
      const { sharedCertificate } = window as unknown as { sharedCertificate: Api };
      const file = (await sharedCertificate.jobs()).at(-1)?.package;
      return Array.from(new Uint8Array((await file?.slice(from, to).arrayBuffer()) ?? new ArrayBuffer(0)));
    },
    at,
    at + len,
  );
  return Uint8Array.from(bytes);
}

const lastJob = async () => (await jobsOf()).at(-1);

/** Files of packages, whole or half-written. */
const kept = (): Promise<readonly string[]> =>
  inside.evaluate(async () => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("bids", { create: true });
    const names: string[] = [];
    for await (const each of folder.keys()) names.push(each.slice(each.lastIndexOf(".")));
    return names.sort();
  });

/** Has the page's button encrypt the file, and comes back when it is being written. */
async function meetInTheMiddle(): Promise<Approval> {
  await bringToFront(page);
  await appears(page, "#encrypt:not([hidden]):not([disabled])");
  await page.click("#encrypt");
  const approval = await approvalOf(stage.browser);
  await appears(approval.page, "#bid-files");
  const field = (await approval.page.$("#bid-files")) as ElementHandle<HTMLInputElement>;
  await field.uploadFile(picked);
  await appears(approval.page, ".recipients");
  await approval.accept(pin);
  await appears(approval.page, "progress.progress");
  expect((await lastJob())?.state).toBe("working");
  expect(await kept()).toContain(".part");
  return approval;
}

/** Bids that wait for their opening, as 我的标书 has them. */
const waiting = (): Promise<number> =>
  inside.evaluate(async () => {
    const { chrome } = globalThis as unknown as {
      chrome: { runtime: { sendMessage(message: object): Promise<object> } };
    };
    const answer = await chrome.runtime.sendMessage({ v: 1, kind: "surface", verb: "bids", params: {} });
    return (answer as { result: { bids: readonly object[] } }).result.bids.length;
  });

test("the service worker is killed: the page hears it, the job is lost, and what was half-written is gone", async () => {
  const approval = await meetInTheMiddle();
  await stage.browser.killWorker();
  await appears(page, "body[data-state=INTERRUPTED]");
  expect(await jobsOf()).toEqual([{ state: "lost" }]);
  await expect.poll(kept, SOON).toEqual([]);
  await approval.gone();
});

test("it is killed when all is signed and is opened again: lost as well, and none of 我的标书", async () => {
  const approval = await meetInTheMiddle();
  await approval.page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 0.52, { polling: 20 });
  await stage.browser.killWorker();
  await appears(page, "body[data-state=INTERRUPTED]");
  expect((await lastJob())?.state).toBe("lost");
  await expect.poll(kept, SOON).toEqual([]);
  expect(await waiting()).toBe(0);
  await approval.gone();
});

test("the person ends it: nothing is left, and the page learns no more than that they said no", async () => {
  const approval = await meetInTheMiddle();
  await approval.page.click(".decision button[type=button]");
  await says(approval.page, "已取消加密，没有生成加密投标文件");
  await appears(page, "body[data-state=USER_DECLINED]");
  expect(await lastJob()).toEqual({ state: "failed", code: "USER_DECLINED" });
  await expect.poll(kept, SOON).toEqual([]);
  await approval.page.close();
});

test("the document in which it is encrypted is killed, or the program with the key: each ends it by a code, with nothing left", async () => {
  const first = await meetInTheMiddle();
  await (await stage.browser.worker()).evaluate("chrome.offscreen.closeDocument()");
  await appears(page, "body[data-state=INTERRUPTED]");
  expect(await lastJob()).toEqual({ state: "failed", code: "INTERRUPTED" });
  await expect.poll(kept, SOON).toEqual([]);
  await first.page.close();

  const second = await meetInTheMiddle();
  expect(signalPrograms(stage.desk, "SIGKILL")).toBe(1);
  await appears(page, "body[data-state=HOST_FAILED]");
  expect(await lastJob()).toEqual({ state: "failed", code: "HOST_FAILED" });
  await expect.poll(kept, SOON).toEqual([]);
  await second.page.close();
});

test("the page is reloaded in the middle: the job goes on, and the next document has what it made, once the person agrees", async () => {
  const inspection = inspect();
  const encrypting = await meetInTheMiddle();
  await page.reload();
  expect(await jobsOf()).toEqual([]);
  await bringToFront(page);
  await appears(page, "#recovery:not([hidden])");
  await page.click("#recover");
  const asking = await approvalOf(stage.browser);
  await says(asking.page, "滨河大道改造工程 二标段");
  await asking.page.bringToFront();
  await inspection.see("jobs: asked", asking.page);
  await asking.accept(null);
  await says(page, "已找回加密投标文件", 60_000);
  await says(encrypting.page, "加密完成，已试解密成功。");
  const done = await lastJob();
  expect(done?.state).toBe("done");
  expect(await kept()).toEqual([".cbid"]);
  expect(await waiting()).toBe(1);
  const gm = await loadGm();
  const opened = await openPackage({ gm, crc32, source: { size: done?.packageLen ?? 0, read: readPackage } });
  verifyPackage(gm, opened);
  expect(opened.payload.len).toBeGreaterThan(FILE_LEN);
  await appears(page, "#upload:not([disabled])");
  await encrypting.page.close();
  expect(inspection.report().findings).toEqual([]);
});

test("nothing to be found again is told to the person alone", async () => {
  const { b } = stage.demo.platforms;
  const other = await stage.browser.open(`${b.origin}/`);
  await bringToFront(other);
  const asked = other.evaluate(() => {
    const { sharedCertificate } = window as unknown as { sharedCertificate: Api };
    return sharedCertificate.jobs({ older: true }).catch(({ code }: { code: string }) => code);
  });
  const asking = await approvalOf(stage.browser);
  await says(asking.page, "没有可以找回的加密投标文件");
  await asking.page.close();
  expect(await asked).toBe("USER_DECLINED");
  await other.close();
});
