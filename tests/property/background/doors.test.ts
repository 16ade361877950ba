/** The background's doors: what a relay, a window or the workshop's caller may send. Each is answered by a code, or left alone. */
import { openBackground, page } from "./background.ts";
import { errorCodes, OperationError } from "@certbridge/protocol/errors";
import { operationNames } from "@certbridge/protocol/page/names";
import { operations } from "@certbridge/protocol/page";
import { answer as wireAnswer, type Answer } from "@certbridge/protocol/page/wire";
import { surfaceVerbs } from "@certbridge/protocol/surface";
import { workshopVerbs } from "@certbridge/protocol/workshop";
import * as fc from "fast-check";
import * as v from "valibot";
import { expect, onTestFinished, test, vi } from "vitest";
import { createWorkshop } from "../../../extension/workshop/workshop.ts";
import { newId } from "../../support/host.ts";
import { hostileValues } from "../../support/malformed/json.ts";
import { nonce, pageSamples, surfaceSamples, workshopSamples } from "../../support/malformed/samples.ts";
import { cases, timeoutMs } from "../../support/oracles/runs.ts";
import { stored, windows } from "../../unit/background/stage.ts";

const time = { now: 1_000_000_000 };
const missing = () => Promise.reject(new OperationError("HOST_MISSING"));

/** No program is installed, and no content can be read: what is asked comes as far as the person. */
const background = openBackground({
  host: {
    call: missing,
    look: () => Promise.resolve({ state: { state: "missing" }, operations: [], carriers: [] }),
    trust: missing,
  },
  workshop: { call: () => Promise.reject(new OperationError("CONTENT_UNREADABLE", { name: "标书.pdf" })) },
  now: () => time.now,
});

/** An answer of the grammar; whose code is known, and is not our own fault. */
function expectCoded(answer: Answer | null): void {
  if (answer === null) return;
  expect(v.is(wireAnswer, answer)).toBe(true);
  if (answer.ok) return;
  expect(errorCodes.some((code) => code === answer.error.code)).toBe(true);
  expect(answer.error.code, JSON.stringify(answer)).not.toBe("INTERNAL");
}

/** The answer to what a relay sent; the person says no to whatever comes as far as a window. */
async function answerTo(message: unknown): Promise<{ answer: Answer | null; asked: unknown[] }> {
  time.now += 60_000;
  const given: { answer?: Answer | null } = {};
  const asked: unknown[] = [];
  const taken = background.dispatch.take(message, page);
  if (taken === undefined) return { answer: null, asked };
  const done = taken.then((answer) => {
    given.answer = answer;
  });
  while (given.answer === undefined) {
    for (const [key, value] of stored) {
      const { id, state, params } = value as { id: string; state: string; params: unknown };
      if (!key.startsWith("request:") || state !== "asking") continue;
      asked.push(params);
      await background.tell("decline", { id });
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  return { answer: given.answer, asked };
}

/** Contents that went to the frame, and signs in their places. */
const inFrame = { format: "cms-attached", items: [{ name: "标书.pdf", content: { inFrame: true } }] };

const requests = fc.constantFrom(...operationNames).chain((operation) => {
  const message = { v: 1, kind: "request", id: newId(), operation, params: pageSamples[operation] };
  const framed = { ...message, inFrame: true, params: operation === "sign" ? inFrame : message.params };
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant<unknown>(message) },
    { weight: 3, arbitrary: hostileValues([message, { ...message, timeoutMs: 60_000 }, framed]) },
    { weight: 5, arbitrary: hostileValues([message.params]).map((params): unknown => ({ ...message, params })) },
    { weight: 2, arbitrary: hostileValues([framed.params]).map((params): unknown => ({ ...framed, params })) },
  );
});
const endings = hostileValues(["done", "cancel"].map((kind) => ({ v: 1, kind, id: newId() })));

test(
  "a relay's message: an answer by its code, and a window only for what is of the verb's shape",
  async () => {
    for (const operation of operationNames)
      expect(v.is(operations[operation].params, pageSamples[operation])).toBe(true);
    let windowsSeen = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 8, arbitrary: requests }, { weight: 1, arbitrary: endings }),
        async (message) => {
          stored.clear();
          windows.open.clear();
          const { answer, asked } = await answerTo(message);
          expectCoded(answer);
          windowsSeen += asked.length;
          if (asked.length > 0) {
            const { operation, params } = message as { operation: "login"; params: unknown };
            expect(operations[operation].params.type).toBe("strict_object");
            expect(v.is(operations[operation].params, params)).toBe(true);
          }
          expect(windows.open.size).toBe(0);
        },
      ),
      cases(10_000, 1_000_000),
    );
    expect(windowsSeen).toBeGreaterThan(100);
  },
  timeoutMs,
);

