import { connect } from "node:net";
import * as v from "valibot";

/**
 * A client of Marionette, Firefox's own remote control: JSON over TCP, each message with its length in bytes before it
 * (`<len>:[0,<id>,<command>,<params>]` there, `<len>:[1,<id>,<error>,<result>]` back). The commands are WebDriver's and few more.
 */
export interface Marionette {
  /** @throws MarionetteError what Firefox refuses */
  send(command: string, params?: object): Promise<unknown>;
  close(): void;
}

/** Firefox could not do what it was told. `kind` is WebDriver's word for why, such as "no such window". */
export class MarionetteError extends Error {
  readonly kind: string;

  constructor(command: string, kind: string, message: string) {
    super(`${command}: ${kind}: ${message}`);
    this.name = "MarionetteError";
    this.kind = kind;
  }
}

interface Call {
  readonly command: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const reply = v.tuple([
  v.literal(1),
  v.number(),
  v.nullable(v.object({ error: v.string(), message: v.string() })),
  v.unknown(),
]);

type Reply = v.InferOutput<typeof reply>;

const COLON = 0x3a;

export function openMarionette(port: number): Promise<Marionette> {
  const socket = connect(port, "127.0.0.1");
  const calls = new Map<number, Call>();
  let lastId = 0;
  let unread = Buffer.alloc(0);

  const client: Marionette = {
    send: (command, params = {}) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        calls.set(id, { command, resolve, reject });
        const message = JSON.stringify([0, id, command, params]);
        socket.write(`${Buffer.byteLength(message)}:${message}`);
      }),
    close: () => socket.destroy(),
  };

  function answer([, id, error, result]: Reply): void {
    const call = calls.get(id);
    calls.delete(id);
    if (error === null) call?.resolve(result);
    else call?.reject(new MarionetteError(call.command, error.error, error.message));
  }

  /** Takes the next whole message off what was received; null where none is whole yet. */
  function take(): unknown {
    const colon = unread.indexOf(COLON);
    if (colon < 0) return null;
    const end = colon + 1 + Number(unread.subarray(0, colon).toString("ascii"));
    if (unread.length < end) return null;
    const message: unknown = JSON.parse(unread.subarray(colon + 1, end).toString("utf8"));
    unread = unread.subarray(end);
    return message;
  }

  function end(why: string): void {
    socket.destroy();
    for (const { command, reject } of calls.values()) reject(new MarionetteError(command, "gone", why));
    calls.clear();
  }

  return new Promise((opened, failed) => {
    socket.on("data", (chunk) => {
      unread = Buffer.concat([unread, chunk]);
      for (let message = take(); message !== null; message = take()) {
        // Firefox speaks first, about itself.
        const parsed = v.safeParse(reply, message);
        if (parsed.success) answer(parsed.output);
        else if (Array.isArray(message)) return end("it answers in another grammar");
        else opened(client);
      }
    });
    socket.on("error", failed);
    socket.on("close", () => end("the browser ended"));
  });
}
