/** Keys and their files, brought into states in which people meet them. */
import { BIDDER, type Stage } from "@certbridge/demo/walk";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withLock } from "../../../apps/host/src/lock.ts";

const DAY_MS = 24 * 3600_000;
const { name, uscc, pin } = BIDDER;

/** When the certificate is valid, counted from today. */
interface Life {
  readonly fromDays?: number;
  readonly untilDays?: number;
}

/** Has one of the two CAs issue certificates to the bidder. */
export async function obtain(stage: Stage, from: "jiangnan" | "lingbei", life: Life = {}): Promise<void> {
  const { fromDays, untilDays } = life;
  const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
  const validity = {
    ...(fromDays === undefined ? {} : { notBefore: inDays(fromDays) }),
    ...(untilDays === undefined ? {} : { notAfter: inDays(untilDays) }),
  };
  await stage.desk.obtainCertificates({
    name,
    pin,
    issue: (request) => Promise.resolve(stage.demo.authorities[from].issue(request, { name, uscc }, validity)),
  });
}

type Seat = Pick<Stage, "desk">;

const folderOf = ({ desk }: Seat) => join(desk.home, "keys");

/** Takes all keys from this computer. */
export async function removeKeys(stage: Stage): Promise<void> {
  for (const file of await readdir(folderOf(stage))) await rm(join(folderOf(stage), file), { recursive: true });
}

/** Takes the key that was not there before away from this computer, until the returned function is called. */
export async function takeNewest(stage: Stage, known: readonly string[]): Promise<() => Promise<void>> {
  const folder = folderOf(stage);
  const newest = (await keyFiles(stage)).find((file) => !known.includes(file));
  if (newest === undefined) throw new Error("no key has come");
  const content = await readFile(join(folder, newest));
  await rm(join(folder, newest));
  return () => writeFile(join(folder, newest), content);
}

/** The files of the keys that are there. */
export async function keyFiles(stage: Stage): Promise<readonly string[]> {
  return (await readdir(folderOf(stage))).filter((file) => file.endsWith(".json"));
}

/** Keeps the program from the keys, as another one would that is at work on them; it waits until the returned function is called. */
export async function occupyKeys(stage: Seat): Promise<() => void> {
  let leave = () => undefined as void;
  const left = new Promise<void>((done) => {
    leave = () => done();
  });
  await new Promise<void>((inside) => {
    void withLock(folderOf(stage), () => {
      inside();
      return left;
    });
  });
  return leave;
}

/** Keeps a key from its answer while something ends: however slow or fast the machine is, the key is at work then. */
export async function whileKeysAreKept<T>(stage: Seat, run: () => Promise<T>): Promise<T> {
  const leave = await occupyKeys(stage);
  try {
    return await run();
  } finally {
    leave();
  }
}
