/** Reminders of openings: their rules by a clock that is turned by hand, and what is kept for them. */
import type { OpenBid } from "@certbridge/protocol/host";
import { beforeEach, describe, expect, test } from "vitest";
import {
  createReminders,
  dueStage,
  nextAt,
  type Reminders,
  stageOf,
  type WatchedBid,
} from "../../../extension/background/reminders.ts";
import type { Table } from "../../../extension/platform/storage.ts";
import { watchBids } from "../../../extension/background/watched-host.ts";
import type { HostClient } from "../../../extension/background/host-client.ts";
import { openBidOf } from "../../support/open-bid.ts";

const HOUR = 3600_000;
const OPENING = Date.parse("2026-12-20T01:30:00Z");
const at = (hoursBefore: number) => OPENING - hoursBefore * HOUR;
const instant = (ms: number) => new Date(ms).toISOString();

const watched = (told: WatchedBid["told"], openingAt = OPENING): WatchedBid => ({
  packageId: "AAECAwQFBgcICQoLDA0ODw",
  openingTime: instant(openingAt),
  told,
});

test.each([
  [72.01, null],
  [72, 72],
  [24.01, 72],
  [24, 24],
  [1.01, 24],
  [1, 1],
  [0.001, 1],
  [0, null],
  [-5, null],
])("%d hours before the opening the stage is %s", (hours, stage) => {
  expect(stageOf(OPENING, at(hours))).toBe(stage);
});

describe("what is due", () => {
  test("each stage once, and of those that were missed the nearest alone", () => {
    expect(dueStage(watched([]), at(80))).toBeNull();
    expect(dueStage(watched([]), at(72))).toBe(72);
    expect(dueStage(watched([{ stage: 72, at: at(72) }]), at(71))).toBeNull();
    expect(dueStage(watched([{ stage: 72, at: at(72) }]), at(24))).toBe(24);
    expect(dueStage(watched([{ stage: 72, at: at(72) }]), at(0.5))).toBe(1);
    expect(dueStage(watched([{ stage: 1, at: at(1) }]), at(0.5))).toBeNull();
    expect(dueStage(watched([{ stage: 1, at: at(1) }]), at(0))).toBeNull();
  });

  test("a postponed opening has its stages anew, one that is moved a little has not", () => {
    const told: WatchedBid["told"] = [{ stage: 24, at: at(24) }];
    expect(dueStage(watched(told, OPENING + 11 * HOUR), at(24) + 11 * HOUR)).toBeNull();
    const later = OPENING + 7 * 24 * HOUR;
    expect(dueStage(watched(told, later), later - 73 * HOUR)).toBeNull();
    // The farther stages, too: they were for another day.
    expect(dueStage(watched(told, later), later - 24 * HOUR)).toBe(24);
    expect(dueStage(watched([{ stage: 1, at: at(1) }], later), later - 72 * HOUR)).toBe(72);
  });

  test("a platform that moves an opening to and fro reminds nobody again and again", () => {
    let told: WatchedBid["told"] = [];
    let reminded = 0;
    for (let minute = 0; minute < 12 * 60; minute++) {
      const now = at(12) + minute * 60_000;
      const moved = OPENING + (minute % 2 === 0 ? 0 : 40 * HOUR);
      const stage = dueStage(watched(told, moved), now);
      if (stage === null) continue;
      reminded += 1;
      told = [...told.filter((one) => one.stage !== stage), { stage, at: now }];
    }
    // The day before, three days before the other one, and the hour before.
    expect(reminded).toBe(3);
  });

  test("the next look is at the next stage, at the opening, or half a day away", () => {
    expect(nextAt([], at(5))).toBeNull();
    expect(nextAt([watched([])], at(-1))).toBeNull();
    expect(nextAt([watched([])], at(100))).toBe(at(88));
    expect(nextAt([watched([])], at(75))).toBe(at(72));
    expect(nextAt([watched([])], at(2))).toBe(at(1));
    expect(nextAt([watched([])], at(0.5))).toBe(OPENING);
  });
});

/** A table of the browser's, in memory, as strings: it can hold nothing that JSON cannot. */
function openMemory(): Table & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get: async (key) => JSON.parse(kept.get(key) ?? "null"),
    set: async (key, value) => void kept.set(key, JSON.stringify(value)),
    remove: async (key) => void kept.delete(key),
    keys: async () => [...kept.keys()],
    all: async () => [...kept.values()].map((value): unknown => JSON.parse(value)),
  };
}

const bidOf = (packageId: string, openingAt = OPENING): OpenBid =>
  openBidOf(packageId, instant(openingAt), { madeAt: instant(at(400)) });

