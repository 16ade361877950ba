import { NOW, keyNamed } from "./stage.ts";
import { describe, expect, test } from "vitest";
import { expiryOf, fitting, obstacleOf, pinWaitMs } from "../../../extension/surfaces/state/keys.ts";

const DAY_MS = 24 * 3600_000;

describe("how near the end of a certificate is", () => {
  test.each([
    [90 * DAY_MS, "far"],
    [90 * DAY_MS - 1, "soon"],
    [30 * DAY_MS, "soon"],
    [30 * DAY_MS - 1, "near"],
    [7 * DAY_MS, "near"],
    [7 * DAY_MS - 1, "urgent"],
    [0, "urgent"],
    [-1, "over"],
  ] as const)("%d ms before it: %s", (leftMs, nearness) => {
    expect(expiryOf(new Date(NOW + leftMs).toISOString(), NOW).nearness).toBe(nearness);
  });
});

describe("which keys can be used", () => {
  test("a key that only has to wait can be chosen; a locked one cannot", () => {
    const retryAt = new Date(NOW + 5000).toISOString();
    const waiting = keyNamed("a", { pin: { triesLeft: 0, retryAt } });
    const locked = keyNamed("b", { pin: { triesLeft: 0, retryAt: null } });
    expect([obstacleOf(waiting), obstacleOf(locked)]).toEqual([null, "locked"]);
    expect([pinWaitMs(waiting, NOW), pinWaitMs(waiting, NOW + 5000), pinWaitMs(locked, NOW)]).toEqual([5000, 0, 0]);
    expect(fitting([waiting, locked])).toEqual([waiting]);
  });
});
