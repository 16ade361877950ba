import { native, stored } from "./stage.ts";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { gm } from "../../support/authority.ts";
import { openProgram, type OpenProgram } from "../../support/program.ts";

const { createHostClient } = await import("../../../extension/background/host-client.ts");
const { openTable } = await import("../../../extension/platform/storage.ts");

/** The program that the person installed, and another one with a home of its own. */
let program: OpenProgram;
let other: OpenProgram;
const time = { now: Date.parse("2026-11-23T01:31:07Z") };

beforeAll(async () => {
  program = await openProgram();
  other = await openProgram();
});
afterAll(() => {
  program.remove();
  other.remove();
});
beforeEach(() => {
  stored.clear();
  native.passed.length = 0;
  native.starts = 0;
  native.answer = (message) => program.answer(message);
});
afterEach(() => vi.useRealTimers());

const open = () =>
  createHostClient({
    core: () => Promise.resolve(gm),
    clientKey: () => Promise.resolve(program.client),
    trusted: openTable("local", "host"),
    now: () => time.now,
  });

const verbs = () => native.passed.flatMap((text) => /"operation":"(\w+)"/.exec(text)?.[1] ?? []);

interface Said {
  ok: boolean;
  result: { protocol: number; version: string; identity: { publicKey: string; session: string; signature: string } };
}

/** The program, with one thing changed in what it says of itself. */
const saying = (change: (answer: Said) => void) => async (message: unknown) => {
  const answer = (await program.answer(message)) as Said;
  if (answer.ok && "identity" in answer.result) change(answer);
  return answer;
};

describe("the program", () => {
  test("that is paired is trusted when it is first met, and its fingerprint is what doctor says", async () => {
    const { state, operations, carriers } = await open().look();
    expect(state).toEqual({
      state: "ready",
      version: "0.1.0",
      hazards: [],
      identity: {
        publicKey: program.identity.publicKey,
        fingerprint: program.identity.fingerprint,
        since: "2026-11-23T01:31:07.000Z",
      },
    });
    expect(operations).toContain("login");
    expect(carriers).toEqual(["software"]);
  });

  test("that is not there is missing", async () => {
    native.answer = null;
    expect((await open().look()).state).toEqual({ state: "missing" });
  });

  test("that died with a bid's open key in it is not replaced for the signature: another run could only say that it knows of none", async () => {
    const host = open();
    await host.look();
    native.end();
    const trailer = encodeBase64Url(new Uint8Array(8));
    const consentId = encodeBase64Url(new Uint8Array(16));
    await expect(host.call("finishBid", { consentId, trailer })).rejects.toMatchObject({ code: "HOST_FAILED" });
    expect(verbs()).toEqual(["status"]);
    expect(native.starts).toBe(1);
  });

  test("is asked once per run who it is, and every other question is proved", async () => {
    const host = open();
    await host.look();
    await host.call("keys", {});
    await host.look();
    await host.call("keys", {});
    expect(verbs()).toEqual(["status", "keys", "keys"]);
    expect(native.starts).toBe(1);
    const asked = native.passed.filter((text) => text.includes('"operation":"keys"'));
    for (const text of asked) expect(JSON.parse(text)).toHaveProperty("proof.client", program.client.publicKey);
  });
});

describe("another program in its place", () => {
  const changed = async () => {
    await open().look();
    time.now += 3600_000;
    native.answer = (message) => other.answer(message);
    await other.pairings.open([{ kind: "chromium", label: "test" }]);
    return open();
  };

  test("is a state of its own, with both fingerprints and since when, and is asked nothing", async () => {
    const host = await changed();
    native.passed.length = 0;
    const first = (await host.look()).state;
    expect(first).toMatchObject({
      state: "changed",
      trusted: { fingerprint: program.identity.fingerprint },
      found: { fingerprint: other.identity.fingerprint },
    });
    time.now += 1000;
    expect((await host.look()).state).toEqual(first);
    await expect(host.call("keys", {})).rejects.toMatchObject({ code: "HOST_CHANGED" });
    expect(new Set(verbs())).toEqual(new Set(["status"]));
  });

  test("is used once the person says that they trust this very one", async () => {
    const host = await changed();
    await host.look();
    await expect(host.trust(program.identity.publicKey)).rejects.toMatchObject({ code: "HOST_CHANGED" });
    await host.trust(other.identity.publicKey);
    expect((await host.look()).state).toMatchObject({
      state: "ready",
      identity: { fingerprint: other.identity.fingerprint, since: new Date(time.now).toISOString() },
    });
    expect((await host.call("keys", {})).keys).toHaveLength(1);
    native.answer = (message) => program.answer(message);
    expect((await open().look()).state).toMatchObject({ state: "changed" });
  });

  test("is gone when the trusted one is back", async () => {
    const host = await changed();
    await host.look();
    native.answer = (message) => program.answer(message);
    expect((await host.look()).state).toMatchObject({ state: "ready" });
  });

  test.each<[string, (answer: Said) => void]>([
    ["another's key", ({ result }) => (result.identity.publicKey = other.identity.publicKey)],
    ["another session", ({ result }) => (result.identity.session = encodeBase64Url(gm.sm3(new Uint8Array(1))))],
    [
      "an altered signature",
      ({ result: { identity } }) =>
        (identity.signature = (identity.signature[0] === "A" ? "B" : "A") + identity.signature.slice(1)),
    ],
    ["no identity", ({ result }) => (result.identity = null as never)],
  ])("that only says its name, with %s, has failed, and is not offered for trust", async (_what, change) => {
    native.answer = saying(change);
    expect((await open().look()).state).toEqual({ state: "failed" });
    await expect(open().call("keys", {})).rejects.toMatchObject({ code: "HOST_FAILED" });
    expect(stored.size).toBe(0);
  });

  test("that repeats what the trusted one once answered has failed", async () => {
    let kept: unknown;
    native.answer = async (message) => (kept = await program.answer(message));
    await open().look();
    native.answer = async (message) => ({ ...(kept as object), id: (message as { id: string }).id });
    expect((await open().look()).state).toEqual({ state: "failed" });
  });
});