describe("in a browser", () => {
  let table: ReturnType<typeof openMemory>;
  let now: number;
  let bids: OpenBid[];
  let answers: boolean;
  let shows: boolean;
  let told: string[];
  let marks: boolean[];
  let alarm: number | null | undefined;
  let asked: number;
  let reminders: Reminders;

  const start = () =>
    createReminders({
      table,
      async ask() {
        asked += 1;
        if (!answers) throw new Error("no program");
        return bids;
      },
      async tell(packageId, stage) {
        told.push(`${packageId} ${stage}`);
        return shows;
      },
      mark: async (isOn) => void marks.push(isOn),
      alarm: async (when) => void (alarm = when),
      now: () => now,
    });

  beforeEach(() => {
    table = openMemory();
    now = at(80);
    bids = [bidOf("one")];
    [answers, shows] = [true, true];
    [told, marks] = [[], []];
    alarm = undefined;
    asked = 0;
    reminders = start();
  });

  test("without a bid nobody's program is started, and no alarm is set", async () => {
    await reminders.ring();
    expect([asked, alarm]).toEqual([0, null]);
  });

  test("each stage is said once, also by a browser that was started anew, and only ids and times are kept", async () => {
    await reminders.note(bids);
    expect(alarm).toBe(at(72));
    for (const hours of [72, 71, 24, 23, 1, 0.5]) {
      now = at(hours);
      reminders = start();
      await reminders.ring();
      await reminders.ring();
    }
    expect(told).toEqual(["one 72", "one 24", "one 1"]);
    expect(marks).toEqual([]);
    expect([...table.kept.values()].join()).not.toMatch(/滨江|JN-2026|demo-a|3F2A/);
    now = OPENING + 1;
    await reminders.ring();
    expect(alarm).toBeNull();
  });

  test("what was missed while the computer was off is said once, by the nearest stage", async () => {
    await reminders.note(bids);
    now = at(0.7);
    await start().ring();
    expect(told).toEqual(["one 1"]);
  });

  test("what a newer package took the place of is not reminded of, and not marked", async () => {
    const old = { ...bidOf("old"), supersededBy: "one" };
    const results: OpenBid["results"] = [{ rule: "renewed-certificate", outcome: "bad" }];
    await reminders.note([...bids, bidOf("old")]);
    bids = [...bids, { ...old, results }];
    now = at(72);
    await reminders.ring();
    expect(told).toEqual(["one 72"]);
    expect(marks).toEqual([]);
    expect([...table.kept.keys()]).toEqual(["one"]);
  });

  test("two at once do not say it twice", async () => {
    now = at(72);
    await Promise.all([reminders.note(bids), reminders.note(bids), reminders.ring()]);
    expect(told).toEqual(["one 72"]);
  });

  test("a postponed opening moves them; a bid that is gone is not spoken of again", async () => {
    now = at(72);
    await reminders.note(bids);
    bids = [bidOf("one", OPENING + 10 * 24 * HOUR)];
    now = at(24);
    await reminders.ring();
    expect(told).toEqual(["one 72"]);
    now = at(72) + 10 * 24 * HOUR;
    await reminders.ring();
    expect(told).toEqual(["one 72", "one 72"]);
    await reminders.note([]);
    expect([...table.kept.keys()]).toEqual([]);
    expect(alarm).toBeNull();
  });

  test("a program that does not answer is asked again soon, and what was known is said all the same", async () => {
    await reminders.note(bids);
    answers = false;
    now = at(24);
    await reminders.ring();
    expect(told).toEqual(["one 24"]);
    expect(alarm).toBe(now + 10 * 60_000);
  });

  test("where the browser shows none, the button is marked until the person looks", async () => {
    shows = false;
    now = at(1);
    await reminders.note(bids);
    await reminders.seen();
    expect(marks).toEqual([true, false]);
  });

  test("a certificate that was renewed while a bid waits marks the button, by each look that nobody is there for", async () => {
    await reminders.note(bids);
    for (const outcome of ["good", "unknown"] as const) {
      bids = [{ ...bidOf("one"), results: [{ rule: "renewed-certificate", outcome }] }];
      await reminders.ring();
    }
    expect(marks).toEqual([]);
    bids = [{ ...bidOf("one"), results: [{ rule: "renewed-certificate", outcome: "warning" }] }];
    await reminders.note(bids);
    expect(marks).toEqual([]);
    await reminders.ring();
    expect(marks).toEqual([true]);
  });

  test("what is damaged in the browser's store is no reason to be silent", async () => {
    await table.set("one", { packageId: "one", told: "yesterday" });
    now = at(24);
    await reminders.note(bids);
    expect(told).toEqual(["one 24"]);
  });

  test("the program is overheard: whoever asks for the bids, and after whatever changes them", async () => {
    const noted: number[] = [];
    const calls: string[] = [];
    const host = {
      call: async (verb: string) => {
        calls.push(verb);
        return verb === "bids" ? { bids } : {};
      },
    } as unknown as HostClient;
    const client = watchBids(host, { note: async (said) => void noted.push(said.length) });
    await client.call("keys", {});
    await client.call("bids", {});
    await client.call("abandonBid", { consentId: "x", code: "CANCELLED" });
    await new Promise((done) => setTimeout(done, 0));
    expect(calls).toEqual(["keys", "bids", "abandonBid", "bids"]);
    expect(noted).toEqual([1, 1]);
  });
});
