import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";
import * as v from "valibot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { createHostClient } from "../../../extension/background/host-client.ts";
import type { Table } from "../../../extension/platform/storage.ts";
import { gm } from "../../support/authority.ts";
import { buildHost, buildWith } from "../../support/builds.ts";
import type { Edits } from "../../support/builds.ts";
import { openClient } from "../../support/client.ts";
import { conform, encodeFrame, newId, temporaryFolder } from "../../support/host.ts";
import { CALLER, openPlace, serveHost } from "../../support/served.ts";

/**
 * Old and new beside each other (docs/protocol.md): three grammars of the program and of the extension's client, each a build of its
 * own, every one with every other. A cell has one answer or one clear code, and never none.
 */
const folder = temporaryFolder();
const running = new Set<ChildProcess>();

const STATUS = "packages/protocol/src/host/status.ts";
const GRAMMAR = "packages/protocol/src/host/index.ts";
const REQUEST = "packages/protocol/src/host/request.ts";
const CONSENTED = "packages/protocol/src/host/consented.ts";
const STATUS_VERB = "apps/host/src/verbs/status.ts";
const numbered = (number: number) => [`HOST_PROTOCOL = ${HOST_PROTOCOL};`, `HOST_PROTOCOL = ${number};`] as const;
const NEW_PARAM = [
  "{ ...consented, origin: pageOrigin, nonce }",
  "{ ...consented, origin: pageOrigin, nonce, purpose: v.string() }",
] as const;

/** Companion programs. Grammar 1 knew no identity and no proof, refused what it did not know, and took the PIN as it was typed. */
const hosts = {
  older: {
    [STATUS]: [
      numbered(HOST_PROTOCOL - 1),
      ["statusQuestion = v.object(", "statusQuestion = v.strictObject("],
      ["challenge: v.optional(challenge),", ""],
      ["client: v.optional(publicPoint),", ""],
    ],
    [REQUEST]: [["proof: v.optional(requestProof),", ""]],
    [CONSENTED]: [
      ['import { sealedPin } from "./sealed-pin.ts";', ""],
      ["  sealedPin,\n", "  pin: v.string(),\n"],
    ],
    [STATUS_VERB]: `
      import { HOST_PROTOCOL, hostVerbNames } from "@certbridge/protocol/host";
      export const status = ({ version, stores }) => async () => ({
        version, protocol: HOST_PROTOCOL, operations: [...hostVerbNames], carriers: stores.map(({ carrier }) => carrier),
      });`,
    "apps/host/src/dispatch.ts": [['if (operation !== "status") await admit(request);', "void admit;"]],
  },
  same: {},
  /** The same grammar, grown as it may grow: a verb more, and more in its answers. */
  grown: {
    [GRAMMAR]: [
      [
        "export const hostVerbs = {",
        "export const hostVerbs = {\n  seal: defineVerb(v.strictObject({}), v.object({})),",
      ],
    ],
    [REQUEST]: [["export const hostVerbNames = [", 'export const hostVerbNames = [\n  "seal",']],
    [STATUS_VERB]: [["version,\n    protocol", "version, more: { than: ['is', 'known'] },\n    protocol"]],
    "apps/host/src/verbs/index.ts": [["return {", "return { seal: async () => ({ more: 1 }),"]],
    "apps/host/src/verbs/keys.ts": [["return { keys:", "return { more: 1, keys:"]],
  },
  newer: { [STATUS]: [numbered(HOST_PROTOCOL + 1)], [GRAMMAR]: [NEW_PARAM] },
} satisfies Record<string, Edits>;

/** The extension's client. */
const clients = {
  same: {},
  /** The same grammar of a newer extension: it says more where it asks who is there. */
  grown: {
    "extension/background/host-greeting.ts": [
      ["{ extension, challenge, client }", "{ extension, challenge, client, more: 1 }"],
    ],
  },
  newer: {
    [STATUS]: [numbered(HOST_PROTOCOL + 1)],
    [GRAMMAR]: [NEW_PARAM],
    "extension/background/host-greeting.ts": [
      ["{ extension, challenge, client }", "{ extension, challenge, client, more: 1 }"],
    ],
  },
} satisfies Record<string, Edits>;

