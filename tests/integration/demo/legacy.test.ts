import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealLegacyBid } from "../../support/sealed-legacy.ts";
import { codeOf, enter, releaseAt, sealFor, submit } from "./tender.ts";

/** A lot whose notice asks for the legacy profile: taken in, opened at the hall with the key that was released, beside all others. */
let demo: Demo;
let offsetMs = 0;
const folder = mkdtempSync(join(tmpdir(), "legacy-bids-"));
beforeAll(async () => {
  demo = await startDemo({ folder, clock: () => Date.now() + offsetMs });
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

const LOT = "old";

test("the hall takes in what the notice asked for and nothing else, and opens it with the released key", async () => {
  const { hall, lots } = demo.platforms.a.admin.bidding;
  const openingAt = Date.now() + 3600_000;
  const project = { projectCode: "T-9", projectName: "旧系统项目", lot: "一标段", openingAt };
  const { newest } = lots.announce({ id: LOT, ...project, profile: "legacy" });
  expect(newest.said.profile).toBe("legacy");
  const bidder = await enter(demo);
  const standard = await sealFor(demo, bidder, LOT);
  expect(codeOf(await submit(demo, bidder, LOT, standard.bytes))).toBe("PACKAGE_NOTICE_UNKNOWN");
  const bid = await sealLegacyBid(demo.gm, bidder.keys, newest.said, [
    { name: "投标函.txt", bytes: new TextEncoder().encode("我方愿意承包本工程。") },
  ]);
  expect(codeOf(await submit(demo, bidder, LOT, bid.bytes))).toBe("ok");
  offsetMs = openingAt - Date.now() + 1000;
  await hall.begin(lots.find(LOT));
  expect(codeOf(await releaseAt(demo, bidder, LOT))).toBe("ok");
  await hall.idle();
  expect(hall.seat(LOT, bidder.keys.applicant.uscc).status).toBe("opened");
  // A postponement keeps the profile; the second platform's last lot asks for it from the beginning.
  expect(lots.announce({ ...lots.find(LOT), openingAt: openingAt + 60_000 }).newest.said.profile).toBe("legacy");
  const asking = demo.platforms.b.admin.bidding.lots.all().filter(({ profile }) => profile === "legacy");
  expect(asking.map(({ newest: { said } }) => said.profile)).toEqual(["legacy"]);
  expect(demo.registry.platforms.find(({ id }) => id === "demo-b")?.legacyPackages).toBe(true);
});
