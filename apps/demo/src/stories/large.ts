import { createHash, randomFillSync } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ElementHandle, Page } from "puppeteer";
import { appears, says } from "../walk/clerk.ts";
import { obtainLock } from "../walk/locks.ts";
import type { WalkPage } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";
import { openClerk } from "./bidder.ts";
import { must, StoryError, tellStory } from "./story.ts";

const LOT = "large";
const { uscc } = BIDDER;
const MIB = 1024 ** 2;

export interface LargeBid {
  /** Bytes, in all. */
  readonly size: number;
  /** One file that is mostly hole, in the place of three full ones. */
  readonly sparse: boolean;
}

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: MIB, GiB: 1024 ** 3 };

/** 2GiB, 4.1GiB, 300MiB; null for what is no such size. */
export function parseSize(text: string): number | null {
  const [, number = "", unit = ""] = /^(\d{1,4}(?:\.\d{1,2})?)(KiB|MiB|GiB)$/.exec(text) ?? [];
  const size = Math.round(Number(number) * (UNITS[unit] ?? 0));
  return size > 0 ? size : null;
}

interface Source {
  readonly path: string;
  readonly size: number;
}

/** Random bytes, or holes with random bytes at both ends and on both sides of 4 GiB. */
async function writeSource({ path, size }: Source, sparse: boolean): Promise<void> {
  const handle = await open(path, "w");
  const piece = Buffer.alloc(Math.min(8 * MIB, size));
  const put = async (at: number) => {
    const len = Math.min(piece.length, size - at);
    await handle.write(randomFillSync(piece), 0, len, at);
  };
  try {
    await handle.truncate(size);
    if (sparse) {
      const edges = [0, 4 * 1024 ** 3 - piece.length / 2, size - piece.length];
      for (const at of edges.filter((edge) => edge >= 0 && edge < size)) await put(at);
    } else {
      for (let at = 0; at < size; at += piece.length) await put(at);
    }
  } finally {
    await handle.close();
  }
}

/** SHA-256 of a file, by Node: nothing of it is our own. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 4 * MIB })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** An opening that comes while the bid is still being made is postponed by the platform, as often as needed. */
const NOTICE_MS = 60_000;
const LEFT_MS = 25_000;

/** What of it lies where: removed once the browser has ended. About four times its size. */
export async function removeLarge(folder: string): Promise<void> {
  for (const place of ["bid-files", "demo-a", "profile"]) {
    await rm(join(folder, place), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** Gigabytes: encrypted, uploaded with an interruption, tried, opened; the server's files are compared with the bidder's. */
export async function largeStory(stage: Stage, say: (line: string) => void, { size, sparse }: LargeBid): Promise<void> {
  const telling = tellStory(stage, say);
  const { step } = telling;
  const { bidding } = stage.demo.platforms.a.admin;
  const folder = join(stage.pictures, "..", "bid-files");
  await mkdir(folder, { recursive: true });
  const third = Math.floor(size / 3);
  // In a browser without a locale no name beyond ASCII gets through the driver.
  const sources: readonly Source[] = sparse
    ? [{ path: join(folder, "model.ifc"), size }]
    : [
        { path: join(folder, "drawings.zip"), size: third },
        { path: join(folder, "model.ifc"), size: third },
        { path: join(folder, "offer.pdf"), size: size - 2 * third },
      ];
  await step(
    `写出${sources.length}个文件，共 ${(size / MIB).toFixed(0)} MiB${sparse ? "（稀疏文件）" : ""}`,
    async () => {
      for (const source of sources) await writeSource(source, sparse);
    },
  );

  // Half a mebibyte a second, on a machine that has other things to do.
  const workMs = 60_000 + (size / MIB) * 2000;
  const clerk = openClerk(stage, telling, {
    workMs,
    async pick(window: WalkPage) {
      await appears(window, "#bid-files");
      const field = (await (window as Page).$("#bid-files")) as ElementHandle<HTMLInputElement>;
      await field.uploadFile(...sources.map(({ path }) => path));
      await appears(window, `.items li:nth-child(${sources.length})`);
    },
  });
  await step("投标人从江南CA取得双证书", () => obtainLock(stage.demo, stage.desk, "jiangnan"));
  await step("在平台注册并登记", () => clerk.register());
  clerk.announce(LOT, Date.now() + NOTICE_MS);
  const postponing = setInterval(() => {
    const { openingAt } = bidding.lots.find(LOT);
    if (openingAt - Date.now() < LEFT_MS) clerk.announce(LOT, openingAt + NOTICE_MS);
  }, 1000);
  try {
    await step("在本机加密，试解密", async () => {
      const window = await clerk.encrypt(LOT, "large-1-encrypt");
      await window.close();
    });
    const page = (await clerk.at(LOT)) as Page;
    await step("上传到四分之一，网络中断", async () => {
      await page.click("#upload");
      const quarter = () =>
        page.evaluate(() => (document.querySelector<HTMLProgressElement>("#bar")?.value ?? 0) >= 0.25);
      for (const end = Date.now() + workMs; !(await quarter());) {
        if (Date.now() > end) throw new StoryError("上传", "NO_PROGRESS");
        await new Promise((wait) => setTimeout(wait, 100));
      }
      await page.setOfflineMode(true);
      await says(page, "网络中断", workMs);
      await page.setOfflineMode(false);
    });
    await step("继续上传，平台核验，取得回执", () => clerk.handIn(LOT, "large-2-receipt"));
  } finally {
    clearInterval(postponing);
  }
  const bid = bidding.bids.find(LOT, uscc);
  await step("试解密", () => clerk.rehearse(bid?.verified.packageId ?? "", "large-3-rehearsed"));
  await step("开标时间到", () => clerk.begin(LOT));
  await step("我要解密，平台打开全部文件", () => clerk.decrypt(LOT, "large-4-decrypt"));
  await step("平台打开的文件与投标人的逐一相同（SHA-256）", async () => {
    const { status, files, troubles } = bidding.hall.seat(LOT, uscc);
    must(status === "opened", "开标", troubles.at(-1)?.code ?? status);
    must(files.length === sources.length, "开标", "OTHER_FILES");
    for (const [at, { path }] of sources.entries()) {
      const opened = files[at]?.path ?? "";
      must((await hashFile(opened)) === (await hashFile(path)), "开标", "OTHER_CONTENT");
    }
  });
}