type HostName = keyof typeof hosts;
type ClientName = keyof typeof clients;
type Open = typeof createHostClient;

const hostNames = Object.keys(hosts) as readonly HostName[];
const scriptOf = (name: HostName) => join(folder.path, name, "certbridge-host.mjs");
const homeOf = (name: HostName) => join(folder.path, `home of ${name}`);
const opened = new Map<ClientName, Open>();

/** Native messaging between a bundle of the extension's client and a program of a test's choice. */
let started: HostName = "same";

function connectNative(): object {
  const child = spawn(process.execPath, ["--no-warnings", scriptOf(started), "--home", homeOf(started), CALLER], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  running.add(child);
  child.stdin.on("error", () => undefined);
  const [heard, ended]: [Set<(message: unknown) => void>, Set<(port: object) => void>] = [new Set(), new Set()];
  const port = {
    onMessage: { addListener: (listener: (message: unknown) => void) => heard.add(listener) },
    onDisconnect: { addListener: (listener: (port: object) => void) => ended.add(listener) },
    error: { message: "Native host has exited." },
    postMessage: (message: unknown) => void child.stdin.write(encodeFrame(message)),
    disconnect: () => void child.stdin.end(),
  };
  let held = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32LE(0)) {
      const end = 4 + held.readUInt32LE(0);
      const message: unknown = JSON.parse(held.toString("utf8", 4, end));
      held = held.subarray(end);
      for (const listener of heard) listener(message);
    }
  });
  child.on("close", () => {
    running.delete(child);
    for (const listener of ended) listener(port);
  });
  return port;
}

beforeAll(async () => {
  Object.assign(globalThis, {
    chrome: { runtime: { id: "skew" } },
    browser: { runtime: { id: "skew", connectNative, getManifest: () => ({ version: "0.1.0" }) } },
  });
  await Promise.all([
    ...hostNames.map((name) => buildHost(join(folder.path, name), hosts[name])),
    ...(Object.keys(clients) as ClientName[]).map(async (name) => {
      const bundle = join(folder.path, `client ${name}.mjs`);
      await buildWith("extension/background/host-client.ts", bundle, clients[name]);
      const { createHostClient: open } = (await import(bundle)) as { createHostClient: Open };
      opened.set(name, open);
    }),
  ]);
});

/** Ends what a test began, and waits until it is gone. */
afterEach(async () => {
  for (const child of running) {
    child.stdin?.end();
    await once(child, "close");
  }
});
afterAll(folder.remove);

function emptyTable(): Table {
  const held = new Map<string, unknown>();
  return {
    get: async (key) => held.get(key),
    set: async (key, value) => void held.set(key, value),
    remove: async (key) => void held.delete(key),
    keys: async () => [...held.keys()],
    all: async () => [...held.values()],
  };
}

/** That extension with that program; a place is open for it. */
async function meet(client: ClientName, host: HostName) {
  started = host;
  const first = spawn(process.execPath, ["--no-warnings", scriptOf(host), "--home", homeOf(host), CALLER]);
  first.stdin.end();
  await once(first, "close");
  await openPlace(homeOf(host));
  const key = await openClient();
  const open = opened.get(client);
  if (open === undefined) throw new Error(`no build of ${client}`);
  const trusted = emptyTable();
  return open({ core: () => Promise.resolve(gm), clientKey: () => Promise.resolve(key), trusted, now: Date.now });
}

/** Every cell: what the extension finds, and the code with which a verb that uses a key ends. */
const cells: readonly (readonly [ClientName, HostName, string, string])[] = [
  ["same", "older", "outdated", "HOST_OUTDATED"],
  ["same", "same", "ready", "KEY_NOT_FOUND"],
  ["same", "grown", "ready", "KEY_NOT_FOUND"],
  ["same", "newer", "extension-outdated", "EXTENSION_OUTDATED"],
  ["grown", "older", "outdated", "HOST_OUTDATED"],
  ["grown", "same", "ready", "KEY_NOT_FOUND"],
  ["grown", "grown", "ready", "KEY_NOT_FOUND"],
  ["grown", "newer", "extension-outdated", "EXTENSION_OUTDATED"],
  ["newer", "older", "outdated", "HOST_OUTDATED"],
  ["newer", "same", "outdated", "HOST_OUTDATED"],
  ["newer", "grown", "outdated", "HOST_OUTDATED"],
  ["newer", "newer", "ready", "KEY_NOT_FOUND"],
];

