import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { hostAnswer } from "@certbridge/protocol/host";
import type { HostAnswer } from "@certbridge/protocol/host";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import type { ClientKey } from "../../extension/platform/client-key.ts";
import { openPairings } from "../../apps/host/src/pairings.ts";
import { openClient, prove, questionOf, readMet, sealFor } from "./client.ts";
import type { Met } from "./client.ts";
import { MAIN, conform, encodeFrame, newId } from "./host.ts";

/** A message to the program, of whatever shape. */
export type Message = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The companion program as a browser runs it, with a paired extension at the other end. */
export interface Served {
  /** Asks one verb and gives its result; an error record is thrown as it came. Proved by a paired key. */
  ask(operation: string, params: unknown): Promise<unknown>;
  answerTo(operation: string, params: unknown): Promise<HostAnswer>;
  /** A message that asks this, with its proof. */
  message(operation: string, params: unknown): Promise<Message>;
  /** Sends a message as it stands, at once. */
  exchange(message: Message): Promise<HostAnswer>;
  /** Who the program says it is; paired by now. */
  met(): Promise<Met>;
  /** A PIN as the approval window sends it. Only after {@link Served.met}. */
  seal(consentId: string, pin: string): string;
  /** Bytes of the test's own making. */
  send(bytes: Uint8Array): void;
  /** From now on nobody reads what it says. */
  closeOutput(): void;
  /** Ends the input; gives the exit status. */
  end(): Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Of the program itself: launchers give way to it. */
  readonly pid: number;
  /** Everything that came on standard output so far, and on standard error. */
  output(): { readonly stdout: Buffer; readonly stderr: string };
}

/** Chromium's one argument. */
export const CALLER = `chrome-extension://${CHROMIUM_EXTENSION_ID}/`;

function collect(stream: Readable, take: (chunk: Buffer) => void): void {
  stream.on("data", (chunk: Buffer) => take(chunk));
}

/** Opens a place in the home, as `install` does, for whoever comes first. */
export function openPlace(home: string, kind: "chromium" | "firefox" = "chromium"): Promise<void> {
  return openPairings(join(home, "pairings.json"), Date.now).open([{ kind, label: "test" }]);
}

/**
 * Starts it by any command line; `[node, main.ts, …]` unless told.
 *
 * @param options.client a key of the test's own; it opens no place for that one
 */
export function serveHost(
  home: string,
  command: readonly string[] = [process.execPath, "--no-warnings", MAIN],
  options: {
    readonly client?: ClientKey;
    readonly caller?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Served {
  const [program = "", ...args] = command;
  const caller = options.caller ?? [CALLER];
  const own = command.length > 1 ? ["--home", home, ...caller] : caller;
  const env = { ...process.env, ...options.env };
  const child = spawn(program, [...args, ...own], { stdio: ["pipe", "pipe", "pipe"], env });
  const waiting = new Map<string, (answer: HostAnswer) => void>();
  let stdout = Buffer.alloc(0);
  let stderr = "";
  let read = 0;
  collect(child.stderr, (chunk) => (stderr += chunk.toString("utf8")));
  collect(child.stdout, (chunk) => {
    stdout = Buffer.concat([stdout, chunk]);
    while (stdout.length >= read + 4 && stdout.length >= read + 4 + stdout.readUInt32LE(read)) {
      const end = read + 4 + stdout.readUInt32LE(read);
      const answer = conform(hostAnswer, JSON.parse(stdout.toString("utf8", read + 4, end)));
      read = end;
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    }
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  child.stdin.on("error", () => undefined);

  const exchange: Served["exchange"] = (message) =>
    new Promise((done, failed) => {
      waiting.set(message.id, done);
      void ended.then((status) => failed(new Error(`the host ended with ${status}: ${stderr}`)));
      child.stdin.write(encodeFrame(message));
    });

  async function answerPlain(operation: string, params: unknown): Promise<HostAnswer> {
    return exchange({ v: 1, id: newId(), operation, params });
  }

  async function openOwn(): Promise<ClientKey> {
    if (options.client !== undefined) return options.client;
    // The home is made by the program's start.
    await answerPlain("status", { extension: "0.1.0" });
    await openPlace(home);
    return openClient();
  }
  let opened: Promise<ClientKey> | undefined;
  const client = () => (opened ??= openOwn());

  let known: Met | undefined;
  async function met(): Promise<Met> {
    if (known !== undefined) return known;
    const answer = await answerPlain("status", questionOf(await client()));
    if (!answer.ok) throw answer.error;
    known = readMet(answer.result);
    return known;
  }

  async function message(operation: string, params: unknown): Promise<Message> {
    const request = { id: newId(), operation, params };
    return { v: 1, ...request, proof: await prove(await client(), await met(), request) };
  }

  async function answerTo(operation: string, params: unknown): Promise<HostAnswer> {
    if (operation === "status") return answerPlain(operation, params);
    return exchange(await message(operation, params));
  }
  return {
    answerTo,
    message,
    exchange,
    met,
    async ask(operation, params) {
      const answer = await answerTo(operation, params);
      if (answer.ok) return answer.result;
      throw answer.error;
    },
    seal(consentId, pin) {
      if (known === undefined) throw new Error("the program was not asked who it is");
      return sealFor(known.publicKey, consentId, pin);
    },
    send: (bytes) => void child.stdin.write(bytes),
    closeOutput: () => void child.stdout.destroy(),
    async end() {
      child.stdin.end();
      return ended;
    },
    async kill(signal) {
      child.kill(signal);
      return ended;
    },
    pid: child.pid ?? 0,
    output: () => ({ stdout, stderr }),
  };
}
