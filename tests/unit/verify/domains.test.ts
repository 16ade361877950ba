import { describe, expect, test } from "vitest";
import { createDomains, domainNames } from "./domains.ts";

/** Invariant 1: no signature of one verb verifies in another domain. */
describe("a signature made for one purpose", () => {
  const domains = createDomains({ origin: "https://bid-b.demo.test", document: new TextEncoder().encode("投标函") });

  describe.each(domainNames)("made for %s", (made) => {
    test.each(domainNames)("shown as %s", async (shown) => {
      const signature = domains[made].sign();
      expect(await domains[shown].judge(signature)).toBe(made === shown ? "accepted" : "refused");
    });
  });
});
