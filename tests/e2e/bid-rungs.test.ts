import { openScene, secondRecipient, tellStory, wrongKey } from "@certbridge/demo/stories";
import { BIDDER, obtainLock, openStage, type Stage } from "@certbridge/demo/walk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { verifySignedData } from "@certbridge/pki";
import { RELEASED_KEY } from "@certbridge/protocol/content-types";
import { gm } from "../support/authority.ts";

/** Rungs of relief that a person climbs at the opening, at one computer with one opening for all; each is a story of its own in the demonstration. */

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ folder: "build/e2e/bid-rungs", knowsNoPolicy: true });
}, 120_000);
afterAll(() => stage.close());

const { uscc } = BIDDER;

test("the wrong lock is named, and the right one opens; a lost one is replaced by the spare", async () => {
  const { admin } = stage.demo.platforms.a;
  const told: string[] = [];
  const lock = await obtainLock(stage.demo, stage.desk, "jiangnan");
  admin.addAccount(BIDDER);
  const scene = openScene(
    stage,
    tellStory(stage, (line) => told.push(line)),
    lock,
  );
  await scene.clerk.login();
  // The platform's clock stands before the opening while bids are handed in; then it is right. Nobody waits for the hour.
  const openingAt = Date.now() - 60_000;
  admin.setClock(-300_000);
  const rungs = [wrongKey(scene), secondRecipient(scene)];
  for (const rung of rungs) await rung.before(openingAt);
  admin.setClock(0);
  for (const rung of rungs) await rung.at();

  // What the stories say of themselves is not what is believed: the keys that came say who signed them.
  const signerOf = (lotId: string) => {
    const { evidence } = admin.bidding.hall.seat(lotId, uscc);
    expect(evidence).toHaveLength(1);
    const [der = new Uint8Array(0)] = evidence;
    return verifySignedData(gm, der, { contentType: RELEASED_KEY }).signer.der;
  };
  expect(signerOf("wrong-key")).toEqual(lock.signing());
  expect(signerOf("second-recipient")).toEqual((await scene.spare()).signing());
}, 180_000);
