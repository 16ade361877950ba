import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { releaseBackup, type SealedBid, strangeContent } from "../../support/sealed-bid.ts";
import { type Bidder, codeOf, enter, mineOf, releaseAt, sealFor, submit } from "./tender.ts";
import type { Reply } from "./visitor.ts";

/** Keys out of backup key files at the demonstration's hall: from the bidder's own session, and from another's. */
let demo: Demo;
let offsetMs = 0;
const folder = mkdtempSync(join(tmpdir(), "backup-key-"));
beforeAll(async () => {
  demo = await startDemo({ folder, clock: () => Date.now() + offsetMs });
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

const LOT = "backup";

/** What the extension answers where the person chose a backup key file, posted by whoever is signed in. */
async function post(from: Bidder, bid: Pick<SealedBid, "header" | "fileKey">, changes = {}): Promise<Reply> {
  const { order } = await mineOf(from, LOT);
  const key = releaseBackup(demo.gm, bid, decodeBase64Url(String(order)), changes);
  return from.visitor.post(`/api/lots/${LOT}/key`, { releasedKey: encodeBase64Url(key) });
}

test("the hall takes it from the bidder's own session; a wrong one blames nobody, and the right one still opens", async () => {
  const { hall, lots } = demo.platforms.a.admin.bidding;
  const openingAt = Date.now() + 3600_000;
  lots.announce({ id: LOT, projectCode: "T-1", projectName: "测试项目", lot: "一标段", openingAt });
  const [bidder, other] = [await enter(demo), await enter(demo)];
  const bid = await sealFor(demo, bidder, LOT);
  await submit(demo, bidder, LOT, bid.bytes);
  await submit(demo, other, LOT, (await sealFor(demo, other, LOT)).bytes);
  offsetMs = openingAt - Date.now() + 1000;
  await hall.begin(lots.find(LOT));

  // Somebody else's session is held against somebody else's package.
  expect(codeOf(await post(other, bid))).toBe("RELEASED_KEY_OF_ANOTHER_PACKAGE");
  expect(codeOf(await post(bidder, bid, { content: strangeContent(demo.gm, bid.header) }))).toBe("RELEASED_KEY_WRONG");
  const { uscc } = bidder.keys.applicant;
  expect(hall.seat(LOT, uscc).troubles).toMatchObject([{ code: "RELEASED_KEY_WRONG", blamed: false }]);
  expect(codeOf(await post(bidder, bid))).toBe("ok");
  expect(codeOf(await releaseAt(demo, other, LOT))).toBe("ok");
  await hall.idle();
  expect([bidder, other].map(({ keys }) => hall.seat(LOT, keys.applicant.uscc).status)).toEqual(["opened", "opened"]);
});
