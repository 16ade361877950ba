import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { APPLICATION, DEVICE, openStage, PIN } from "./stage.ts";
import type { Stage } from "./stage.ts";

const TAKER = join(import.meta.dirname, "../../support/token-taker.ts");

/** Another program that draws random numbers of the token: how it ended, and what it said. */
function drawElsewhere(library: string, times: number, deadlineMs = 20_000) {
  const words = Array.from({ length: times }, () => "random");
  const child = spawn(process.execPath, ["--no-warnings", TAKER, library, DEVICE, APPLICATION, PIN, ...words]);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const timer = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  return new Promise<{ out: string; err: string; signal: string | null }>((done) => {
    child.on("close", (_, signal) => {
      clearTimeout(timer);
      done({ ...said, signal });
    });
  });
}

const draw = ({ skf, device }: Stage) => skf.call("GenRandom", device, Buffer.alloc(8), 8);

describe("faults", () => {
  test("wrong codes: at the n-th call of a function, of any, and at each", () => {
    const stage = openStage({ conf: { fault: ["GenRandom:2:code:0A000012", "*:6:code:0x0A000002"] } });
    // Three calls have opened the container.
    expect([draw(stage), draw(stage), draw(stage)]).toEqual([0, 0x0a000012, 0x0a000002]);
    expect(draw(stage)).toBe(0);
    stage.token.setConf({ fault: "SKF_GenRandom:*:code:0A000001" });
    expect([draw(stage), draw(stage)]).toEqual([0x0a000001, 0x0a000001]);
    stage.token.setConf({ fault: null });
    expect(draw(stage)).toBe(0);
  });

  test("slow", () => {
    const stage = openStage({ conf: { fault: "GenRandom:1:slow:150" } });
    const at = performance.now();
    expect(draw(stage)).toBe(0);
    expect(performance.now() - at).toBeGreaterThanOrEqual(149);
  });

  test("crash: the process is gone by a real SIGSEGV", async () => {
    const { token } = openStage({ conf: { fault: "GenRandom:2:crash" } });
    const { out, signal } = await drawElsewhere(token.library, 3);
    expect([out, signal]).toEqual(["random 0\n", "SIGSEGV"]);
    expect(token.calls().at(-1)).toEqual({ name: "SKF_GenRandom", facts: { device: DEVICE, len: "8" }, code: null });
  });

  test("hang: never back, and no other process waits for it", async () => {
    const stage = openStage({ conf: { fault: "GenRandom:2:hang" } });
    const ended = drawElsewhere(stage.token.library, 3, 1500);
    await expect.poll(() => stage.token.calls().at(-1)?.code).toBe(null);
    expect(draw(stage)).toBe(0);
    const { out, signal } = await ended;
    expect([out, signal]).toEqual(["random 0\n", "SIGKILL"]);
  });

  test("noise on both outputs, and the right answer", async () => {
    const { token } = openStage({ conf: { fault: "GenRandom:1:print" } });
    const { out, err, signal } = await drawElsewhere(token.library, 2);
    expect([out, err, signal]).toEqual(["soft token: noise\nrandom 0\nrandom 0\n", "soft token: noise\n", null]);
  });
});

/** A login and a signature, call by call; the codes. */
function signOnce({ skf, application, container, device }: Stage): number[] {
  return [
    skf.call("LockDev", device, 1000),
    skf.call("GetPINInfo", application, 1, skf.out(), skf.out(), skf.out()),
    skf.call("VerifyPIN", application, 1, PIN, skf.out()),
    skf.call("ExportPublicKey", container, 1, Buffer.alloc(132), skf.out(132)),
    skf.call("ECCSignData", container, Buffer.alloc(32, 1), 32, Buffer.alloc(128)),
    skf.call("ClearSecureState", application),
    skf.call("UnlockDev", device),
    skf.call("DisConnectDev", device),
  ];
}

describe("a key pulled at each call", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("the one numbered %i", (number) => {
    const stage = openStage({ conf: { fault: `*:${number + 3}:remove` } });
    const removed = 0x0a000023;
    expect(signOnce(stage)).toEqual(Array.from({ length: 8 }, (_, at) => (at + 1 < number ? 0 : removed)));
    stage.token.setConf({ fault: null });
    stage.token.insert(DEVICE);
    stage.open();
    expect(signOnce(stage)).toEqual(Array<number>(8).fill(0));
  });
});

test("the transcript of a login and a signature, without a PIN in it", () => {
  const stage = openStage();
  expect(stage.login("wrong-pin")).toBe(0x0a000024);
  signOnce(stage);
  const lines = stage.token.calls().map(({ name, facts, code }) => {
    const { device, application, container, ...others } = facts;
    const on = [device, application, container].filter((each) => each !== undefined).join("/");
    const words = Object.entries(others).map(([key, value]) => `${key}=${value}`);
    return [name.replace("SKF_", ""), on, ...words, code?.toString(16)].filter((word) => word !== "").join(" ");
  });
  expect(lines).toEqual([
    "ConnectDev name=KEY-1 0",
    "OpenApplication KEY-1 name=投标应用 0",
    "OpenContainer KEY-1/投标应用 name=pair 0",
    "VerifyPIN KEY-1/投标应用 type=1 left=5 a000024",
    "LockDev KEY-1 timeout=1000 0",
    "GetPINInfo KEY-1/投标应用 type=1 left=5 0",
    "VerifyPIN KEY-1/投标应用 type=1 left=6 0",
    "ExportPublicKey KEY-1/投标应用/pair signing=1 buffer=given 0",
    "ECCSignData KEY-1/投标应用/pair len=32 0",
    "ClearSecureState KEY-1/投标应用 0",
    "UnlockDev KEY-1 0",
    "DisConnectDev KEY-1 0",
  ]);
  stage.token.forgetCalls();
  expect(stage.token.calls()).toEqual([]);
});

test("two tokens of two makes are two libraries in one process", () => {
  const [first, second] = [openStage({ conf: { tries: 3 } }), openStage({ layout: "natural8" })];
  expect(first.login("wrong-pin")).toBe(0x0a000024);
  const left = second.skf.out();
  expect(second.skf.call("VerifyPIN", second.application, 1, PIN, left)).toBe(0);
  expect(left.value).toBe(6);
  const faulty = second.token.calls().filter(({ code }) => code !== 0);
  expect(faulty).toEqual([]);
});