test(
  "a window's message: an answer by its code",
  async () => {
    const verbs = Object.keys(surfaceVerbs) as (keyof typeof surfaceVerbs)[];
    for (const verb of verbs) expect(v.is(surfaceVerbs[verb].params, surfaceSamples[verb])).toBe(true);
    stored.clear();
    time.now += 3600_000;
    // The consent ends after two minutes, and a million messages take longer.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const waiting = { v: 1, kind: "request", id: newId(), operation: "login", params: { nonce } };
    const asked = background.dispatch.take(waiting, page);
    await expect.poll(() => stored.get(`request:${waiting.id}`)).toMatchObject({ state: "asking" });
    const { hash = "" } = (await background.view(waiting.id)) ?? {};
    const messages = fc.constantFrom(...verbs).chain((verb) => {
      const sample = { v: 1, kind: "surface", verb, params: surfaceSamples[verb] };
      const params = "id" in surfaceSamples[verb] ? { ...surfaceSamples[verb], id: waiting.id } : surfaceSamples[verb];
      // One that waits is agreed to by its hash alone, and declined by nobody here.
      const known =
        verb === "decline" ? sample : { ...sample, params: "hash" in params ? { ...params, hash } : params };
      return hostileValues([sample, known]);
    });
    await fc.assert(
      fc.asyncProperty(messages, async (message) => expectCoded(await background.say(message))),
      cases(10_000, 1_000_000),
    );
    expect(stored.get(`request:${waiting.id}`)).toMatchObject({ state: "asking" });
    await background.tell("decline", { id: waiting.id });
    expect(await asked).toMatchObject({ ok: false, error: { code: "USER_DECLINED" } });
  },
  timeoutMs,
);

test("an old request that nobody came back for, and that cannot be let go of, hinders no other", async () => {
  const request = (operation: "login" | "sign", params: unknown) => ({
    v: 1,
    kind: "request",
    id: newId(),
    operation,
    params,
  });
  const { answer: old } = await answerTo(request("sign", pageSamples.sign));
  expect(old).toMatchObject({ error: { code: "CONTENT_UNREADABLE" } });
  time.now += 3600_000;
  const { answer, asked } = await answerTo(request("login", { nonce }));
  expect(answer).toMatchObject({ error: { code: "USER_DECLINED" } });
  expect(asked).toHaveLength(1);
});

const ownPage = { ...page, origin: "chrome-extension://stage", tabId: null, own: true };

test(
  "what the workshop is asked: an answer by its code; from another sender, silence",
  async () => {
    vi.stubGlobal("Worker", DeadWorker);
    const workshop = createWorkshop({ place: "own", report: () => undefined });
    const verbs = Object.keys(workshopVerbs) as (keyof typeof workshopVerbs)[];
    for (const verb of verbs) expect(v.is(workshopVerbs[verb].params, workshopSamples[verb])).toBe(true);
    const messages = fc
      .constantFrom(...verbs)
      .chain((verb) => hostileValues([{ v: 1, kind: "workshop", place: "own", verb, params: workshopSamples[verb] }]));
    await fc.assert(
      fc.asyncProperty(messages, async (message) => {
        expectCoded((await workshop.take(message, ownPage)) ?? null);
        expect(workshop.take(message, page)).toBeUndefined();
      }),
      cases(10_000, 1_000_000),
    );
    vi.unstubAllGlobals();
  },
  timeoutMs,
);

test("what was found here: each is the sender's fault, and said so", async () => {
  stored.clear();
  const deep = JSON.parse("[".repeat(6000) + "]".repeat(6000)) as unknown;
  const login = { v: 1, kind: "request", id: newId(), operation: "login", inFrame: true, params: deep };
  const surface = { v: 1, kind: "surface", verb: "options", params: {}, more: 1 };
  const attach = {
    v: 1,
    kind: "workshop",
    place: "own",
    verb: "attach",
    params: { ...workshopSamples.attach, cms: ["?"] },
  };
  const workshop = createWorkshop({ place: "own", report: () => undefined });
  const answers = [
    (await answerTo(login)).answer,
    await background.say(surface),
    await background.say({ ...surface, verb: "decline", more: undefined }),
    await workshop.take(attach, ownPage),
  ];
  expect(answers.map((answer) => (answer?.ok === false ? answer.error.code : "none"))).toEqual(
    answers.map(() => "INVALID_REQUEST"),
  );
});

/** A worker that reads nothing, and makes no package: what is fuzzed is the door before it. */
class DeadWorker extends EventTarget {
  postMessage({ job, call }: { readonly job?: number; readonly call?: number }): void {
    const failed = new OperationError("INTERRUPTED").toRecord();
    const data = call === undefined ? { job, failed: true } : { call, failed };
    queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
  }
  terminate(): void {}
}
