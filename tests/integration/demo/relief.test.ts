import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { type BidderKeys, obtainKeys } from "@certbridge/demo/bidders";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId, PIN } from "../../support/host.ts";
import { sealBid } from "../../support/sealed-bid.ts";
import { type Computer, importInto } from "./computer.ts";
import { type Bidder, codeOf, enter, FILES, mineOf, noticeOf, submit } from "./tender.ts";

/**
 * The key is not where the bid was made: computers with the real program, which know nothing of the bid, at the demonstration's hall. What they
 * have is a key, and what the platform's page brings is key block and order.
 */
let demo: Demo;
let offsetMs = 0;
const folder = mkdtempSync(join(tmpdir(), "relief-"));
const running: Computer[] = [];

beforeAll(async () => {
  demo = await startDemo({ folder, clock: () => Date.now() + offsetMs });
});
afterAll(async () => {
  for (const { host } of running) await host.end();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A computer into which these keys were imported, and nothing else. */
async function openComputer(name: string, keys: BidderKeys): Promise<Computer> {
  const computer = await importInto(join(folder, name), keys, demo.registryPath);
  running.push(computer);
  return computer;
}

/** What the hall's page hands to a computer. */
async function question(bidder: Bidder, lotId: string) {
  const { keyBlock, order } = await mineOf(bidder, lotId);
  return { origin: demo.platforms.a.origin, keyBlock: String(keyBlock), order: String(order) };
}

/** Has the computer release the key, and posts it. */
async function release({ ask, host }: Computer, bidder: Bidder, lotId: string): Promise<string> {
  const asked = await question(bidder, lotId);
  const { keyIds } = await ask("readOrder", asked);
  const consentId = newId();
  const keyId = keyIds[0] ?? "";
  const consent = { consentId, keyId, sealedPin: host.seal(consentId, PIN), clockAccepted: false };
  const { releasedKey } = await ask("releaseKey", { ...consent, ...asked });
  return codeOf(await bidder.visitor.post(`/api/lots/${lotId}/key`, { releasedKey }));
}

/** A lot whose opening is over by the computers' clock, into which each bid was handed in before it by the platform's. */
async function openLot(lotId: string, bidders: readonly { readonly bidder: Bidder; readonly spares?: Uint8Array[] }[]) {
  const { hall, lots } = demo.platforms.a.admin.bidding;
  const openingAt = Date.now() - 60_000;
  offsetMs = -300_000;
  lots.announce({ id: lotId, projectCode: `R-${lotId}`, projectName: "测试项目", lot: "一标段", openingAt });
  for (const { bidder, spares = [] } of bidders) {
    const { bytes } = await sealBid(demo.gm, bidder.keys, noticeOf(demo, lotId), FILES, { spares });
    expect(codeOf(await submit(demo, bidder, lotId, bytes))).toBe("ok");
  }
  offsetMs = 0;
  await hall.begin(lots.find(lotId));
}

const statusOf = async (lotId: string, { keys }: Bidder): Promise<string> => {
  const { hall } = demo.platforms.a.admin.bidding;
  await hall.idle();
  return hall.seat(lotId, keys.applicant.uscc).status;
};

test("another computer with the same key, and no record of the bid, opens it", async () => {
  const bidder = await enter(demo);
  await openLot("elsewhere", [{ bidder }]);
  expect((await mineOf(bidder, "elsewhere"))["spares"]).toBe(0);
  const computer = await openComputer("elsewhere", bidder.keys);
  expect((await computer.ask("bids", {})).bids).toEqual([]);
  expect(await release(computer, bidder, "elsewhere")).toBe("ok");
  expect(await statusOf("elsewhere", bidder)).toBe("opened");
});

test("a spare key of the same bidder opens it there; another bidder's key is not even tried", async () => {
  const bidder = await enter(demo);
  const stranger = await enter(demo);
  const spare = obtainKeys(demo.gm, demo.authorities.lingbei, bidder.keys.applicant);
  await openLot("spare", [{ bidder, spares: [spare.encryption] }]);
  expect((await mineOf(bidder, "spare"))["spares"]).toBe(1);

  const wrong = await openComputer("wrong", stranger.keys);
  const asked = await question(bidder, "spare");
  expect((await wrong.ask("readOrder", asked)).keyIds).toEqual([]);
  const [held] = (await wrong.ask("keys", {})).keys;
  const consentId = newId();
  const consent = { consentId, keyId: held?.keyId ?? "", sealedPin: wrong.host.seal(consentId, PIN) };
  expect(await wrong.host.answerTo("releaseKey", { ...consent, ...asked, clockAccepted: false })).toMatchObject({
    error: { code: "KEY_NOT_FOUND" },
  });

  const right = await openComputer("right", spare);
  expect(await release(right, bidder, "spare")).toBe("ok");
  expect(await statusOf("spare", bidder)).toBe("opened");
});