describe("an extension and a program", () => {
  test("are all met by all", () => {
    expect(new Set(cells.map(([client, host]) => `${client} ${host}`)).size).toBe(
      hostNames.length * Object.keys(clients).length,
    );
  });

  test.each(cells)("%s extension, %s program: %s, and a login ends with %s", async (client, host, state, code) => {
    const extension = await meet(client, host);
    const look = await extension.look();
    expect(look.state.state).toBe(state);
    expect(look.operations.includes("login")).toBe(state === "ready");
    const params = {
      consentId: newId(),
      keyId: "A".repeat(43),
      sealedPin: "A".repeat(443),
      origin: "https://a.test",
      nonce: "A".repeat(43),
      ...(client === "newer" ? { purpose: "login" } : {}),
    };
    await expect(extension.call("login", params)).rejects.toMatchObject({ code });
    if (state === "ready") expect((await extension.call("keys", {})).keys).toEqual([]);
  });
});

/** An extension of grammar 1, as far as it spoke before it gave up: its question, and how it read the answer. */
const oldAnswer = v.object({
  version: v.string(),
  protocol: v.number(),
  operations: v.array(v.string()),
  carriers: v.array(v.picklist(["usb-key", "phone", "software"])),
});
const OLD_PROTOCOL = 1;

describe("an extension of grammar 1", () => {
  test.each([
    ["older", "ready"],
    ["same", "outdated"],
    ["grown", "outdated"],
    ["newer", "outdated"],
  ] as const)("with the %s program finds it %s, by the same question as ever", async (host, state) => {
    const served = serveHost(homeOf(host), [process.execPath, "--no-warnings", scriptOf(host)]);
    const { protocol } = conform(oldAnswer, await served.ask("status", { extension: "0.0.9" }));
    expect(protocol === OLD_PROTOCOL ? "ready" : "outdated").toBe(state);
    await served.end();
  });

  test("that goes on all the same is refused by one code, and nothing waits", async () => {
    const served = serveHost(homeOf("same"), [process.execPath, "--no-warnings", scriptOf("same")]);
    const params = { consentId: newId(), keyId: "A".repeat(43), pin: "246810", origin: "https://a.test", nonce: "A" };
    const old = { v: 1, id: newId(), operation: "login", params };
    expect(await served.exchange(old)).toMatchObject({ ok: false, error: { code: "NOT_PAIRED" } });
    expect(await served.answerTo("login", params)).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
    await served.end();
  });
});

describe("what the program does not know", () => {
  test.each<[string, string, object, string]>([
    ["a verb", "seal", {}, "UNSUPPORTED_OPERATION"],
    ["a param", "keys", { more: 1 }, "INVALID_REQUEST"],
  ])("%s of a paired extension has its code", async (_what, operation, params, code) => {
    const served = serveHost(homeOf("same"), [process.execPath, "--no-warnings", scriptOf("same")]);
    expect(await served.answerTo(operation, params)).toMatchObject({ ok: false, error: { code } });
    await served.end();
  });

  test.each([{ v: 2 }, { more: 1 }, { operation: "x".repeat(65) }, { proof: {} }])(
    "a message with %j has its code",
    async (change) => {
      const served = serveHost(homeOf("same"), [process.execPath, "--no-warnings", scriptOf("same")]);
      const message = { v: 1, id: newId(), operation: "status", params: { extension: "0.1.0" }, ...change };
      expect(await served.exchange(message)).toMatchObject({ ok: false, error: { code: "INVALID_REQUEST" } });
      await served.end();
    },
  );
});