describe("an extension that the program does not know", () => {
  test("is told so, asks nothing more, trusts nobody, and goes on once a place is open", async () => {
    const clientKey = program.client;
    await program.pairings.clear();
    const host = open();
    expect((await host.look()).state).toEqual({ state: "unpaired", version: "0.1.0" });
    await expect(host.call("keys", {})).rejects.toMatchObject({ code: "NOT_PAIRED" });
    expect(new Set(verbs())).toEqual(new Set(["status"]));
    expect(stored.size).toBe(0);
    await program.pairings.open([{ kind: "chromium", label: "test" }]);
    expect((await host.look()).state).toMatchObject({ state: "ready" });
    expect(await program.pairings.knows(clientKey.publicKey)).toBe(true);
  });

  test("learns in the middle of its work that it is known no more", async () => {
    const host = open();
    await host.call("keys", {});
    await program.pairings.clear();
    await expect(host.call("keys", {})).rejects.toMatchObject({ code: "NOT_PAIRED" });
    expect((await host.look()).state).toMatchObject({ state: "unpaired" });
    await program.pairings.open([{ kind: "chromium", label: "test" }]);
    expect((await host.call("keys", {})).keys).toHaveLength(1);
  });
});

describe("another grammar", () => {
  test.each([
    [HOST_PROTOCOL - 1, { state: "outdated", found: "0.0.9", needed: "0.1.0" }, "HOST_OUTDATED"],
    [HOST_PROTOCOL + 1, { state: "extension-outdated", found: "0.1.0", needed: "0.0.9" }, "EXTENSION_OUTDATED"],
  ])("%d says which of the two is the older one", async (protocol, state, code) => {
    native.answer = saying(({ result }) => Object.assign(result, { protocol, version: "0.0.9" }));
    const host = open();
    expect(await host.look()).toEqual({ state, operations: [], carriers: [] });
    await expect(host.call("keys", {})).rejects.toMatchObject({ code });
  });
});

test("a code of a newer program that is not known here is an error all the same", async () => {
  const host = open();
  await host.look();
  native.answer = (message) =>
    Promise.resolve({
      v: 1,
      id: (message as { id: string }).id,
      ok: false,
      error: { code: "OF_TOMORROW", details: {}, message: "", retriable: true },
    });
  native.end();
  await expect(host.call("keys", {})).rejects.toMatchObject({ code: "INTERNAL" });
});

describe("a run of the program", () => {
  test("is let go of after 20 seconds in which nothing was asked, and not before", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const host = open();
    await host.call("keys", {});
    await vi.advanceTimersByTimeAsync(19_999);
    await host.call("keys", {});
    await vi.advanceTimersByTimeAsync(19_999);
    await host.look();
    expect(native.starts).toBe(1);
    await vi.advanceTimersByTimeAsync(20_000);
    await host.call("keys", {});
    expect(native.starts).toBe(2);
  });

  test("is not kept for a bid that it cannot confirm: another run can be told so as well", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const consentId = encodeBase64Url(new Uint8Array(16));
    native.answer = (message) =>
      JSON.stringify(message).includes('"beginBid"')
        ? Promise.resolve({ v: 1, id: (message as { id: string }).id, ok: true, result: { results: [] } })
        : program.answer(message);
    const host = open();
    const header = encodeBase64Url(new Uint8Array(8));
    const bid = { consentId, keyId: "A".repeat(43), sealedPin: header, origin: "https://a.example", notice: header };
    await host.call("beginBid", { ...bid, header, keyBlock: header });
    await vi.advanceTimersByTimeAsync(50_000);
    await host.look();
    expect(native.starts).toBe(1);
    await expect(host.call("confirmBid", { consentId, packageId: consentId })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await host.look();
    expect(native.starts).toBe(2);
  });

  test("is kept while it works", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const host = open();
    await host.look();
    const release = program.hold();
    const keys = host.call("keys", {});
    await vi.advanceTimersByTimeAsync(50_000);
    release();
    expect((await keys).keys).toHaveLength(1);
    expect(native.starts).toBe(1);
  });

  test("that ends is started again for what only looks", async () => {
    const host = open();
    await host.look();
    native.answer = (message) => program.answer(message);
    native.end();
    expect((await host.call("keys", {})).keys).toHaveLength(1);
    expect(native.starts).toBe(2);
  });
});

test("a session is drawn by the program, and a challenge by the extension, for each run", async () => {
  for (let round = 0; round < 2; round++) await open().look();
  const challenges = native.passed.flatMap((text) => /"challenge":"([\w-]+)"/.exec(text)?.[1] ?? []);
  expect(new Set(challenges).size).toBe(2);
  for (const challenge of challenges) expect(decodeBase64Url(challenge)).toHaveLength(32);
});
