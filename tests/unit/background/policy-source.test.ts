import { stored } from "./stage.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { PolicyInForce } from "../../../extension/background/policy-source.ts";
import { type Managed, openManaged } from "./managed.ts";

const { openPolicySource } = await import("../../../extension/background/policy-source.ts");

const BLOCKED = { schemaVersion: 1, requiredKeys: ["blockedOrigins"], blockedOrigins: ["https://a.cn"] };
const OTHER = { ...BLOCKED, blockedOrigins: ["https://b.cn"] };

beforeEach(() => {
  stored.clear();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const open = (managed: Managed) => openPolicySource(managed, () => Date.now());

/** The browser ends: its memory goes, its disk stays. */
function quit(managed: Managed): void {
  managed.restart();
  for (const key of stored.keys()) if (key.endsWith("looked-at")) stored.delete(key);
}

const blockedBy = ({ policy }: PolicyInForce) => {
  const { blockedOrigins } = policy.settings;
  return "value" in blockedOrigins ? blockedOrigins.value : blockedOrigins.source;
};

/** What has been answered after so long; null where it still waits. */
async function within(answer: Promise<PolicyInForce>, ms: number): Promise<PolicyInForce | null> {
  const waited = Promise.race([answer, new Promise<null>((resolve) => setTimeout(() => resolve(null), ms))]);
  await vi.advanceTimersByTimeAsync(ms);
  return waited;
}

const GAP_MS = 10_000;
const EXPECTED_GAP_MS = 15_000;

/** A profile in which this policy was read once, and whose browser has been started again. */
async function restarted(managed: Managed, before: Readonly<Record<string, unknown>>): Promise<void> {
  const source = open(managed);
  managed.arrive(before);
  await source.current();
  quit(managed);
}

describe("a person without an administrator", () => {
  test("waits once, at the first start, and never again", async () => {
    const managed = openManaged();
    const first = open(managed).current();
    expect(await within(first, GAP_MS - 1)).toBeNull();
    expect(await within(first, 1)).toMatchObject({ state: "none" });
    for (let start = 0; start < 3; start++) {
      quit(managed);
      expect(await within(open(managed).current(), 0)).toMatchObject({ state: "none" });
    }
  });

  test("waits no second time for a worker that died meanwhile", async () => {
    const managed = openManaged();
    void open(managed).current();
    await vi.advanceTimersByTimeAsync(GAP_MS - 1000);
    const reborn = open(managed).current();
    expect(await within(reborn, 999)).toBeNull();
    expect(await within(reborn, 1)).toMatchObject({ state: "none" });
  });

  test("does not wait longer because the clock was set back", async () => {
    const managed = openManaged();
    void open(managed).current();
    await vi.advanceTimersByTimeAsync(1);
    vi.setSystemTime(Date.now() - 3600_000);
    const reborn = open(managed).current();
    expect(await within(reborn, GAP_MS - 1)).toBeNull();
    expect(await within(reborn, 1)).toMatchObject({ state: "none" });
  });

  test("comes under a policy as soon as there is one", async () => {
    const managed = openManaged();
    await restarted(managed, {});
    const source = open(managed);
    expect(await within(source.current(), 0)).toMatchObject({ state: "none" });
    managed.arrive(BLOCKED);
    expect(blockedBy(await source.current())).toEqual(["https://a.cn"]);
  });
});

describe("through the start-up gap", () => {
  test("the first answer waits for the policy, and obeys it", async () => {
    const managed = openManaged();
    const first = open(managed).current();
    expect(await within(first, 3000)).toBeNull();
    managed.arrive(BLOCKED);
    const answer = await within(first, 0);
    expect(answer?.state).toBe("read");
    expect(answer && blockedBy(answer)).toEqual(["https://a.cn"]);
  });

  test("the last policy binds at once, and until the browser has read its own", async () => {
    const managed = openManaged();
    await restarted(managed, BLOCKED);
    const source = open(managed);
    const answer = await within(source.current(), 0);
    expect(answer?.state).toBe("kept");
    expect(answer && blockedBy(answer)).toEqual(["https://a.cn"]);
    managed.arrive(OTHER);
    expect(await source.current()).toMatchObject({ state: "read" });
    expect(blockedBy(await source.current())).toEqual(["https://b.cn"]);
  });

  test("a worker that starts in it finds the last policy too", async () => {
    const managed = openManaged();
    await restarted(managed, BLOCKED);
    for (let worker = 0; worker < 3; worker++) {
      const answer = await within(open(managed).current(), 1000);
      expect(answer?.state).toBe("kept");
    }
  });

  test("a policy that went while the browser was off ends when the gap is over, not before", async () => {
    const managed = openManaged();
    await restarted(managed, BLOCKED);
    const source = open(managed);
    await source.current();
    await vi.advanceTimersByTimeAsync(EXPECTED_GAP_MS - 1);
    expect(await source.current()).toMatchObject({ state: "kept" });
    await vi.advanceTimersByTimeAsync(1);
    expect(await source.current()).toMatchObject({ state: "none" });
  });

  test("what a broken policy last said in good order is kept over restarts", async () => {
    const managed = openManaged();
    await restarted(managed, BLOCKED);
    await restarted(managed, { schemaVersion: 1, requiredKeys: ["blockedOrigins"] });
    const answer = await open(managed).current();
    expect(blockedBy(answer)).toEqual(["https://a.cn"]);
    expect(answer.policy.settings.blockedOrigins.source).toBe("last-good");
  });

  test("a copy that is no copy is none: the browser is waited for", async () => {
    const managed = openManaged();
    stored.set("policy:kept", { document: "nothing blocked", good: 7 });
    expect(await within(open(managed).current(), GAP_MS - 1)).toBeNull();
  });
});

describe("an extension that an administrator installed", () => {
  test("is never without policy in the gap: it waits at every start", async () => {
    const managed = openManaged({ byAdministrator: true });
    await restarted(managed, {});
    for (let start = 0; start < 2; start++) {
      const answer = open(managed).current();
      expect(await within(answer, GAP_MS + 4000)).toBeNull();
      managed.arrive(BLOCKED);
      expect(await within(answer, 0)).toMatchObject({ state: "read" });
      managed.arrive({});
      await vi.advanceTimersByTimeAsync(0);
      quit(managed);
    }
  });

  test("has none once the longest gap is over", async () => {
    const answer = open(openManaged({ byAdministrator: true })).current();
    expect(await within(answer, EXPECTED_GAP_MS - 1)).toBeNull();
    expect(await within(answer, 1)).toMatchObject({ state: "none" });
  });
});

describe("at run time", () => {
  test("a change binds, deleting ends it, and each is told once", async () => {
    const managed = openManaged();
    const source = open(managed);
    let told = 0;
    source.onChange(() => told++);
    managed.arrive(BLOCKED);
    await source.current();
    managed.arrive(OTHER);
    expect(blockedBy(await source.current())).toEqual(["https://b.cn"]);
    managed.arrive(OTHER);
    await source.current();
    expect(told).toBe(2);
    managed.arrive({});
    expect(await source.current()).toMatchObject({ state: "none" });
    expect(told).toBe(3);
    // It is forgotten for good: neither a restart nor a broken policy brings it back.
    quit(managed);
    expect(await within(open(managed).current(), 0)).toMatchObject({ state: "none" });
  });

  test("what is asked while a change is read gets the new policy", async () => {
    const managed = openManaged();
    const source = open(managed);
    managed.arrive(BLOCKED);
    managed.arrive(OTHER);
    expect(blockedBy(await source.current())).toEqual(["https://b.cn"]);
  });

  test("what the browser cannot read is no absence of a policy: the last one binds", async () => {
    const managed = openManaged();
    await restarted(managed, BLOCKED);
    managed.failing = true;
    const source = open(managed);
    expect(blockedBy(await source.current())).toEqual(["https://a.cn"]);
    await vi.advanceTimersByTimeAsync(EXPECTED_GAP_MS);
    expect(blockedBy(await source.current())).toEqual(["https://a.cn"]);
    managed.failing = false;
    managed.arrive(OTHER);
    expect(blockedBy(await source.current())).toEqual(["https://b.cn"]);
  });

  test("an administrator's installation that cannot read its first one is refused, until it can", async () => {
    const managed = openManaged({ byAdministrator: true });
    managed.failing = true;
    const source = open(managed);
    const refused = expect(source.current()).rejects.toMatchObject({ code: "BLOCKED_BY_POLICY" });
    await vi.advanceTimersByTimeAsync(EXPECTED_GAP_MS);
    await refused;
    managed.failing = false;
    managed.arrive(BLOCKED);
    expect(blockedBy(await source.current())).toEqual(["https://a.cn"]);
  });

  test("who never had one waits for a browser that cannot read as for one that has not read yet", async () => {
    const managed = openManaged();
    managed.failing = true;
    const answer = open(managed).current();
    expect(await within(answer, GAP_MS - 1)).toBeNull();
    expect(await within(answer, 1)).toMatchObject({ state: "none" });
  });
});

describe("Firefox, which reads policies before it starts an extension", () => {
  test("is believed at once, with a policy and without", async () => {
    const managed = openManaged({ firefox: true });
    expect(await within(open(managed).current(), 0)).toMatchObject({ state: "none" });
    managed.arrive(BLOCKED);
    expect(await within(open(managed).current(), 0)).toMatchObject({ state: "read" });
  });

  test("tells a policy that changed while it was off by the copy of the last one", async () => {
    const managed = openManaged({ firefox: true });
    await restarted(managed, BLOCKED);
    const source = open(managed);
    let told = 0;
    source.onChange(() => told++);
    expect(await source.current()).toMatchObject({ state: "none" });
    expect(told).toBe(1);
  });
});
