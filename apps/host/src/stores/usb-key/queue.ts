/**
 * The queue for a device (排队): each browser starts a program of its own, and a device can be logged in to by one of them at a time. Whoever has it tells
 * the others who it is and what lies on it, since they cannot ask it; whoever waits has its turn in the order of coming.
 *
 * Turn and place in the queue are locks of the system's (lock.ts): they end with their program, however that ends. A place is a file of its own, named by
 * when it was taken; one that can be locked is nobody's any more.
 */
import { existsSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "@certbridge/protocol/errors";
import * as v from "valibot";
import type { Clock } from "../../clock.ts";
import { dropFile, namesIn, ownFolder, writeWhole } from "../../disk.ts";
import { tryLock, type Unlock } from "../../lock.ts";
import type { Random } from "../../random.ts";

/** How long a turn is waited for, in ms: the extension gives a call three times as long. */
const WAIT_MS = 30_000;
/** How long one waits to read what lies on a device: as long as another one's reading may take. */
const READ_WAIT_MS = 10_000;
const POLL_MS = 25;

const PLACE = ".place.lock";

const NOBODY = { by: null, since: null } as const;

/** So long are words of another program's believed. */
const WORDS_LEN = 200;
const bytes = v.pipe(v.string(), v.base64(), v.maxLength(128 * 1024));

/** A pair on a device, as whoever has the device saw it. */
const shown = v.strictObject({
  application: bytes,
  container: bytes,
  signingCertificate: bytes,
  encryptionCertificate: v.nullable(bytes),
  triesLeft: v.number(),
});

const holding = v.strictObject({
  format: v.literal("certbridge-device:1"),
  /** The browser's name. */
  browser: v.pipe(v.string(), v.maxLength(WORDS_LEN)),
  /** The platform that it is used for; null where it is for none. */
  site: v.nullable(v.pipe(v.string(), v.maxLength(WORDS_LEN))),
  /** ISO 8601, UTC. */
  since: v.pipe(v.string(), v.maxLength(32)),
  pairs: v.array(shown),
});

/** Who has a device, and what lies on it. */
export type Holding = v.InferOutput<typeof holding>;
export type ShownPair = v.InferOutput<typeof shown>;

/** Logs out on the device whoever had it before and ended without a word. */
export type TakeBack = () => Promise<void>;

/** Who asks for a turn. */
export interface Asker extends Pick<Holding, "browser" | "site" | "pairs"> {
  readonly takeBack: TakeBack;
}

export interface DeviceQueue {
  /**
   * Waits for the device, behind those who came before.
   *
   * @param device its name in the queue: letters and digits
   * @returns what gives the turn back
   * @throws OperationError DEVICE_BUSY with who has it, where that takes longer than half a minute; what taking back throws
   */
  take(device: string, asker: Asker): Promise<Unlock>;
  /** Runs while nobody logs in to the device. @returns who has it, where somebody has: null where they did not say @throws what taking back throws */
  read<T>(
    device: string,
    run: () => Promise<T>,
    takeBack: TakeBack,
  ): Promise<{ readonly done: T } | { readonly by: Holding | null }>;
}

/** @param options.folder the home's; it is made */
export function openDeviceQueue(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly waitMs?: number;
}): DeviceQueue {
  const { folder, clock, random, waitMs = WAIT_MS } = options;
  const turnOf = (device: string): string => join(folder, device);
  const recordOf = (device: string): string => join(folder, `${device}.json`);

  async function readHolding(device: string): Promise<Holding | null> {
    try {
      return v.parse(holding, JSON.parse(await readFile(recordOf(device), "utf8")));
    } catch {
      // None there yet, or of another version: nobody is named then.
      return null;
    }
  }

  /** Where a system keeps an open file from being removed, whoever looks next removes it. */
  const drop = (name: string): Promise<void> => dropFile(join(folder, name)).catch(() => undefined);

  function dropRecord(device: string): void {
    try {
      rmSync(recordOf(device), { force: true });
    } catch {
      // The next one takes back what nobody left.
    }
  }

  /**
   * With the turn, before anything else. A record says that whoever had the turn ended without giving it back, and a login outlives its program, though not
   * its lock: others could sign. The record stays until the key is logged out.
   */
  async function tidyUp(device: string, takeBack: TakeBack): Promise<void> {
    if (!existsSync(recordOf(device))) return;
    await takeBack();
    dropRecord(device);
  }

  /** A place behind all that are there. */
  function queueUp(device: string): { readonly name: string; readonly leave: () => Promise<void> } {
    const suffix = Buffer.from(random(4)).toString("hex");
    const name = `${device}.${String(clock()).padStart(16, "0")}.${suffix}.place`;
    const unlock = tryLock(join(folder, name));
    // Somebody took it for an abandoned one, between two calls.
    if (unlock === null) return queueUp(device);
    return {
      name,
      async leave() {
        unlock();
        await drop(`${name}.lock`);
      },
    };
  }

  /** Whether all who came before are served, or gone. */
  async function isFirst(device: string, own: string): Promise<boolean> {
    const names = (await namesIn(folder)).filter((name) => name.startsWith(`${device}.`) && name.endsWith(PLACE));
    for (const file of names) {
      const name = file.slice(0, -".lock".length);
      if (name >= own) break;
      const left = tryLock(join(folder, name));
      if (left === null) return false;
      left();
      await drop(file);
    }
    return true;
  }

  async function waitFor(device: string): Promise<Unlock> {
    const place = queueUp(device);
    try {
      for (const end = performance.now() + waitMs; performance.now() <= end;) {
        const turn = (await isFirst(device, place.name)) ? tryLock(turnOf(device)) : null;
        if (turn !== null) return turn;
        await sleep(POLL_MS);
      }
    } finally {
      await place.leave();
    }
    const by = await readHolding(device);
    throw new OperationError("DEVICE_BUSY", by === null ? NOBODY : ownerOf(by));
  }

  return {
    async take(device, { browser, site, pairs, takeBack }) {
      await ownFolder(folder);
      const turn = await waitFor(device);
      try {
        await tidyUp(device, takeBack);
      } catch (error) {
        turn();
        throw error;
      }
      const giveBack = () => {
        dropRecord(device);
        turn();
      };
      try {
        const since = new Date(clock()).toISOString();
        const words = { browser: browser.slice(0, WORDS_LEN), site: site?.slice(0, WORDS_LEN) ?? null };
        const record: Holding = { format: "certbridge-device:1", ...words, since, pairs: [...pairs] };
        await writeWhole(recordOf(device), JSON.stringify(record));
        return giveBack;
      } catch (error) {
        giveBack();
        throw error;
      }
    },

    async read(device, run, takeBack) {
      await ownFolder(folder);
      for (const end = performance.now() + READ_WAIT_MS; performance.now() <= end;) {
        const turn = tryLock(turnOf(device));
        if (turn !== null) {
          try {
            await tidyUp(device, takeBack);
            return { done: await run() };
          } finally {
            turn();
          }
        }
        // Who reads leaves no word, and is done soon; who has it does.
        const by = await readHolding(device);
        if (by !== null) return { by };
        await sleep(POLL_MS);
      }
      return { by: null };
    },
  };
}

/** As people read it: the browser, and for whom. */
export function ownerOf({ browser, site, since }: Holding): { readonly by: string; readonly since: string } {
  return { by: site === null ? browser : `${browser} · ${site}`, since };
}
