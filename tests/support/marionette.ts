/**
 * The smallest driver of a real Firefox: Marionette, the browser's own remote protocol, over TCP. `<bytes>:<JSON>` each way; a
 * command is `[0, id, name, params]`, its answer `[1, id, error, result]`.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join, resolve } from "node:path";

export interface Firefox {
  /** Installs the built extension for this run of the browser. */
  install(folder: string): Promise<void>;
  open(url: string): Promise<void>;
  /** What the script returns, in the page that is open. */
  read(script: string): Promise<unknown>;
  /** Picks a file of the disk in a field of the page that is open. */
  pick(selector: string, path: string): Promise<void>;
  /** Its first process. */
  readonly pid: number;
  close(): Promise<void>;
}

/** Under which WebDriver hands an element over. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

const START_MS = 30_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

async function reach(port: number): Promise<Socket> {
  for (const end = Date.now() + START_MS; ;) {
    const socket = connect(port, "127.0.0.1");
    const connected = await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true)).once("error", () => done(false));
    });
    if (connected) return socket;
    if (Date.now() > end) throw new Error("Firefox does not listen");
    await new Promise((wait) => setTimeout(wait, 100));
  }
}

/** Commands one after another over one connection. */
function speak(socket: Socket): (name: string, params: object) => Promise<unknown> {
  let held = Buffer.alloc(0);
  let lastId = 0;
  const waiting = new Map<number, (answer: readonly [number, number, { message: string } | null, unknown]) => void>();
  socket.on("data", (piece: Buffer) => {
    held = Buffer.concat([held, piece]);
    for (;;) {
      const colon = held.indexOf(":");
      const len = colon < 0 ? Number.NaN : Number(held.subarray(0, colon).toString());
      if (Number.isNaN(len) || held.length < colon + 1 + len) return;
      const message: unknown = JSON.parse(held.subarray(colon + 1, colon + 1 + len).toString());
      held = held.subarray(colon + 1 + len);
      // The first message is a greeting, no answer.
      if (Array.isArray(message)) waiting.get(message[1] as number)?.(message as never);
    }
  });
  return (name, params) =>
    new Promise((done, failed) => {
      const id = ++lastId;
      const text = JSON.stringify([0, id, name, params]);
      waiting.set(id, ([, , error, result]) => {
        waiting.delete(id);
        if (error === null) done(result);
        else failed(new Error(`${name}: ${error.message}`));
      });
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

/**
 * @param options.uuid the address that the extension with this id gets in place of a random one
 */
export async function openFirefox(options: {
  readonly executable: string;
  readonly profile: string;
  readonly extensionId: string;
  readonly uuid: string;
  readonly language: string;
}): Promise<Firefox> {
  const profile = resolve(options.profile);
  mkdirSync(profile, { recursive: true });
  const port = await freePort();
  const prefs = {
    "marionette.port": port,
    "extensions.webextensions.uuids": JSON.stringify({ [options.extensionId]: options.uuid }),
    "intl.locale.requested": options.language,
    "browser.shell.checkDefaultBrowser": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "app.update.enabled": false,
  };
  const lines = Object.entries(prefs).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), `${lines.join("\n")}\n`);
  const words = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", profile];
  const child = spawn(options.executable, words, { stdio: "ignore" });
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const socket = await reach(port);
  const command = speak(socket);
  await command("WebDriver:NewSession", { acceptInsecureCerts: true });
  return {
    async install(folder) {
      await command("Addon:Install", { path: resolve(folder), temporary: true });
    },
    async open(url) {
      await command("WebDriver:Navigate", { url });
    },
    async read(script) {
      const answer = await command("WebDriver:ExecuteScript", { script, args: [] });
      return (answer as { value: unknown }).value;
    },
    async pick(selector, path) {
      const found = await command("WebDriver:FindElement", { using: "css selector", value: selector });
      const { value } = found as { value: Record<string, string> };
      await command("WebDriver:ElementSendKeys", { id: value[ELEMENT], text: resolve(path) });
    },
    pid: child.pid ?? 0,
    async close() {
      await command("Marionette:Quit", { flags: ["eForceQuit"] }).catch(() => undefined);
      socket.destroy();
      await ended;
    },
  };
}
