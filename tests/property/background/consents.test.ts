/**
 * Invariant 3: whatever happens, in whatever order, every private-key call belongs to one consumed consent that listed it beforehand,
 * never one more, and after the last the key is closed. Counted where the store hands its keys to the cryptography.
 */
import { openBackground, page } from "./background.ts";
import { createLife, openClient, workshop } from "./mortal.ts";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { Answer } from "@certbridge/protocol/page/wire";
import * as fc from "fast-check";
import { afterAll, expect, test, vi } from "vitest";
import { gm } from "../../support/authority.ts";
import { sealFor } from "../../support/client.ts";
import { newId, PIN } from "../../support/host.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { openProgram } from "../../support/program.ts";
import { stored, windows } from "../../unit/background/stage.ts";

/** A PIN is stretched as it really is, but once: 600,000 rounds for every try would be all that this test does. */
vi.mock("node:crypto", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:crypto")>();
  const known = new Map<string, Buffer>();
  type Done = (error: Error | null, key: Buffer) => void;
  const pbkdf2 = (
    password: Uint8Array,
    salt: Uint8Array,
    rounds: number,
    len: number,
    hash: string,
    done: Done,
  ): void => {
    const name =
      [password, salt].map((bytes) => Buffer.from(bytes).toString("hex")).join() + [rounds, len, hash].join();
    const key = known.get(name) ?? real.pbkdf2Sync(password, salt, rounds, len, hash);
    known.set(name, Buffer.from(key));
    setImmediate(done, null, Buffer.from(key));
  };
  return { ...real, pbkdf2 };
});

interface Call {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  /** Whether the key was gone when the call had returned. */
  closed: boolean;
}

/** What the store's keys signed. */
const calls: Call[] = [];
const watch = (own: Gm): Gm => ({
  ...own,
  sm2Sign(key, message, options) {
    const call: Call = { key, message: new Uint8Array(message), closed: false };
    calls.push(call);
    queueMicrotask(() => {
      call.closed = key.every((byte) => byte === 0);
    });
    return own.sm2Sign(key, message, options);
  },
});

const program = await openProgram(watch);
afterAll(() => program.remove());

/** What the window sends with an agreement. */
const keyWith = (consentId: string, pin: string) => ({
  keyId: program.keyId,
  sealedPin: sealFor(program.identity.publicKey, consentId, pin),
  credentialId: null,
});

const verbs = ["login", "register", "sign"] as const;

type Action =
  | { readonly do: "ask"; readonly document: number; readonly verb: (typeof verbs)[number]; readonly items: number }
  | { readonly do: "accept"; readonly which: number; readonly pin: string; readonly times: number }
  | { readonly do: "decline" | "cancel" | "resend" | "leave"; readonly which: number }
  | { readonly do: "kill worker" | "kill host" };

/** Counted back from the one that was asked last. */
const which = fc.constantFrom(0, 0, 0, 1, 1, 2, 3);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      document: fc.nat({ max: 2 }),
      verb: fc.constantFrom(...verbs),
      items: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("accept" as const),
      which,
      pin: fc.constantFrom(PIN, PIN, PIN, PIN, "000000"),
      times: fc.constantFrom(1, 1, 2, 3),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("decline" as const, "cancel" as const, "resend" as const, "leave" as const),
      which,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("kill worker" as const, "kill host" as const) }) },
);
/** Each with the turns of the event loop that pass before the next. */
const story = fc.array(fc.tuple(action, fc.constantFrom(0, 0, 1, 4, 12, 60, 200)), { minLength: 3, maxLength: 16 });

const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  readonly message: { readonly id: string; readonly operation: string };
  readonly sender: typeof page;
  /** One for each call: what only that call's message has in it. */
  readonly listed: readonly Uint8Array[];
  answer: Answer | null;
  hash: string | null;
  agreed: boolean;
}

let asks = 0;

function makeRequest({ verb, items }: { readonly verb: string; readonly items: number }, document: number): Asked {
  const id = newId();
  asks += 1;
  const bytes = new TextEncoder().encode(`challenge or content ${asks}`);
  const nonce = gm.sm3(bytes);
  const contents = Array.from({ length: items }, (_, at) => Uint8Array.from([...nonce, at]));
  const params =
    verb === "sign"
      ? {
          format: "cms-detached",
          items: contents.map((some, at) => ({ name: `标书${at}`, content: new Blob([some]) })),
        }
      : { nonce: encodeBase64Url(nonce) };
  const request = { v: 1, kind: "request", id, operation: verb, params };
  return {
    message: request,
    sender: { ...page, tabId: document, documentId: `doc-${document}` },
    listed: verb === "sign" ? contents.map((some) => gm.sm3(some)) : [gm.sm3(nonce)],
    answer: null,
    hash: null,
    agreed: false,
  };
}

