/** What the commands stand on: the person's folders, the program's own place, and ways to ask and to say. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Gm } from "@certbridge/gm";
import type { Clock } from "../clock.ts";
import { isFileError } from "../disk.ts";
import type { Home } from "../home.ts";
import type { Host } from "../host.ts";
import type { Program } from "../install/launcher.ts";
import type { PersonFolders } from "../install/places.ts";
import type { Random } from "../random.ts";
import type { SoftwareStore } from "../stores/software/store.ts";
import type { DeviceQueue } from "../stores/usb-key/queue.ts";
import type { Supervisor } from "../stores/usb-key/supervisor.ts";
import type { Opening } from "../stores/usb-key/wire.ts";
import type { Secrets } from "./terminal.ts";
import { UsageError } from "./words.ts";

export interface Cli {
  readonly version: string;
  readonly home: Home;
  readonly program: Program;
  readonly person: PersonFolders;
  readonly random: Random;
  readonly clock: Clock;
  /** The home that browsers work with where they start the machine's program. Throws where the system's list does not have this person. */
  machineHome(): string;
  /** Opens home and core; makes the home's folders where they are missing. */
  openHost(): Promise<{ readonly host: Host; readonly store: SoftwareStore }>;
  openCore(): Promise<Gm>;
  /** The store as it is, for looking at: makes and changes nothing. */
  openStore(gm: Gm): SoftwareStore;
  /** A worker of its own for a vendor's library. */
  superviseLibrary(opening: Opening): Supervisor;
  /** Where this program waits for a device that another one has. */
  queueForDevices(): DeviceQueue;
  secrets(options: { readonly pinStdin?: boolean }): Secrets;
  say(line: string): void;
}

/** Names of foreign making, for a terminal: without characters that steer it or turn the line around. */
export function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, "");
}

/** No key file, certificate or registry is larger. Bytes. */
const GIVEN_LEN = 1024 * 1024;

/** Bytes of a file that the person named. */
export const readGiven = (path: string): Promise<Uint8Array> => readGivenUpTo(path, GIVEN_LEN);

/** The same, at most so many. */
export async function readGivenUpTo(path: string, maxLen: number): Promise<Uint8Array> {
  try {
    const content = await readFile(resolve(path));
    if (content.length > maxLen) throw new UsageError(`文件过大：${path}`, `The file is too large: ${path}`);
    return new Uint8Array(content);
  } catch (error) {
    if (isFileError(error, "ENOENT"))
      throw new UsageError(`找不到文件：${path}`, `No such file: ${path}`, { cause: error });
    throw error;
  }
}

/** Writes a file that the person named; an existing one is never overwritten. */
export async function writeGiven(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await writeFile(resolve(path), content, { flag: "wx", mode });
  } catch (error) {
    if (isFileError(error, "EEXIST")) {
      throw new UsageError(
        `文件已存在：${path}。请换一个文件名。`,
        `The file is there already: ${path}. Name another one.`,
        { cause: error },
      );
    }
    throw error;
  }
}
