/** The bidder's CA锁, as a hand uses them. Where there is no device a software key's file stands for one: it is pulled out, and put in again. */
import { parseCertificate } from "@certbridge/pki";
import { mkdir, readdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Demo } from "../demo.ts";
import type { Desk } from "./desk.ts";
import { BIDDER } from "./stage.ts";

export interface Lock {
  /** The CA's name. */
  readonly authority: string;
  /** The signing certificate, DER: of the newest pair. */
  signing(): Uint8Array;
  /** Last four of its serial number, as every screen shows it. */
  tail(): string;
  pullOut(): Promise<void>;
  insert(): Promise<void>;
  /** The CA renews its certificates; what opened with the old ones is kept as history. */
  renew(): Promise<void>;
}

const folderOf = ({ home }: Desk) => join(home, "keys");

/** Files of keys and of their wrong PINs, by the key's own name. */
async function filesOf(desk: Desk): Promise<readonly string[]> {
  return (await readdir(folderOf(desk)).catch(() => [])).filter((file) => /\.(json|tries)$/.test(file));
}

/** Has one of the two CAs issue a lock to the demonstration's bidder. It is inserted. */
export async function obtainLock(demo: Demo, desk: Desk, which: keyof Demo["authorities"]): Promise<Lock> {
  const { name, uscc, pin } = BIDDER;
  const authority = demo.authorities[which];
  const before = await filesOf(desk);
  let signing: Uint8Array = new Uint8Array(0);
  const issue = (request: Uint8Array) => {
    const pair = authority.issue(request, { name, uscc });
    ({ signing } = pair);
    return Promise.resolve(pair);
  };
  await desk.obtainCertificates({ name, pin, issue });
  const own = (await filesOf(desk)).find((file) => file.endsWith(".json") && !before.includes(file));
  if (own === undefined) throw new Error("no key has come");
  const id = own.slice(0, -".json".length);
  const drawer = join(dirname(desk.home), "drawer");

  async function move(from: string, to: string): Promise<void> {
    await mkdir(to, { recursive: true });
    const files = (await readdir(from)).filter((file) => file.startsWith(id));
    for (const file of files) await rename(join(from, file), join(to, file));
  }
  const tail = () => parseCertificate(signing).serialNumber.slice(-4);
  return {
    authority: authority.name,
    signing: () => signing,
    tail,
    pullOut: () => move(folderOf(desk), drawer),
    insert: () => move(drawer, folderOf(desk)),
    renew: () => desk.renewCertificates({ tail: tail(), pin, issue }),
  };
}
