import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { IDLE_MS, serve } from "../../../apps/host/src/stdio/serve.ts";
import { encodeFrame, newId, readFrames } from "../../support/host.ts";

/** The program's input and output with a clock that the test turns. */
function open() {
  const input = new PassThrough();
  const output = new PassThrough();
  const alarms = new Map<number, { readonly at: number; readonly ring: () => void }>();
  const time = { now: 0, set: 0 };
  const events: string[] = [];
  let release = () => undefined as void;
  const held = new Promise<void>((resolve) => (release = resolve));
  const state = { ended: false, failed: false };
  const respond = async (message: unknown) => {
    const { id, operation } = message as { id: string; operation: string };
    if (operation === "slow") await held;
    return { v: 1, id, ok: true, result: null };
  };
  const done = serve(
    { input, output },
    respond,
    async ({ event }) => void events.push(event),
    (afterMs, ring) => {
      const name = ++time.set;
      alarms.set(name, { at: time.now + afterMs, ring });
      return () => void alarms.delete(name);
    },
  ).then(
    () => (state.ended = true),
    () => (state.failed = true),
  );
  return {
    input,
    state,
    events,
    done,
    release,
    ask: (operation: string) => input.write(encodeFrame({ v: 1, id: newId(), operation, params: {} })),
    async pass(ms: number) {
      await setImmediate();
      time.now += ms;
      for (const [name, { at, ring }] of alarms) {
        if (at > time.now) continue;
        alarms.delete(name);
        ring();
      }
      for (let turn = 0; turn < 5; turn++) await setImmediate();
    },
    answers: () => readFrames((output.read() as Buffer | null) ?? Buffer.alloc(0)).length,
  };
}

test("a program that nobody asks anything leaves after its time, without a complaint", async () => {
  const program = open();
  await program.pass(IDLE_MS - 1);
  expect(program.state).toEqual({ ended: false, failed: false });
  await program.pass(1);
  expect(program.state).toEqual({ ended: true, failed: false });
  expect(program.events).toEqual([]);
});

test("each question begins the time anew, also one that is no JSON", async () => {
  const program = open();
  for (let round = 0; round < 3; round++) {
    await program.pass(IDLE_MS - 1);
    if (round === 1) program.input.write(encodeFrame("not json {"));
    else program.ask("status");
  }
  await program.pass(IDLE_MS - 1);
  expect(program.state.ended).toBe(false);
  expect(program.answers()).toBe(2);
  await program.pass(1);
  expect(program.state.ended).toBe(true);
});

test("what is being done is not idle, however long it takes", async () => {
  const program = open();
  program.ask("slow");
  await program.pass(10 * IDLE_MS);
  expect(program.state.ended).toBe(false);
  program.release();
  await program.pass(IDLE_MS - 1);
  expect(program.answers()).toBe(1);
  expect(program.state.ended).toBe(false);
  await program.pass(1);
  expect(program.state.ended).toBe(true);
});

test("the end of the input ends it at once, with what was begun", async () => {
  const program = open();
  program.ask("slow");
  program.input.end();
  await program.pass(0);
  expect(program.state.ended).toBe(false);
  program.release();
  await program.done;
  expect(program.answers()).toBe(1);
  expect(program.state).toEqual({ ended: true, failed: false });
});
