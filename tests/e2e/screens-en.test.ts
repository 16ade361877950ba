import { expect, test } from "vitest";
import { allScreens, walkScreens } from "../support/screens/walk.ts";

/** As tests/e2e/screens.test.ts, in English: its words are longer, and break elsewhere. */
test("no screen in en breaks a rule of WCAG 2.1 A or AA", async () => {
  expect(await walkScreens("en")).toEqual({ screens: allScreens, findings: [], told: "HOST_FAILED" });
}, 300_000);