/** Lets it all happen, and waits until nothing is under way any more. */
async function play(actions: readonly (readonly [Action, number])[]): Promise<readonly Asked[]> {
  const time = { now: 1_000_000_000 };
  const gone = new Set<string | null>();
  const asked: Asked[] = [];
  const client = openClient(program);
  const begin = () => {
    const { life, guard } = createLife();
    const given = { host: client, workshop, now: () => time.now, isThere: (id: string | null) => !gone.has(id) };
    return { life, ...openBackground(given, guard) };
  };
  let background = begin();

  function bring(request: Asked): void {
    const { message, sender } = request;
    void background.dispatch.take(message, sender)?.then(async (answer) => {
      request.answer ??= answer;
      await background.dispatch.take({ v: 1, kind: "done", id: message.id }, sender);
    });
  }
  async function agree(request: Asked, pin: string): Promise<void> {
    const { id } = request.message;
    request.hash ??= (await background.view(id))?.hash ?? null;
    if (request.hash === null) return;
    if (pin === PIN) request.agreed = true;
    await background.tell("accept", { id, hash: request.hash, key: keyWith(id, pin) });
  }
  /** What has no answer yet is brought again, as relays do. */
  function killWorker(): void {
    background.life.ended = true;
    background = begin();
    for (const request of asked) if (request.answer === null) bring(request);
  }

  function act(action: Action): void {
    if (action.do === "ask") {
      time.now += 7000;
      const request = makeRequest(action, action.document);
      asked.push(request);
      bring(request);
      return;
    }
    if (!("which" in action)) {
      if (action.do === "kill host") client.kill();
      else killWorker();
      return;
    }
    const request = asked.at(-1 - action.which);
    if (request === undefined) return;
    const { id } = request.message;
    if (action.do === "accept") for (let n = 0; n < action.times; n++) void agree(request, action.pin);
    if (action.do === "decline") void background.tell("decline", { id });
    if (action.do === "cancel") void background.dispatch.take({ v: 1, kind: "cancel", id }, request.sender);
    if (action.do === "resend") bring(request);
    if (action.do === "leave") gone.add(request.sender.documentId);
  }

  for (const [action, turns] of actions) {
    act(action);
    for (let n = 0; n < turns; n++) await turn();
  }
  // Nobody agrees any more: what still asks is declined, what works comes to its end.
  for (let quiet = 0; quiet < 20; quiet++) {
    for (const { message } of asked) await Promise.race([background.tell("decline", { id: message.id }), turn()]);
    await client.quiet();
    await turn();
  }
  background.life.ended = true;
  return asked;
}

const holds = ({ message }: Call, needle: Uint8Array) => Buffer.from(message).includes(Buffer.from(needle));

test(
  "private-key calls are those that consumed consents listed, never one more, and the last one closes the key",
  async () => {
    let signed = 0;
    await fc.assert(
      fc.asyncProperty(story, async (actions) => {
        stored.clear();
        windows.open.clear();
        calls.length = 0;
        for (const file of readdirSync(program.home.keys)) {
          if (file.endsWith(".tries")) rmSync(join(program.home.keys, file));
        }
        const before = new Set(readdirSync(program.home.consents));
        const asked = await play(actions);
        const consumed = new Set(readdirSync(program.home.consents).filter((id) => !before.has(id)));

        for (const { message, listed, answer, agreed } of asked) {
          const times = listed.map((needle) => calls.filter((call) => holds(call, needle)).length);
          expect(times).toEqual(listed.map(() => (consumed.has(message.id) ? 1 : 0)));
          if (consumed.has(message.id)) expect(agreed).toBe(true);
          if (answer?.ok === true) expect(consumed).toContain(message.id);
        }
        const all = asked.filter(({ message }) => consumed.has(message.id)).flatMap(({ listed }) => listed);
        expect(calls).toHaveLength(all.length);
        expect(consumed.size).toBe(asked.filter(({ message }) => consumed.has(message.id)).length);
        // A key that was opened is one consent's, and ends with its last call.
        for (const key of new Set(calls.map((call) => call.key))) {
          const own = calls.filter((call) => call.key === key);
          const owners = asked.filter(({ listed }) => own.some((call) => listed.some((needle) => holds(call, needle))));
          expect(owners.map(({ listed }) => listed.length)).toEqual([own.length]);
          expect(own.map(({ closed }) => closed)).toEqual(own.map((_, at) => at === own.length - 1));
        }
        signed += calls.length;
      }),
      cases(600, 30_000),
    );
    expect(signed).toBeGreaterThan(50);
  },
  timeoutMs,
);
