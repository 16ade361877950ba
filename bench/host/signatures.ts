/**
 * A thousand signatures in a row, each of them a `login` by itself: PIN, opening of the key, signature, closing; by store and worker on a soft token. What
 * program and worker have more afterwards is what they would lose for good. The same number again goes before, until heaps have the size that they keep.
 *
 * `host.signatures-without-growth` is the memory that is held after a collection, in program and worker, per thousand signatures; a single handle,
 * descriptor or certificate that were kept each time would show there or beside it:
 *
 * - `.resident`: how much more the system has given both of them;
 * - `.handles`: descriptors more than before, handles of the library that were opened and not closed, and things that keep the processes alive.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Call } from "../../tests/support/soft-token/token.ts";
import { withFolder } from "../bid/files.ts";
import { alone, type Figure, type Part } from "../figure.ts";
import { newId, type Program, startProgram } from "../native/program.ts";
import { type Installed, installIn } from "./installed.ts";
import { KEY_ID, PIN } from "./key.ts";
import { childrenOf, descriptorsOf, residentOf } from "./processes.ts";

const ORIGIN = "https://bid-a.demo.test";

/** Until the collections of live-memory.ts have come by in both processes. */
const REST_MS = 1500;

const BOUND = { floor: 1, aim: 0.25 };
const RESIDENT = { floor: 16, aim: 4 };
const HANDLES = { floor: 0, aim: 0 };

const pause = (ms: number) => new Promise<void>((wait) => setTimeout(wait, ms));

/** What is open at a moment. Memory in MiB. */
interface State {
  readonly live: number;
  readonly resident: number;
  readonly handles: number;
}

/** A launcher that has the program, and by it the worker, look at its memory. */
async function watchMemory({ launcher }: Installed, folder: string, log: string): Promise<string> {
  const watching = join(folder, "watched-host");
  const preload = `${pathToFileURL(resolve("bench/host/live-memory.ts")).href}?${encodeURIComponent(log)}`;
  const installed = await readFile(launcher, "utf8");
  const flags = `'--no-warnings' '--expose-gc' '--import' '${preload}'`;
  await writeFile(watching, installed.replace("'--no-warnings'", flags), { mode: 0o755 });
  await writeFile(log, "");
  return watching;
}

/** The last line of each process. */
async function lastLines(log: string): Promise<ReadonlyMap<number, readonly [number, number]>> {
  const last = new Map<number, readonly [number, number]>();
  for (const line of (await readFile(log, "utf8")).split("\n").filter(Boolean)) {
    const [pid = 0, bytes = 0, things = 0] = line.split(" ").map(Number);
    last.set(pid, [bytes, things]);
  }
  return last;
}

/** Handles that the library gave out and has not got back: each opening call beside its closing one. */
function openHandles(calls: readonly Call[]): number {
  const done = calls.filter(({ code }) => code === 0);
  const count = (names: RegExp) => done.filter(({ name }) => names.test(name)).length;
  const opened = count(/^(SKF_)?(ConnectDev|OpenApplication|OpenContainer|ImportSessionKey)$/);
  return opened - count(/^(SKF_)?(DisConnectDev|CloseApplication|CloseContainer|CloseHandle)$/);
}

async function logIn(program: Program, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const consentId = newId();
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    const params = { consentId, keyId: KEY_ID, sealedPin: program.seal(consentId, PIN), origin: ORIGIN, nonce };
    await program.ask("login", params);
  }
}

async function lookAt(program: Program, { key }: Installed, log: string): Promise<State> {
  await pause(REST_MS);
  const processes = [program.pid, ...(await childrenOf(program.pid))];
  const lines = await lastLines(log);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const said = processes.map((pid) => lines.get(pid) ?? ([Number.NaN, Number.NaN] as const));
  const descriptors = sum(await Promise.all(processes.map(descriptorsOf)));
  const things = sum(said.map(([, things]) => things));
  return {
    live: sum(said.map(([bytes]) => bytes)) / 1024 ** 2,
    resident: sum(await Promise.all(processes.map(residentOf))),
    handles: descriptors + things + openHandles(key.token.calls()),
  };
}

async function measureIn(folder: string, quick: boolean): Promise<readonly Figure[]> {
  const times = quick ? 100 : 1000;
  const log = join(folder, "memory.log");
  const installed = await installIn(folder);
  const program = await startProgram(await watchMemory(installed, folder, log));
  try {
    await logIn(program, times);
    const before = await lookAt(program, installed, log);
    await logIn(program, times);
    const after = await lookAt(program, installed, log);
    const signed = installed.key.token.calls().filter(({ name, code }) => name.endsWith("ECCSignData") && code === 0);
    if (signed.length !== 2 * times) throw new Error(`the soft token made ${signed.length} signatures`);
    const metric = "host.signatures-without-growth";
    return [
      alone(metric, "node", after.live - before.live, "MiB", BOUND),
      alone(`${metric}.resident`, "node", after.resident - before.resident, "MiB", RESIDENT),
      alone(`${metric}.handles`, "node", after.handles - before.handles, "handles", HANDLES),
    ];
  } finally {
    await program.close();
  }
}

export const signatures: Part = {
  metrics: ["host.signatures-without-growth"],
  measure: ({ quick }) => withFolder((folder) => measureIn(folder, quick)),
};
