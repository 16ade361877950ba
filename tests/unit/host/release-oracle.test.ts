import { encodeKeyBlockContent } from "@certbridge/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { afterAll, describe, expect, test } from "vitest";
import { gm, party } from "../../support/authority.ts";
import { sealKeyBlock } from "../../support/bidding.ts";
import { openDesk, someBytes, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

/**
 * A page that chooses key blocks and asks again and again learns one bit, after the person agreed; before it nothing. Answers are compared as
 * they are, times by the least of many turns that take each other's place, which no busy machine lengthens: what is a class of its own shows.
 */

const folder = temporaryFolder();
afterAll(folder.remove);

const desk = await openDesk(folder.path);
const { bidding, store, keyId } = desk;
const made = await desk.handIn();
desk.time.now = bidding.openingAt + 120_000;
const order = text(bidding.order());
const own = store.encryptionOf(keyId);
const seal = (content: Uint8Array) => sealKeyBlock(content, [own]);

/** One bit of the genuine block, so far from its end. */
function bent(place: number): Uint8Array {
  const keyBlock = made.keyBlock.slice();
  const at = keyBlock.length - place;
  keyBlock[at] = (keyBlock[at] ?? 0) ^ 1;
  return keyBlock;
}

const { content, headerBytes } = made;
/** Of the key block's ciphertext: SM4-CBC fills up to the next block. */
const encryptedLen = content.length + 16 - (content.length % 16);
const blocks: Readonly<Record<string, Uint8Array>> = {
  "padding of CBC": bent(1),
  "the last block but one": bent(17),
  "the header": bent(headerBytes.length >> 1),
  "the file key": bent(encryptedLen),
  "another file key, with its own commitment": seal(encodeKeyBlockContent(gm, someBytes(32), headerBytes)),
  "another file key, with this commitment": seal(Buffer.concat([someBytes(32), content.subarray(32)])),
  "another header": seal(Buffer.concat([content.subarray(0, 64), Buffer.from("{}")])),
  "no header": seal(content.subarray(0, 64)),
  "one byte": seal(Uint8Array.of(1)),
  "a long one": seal(someBytes(2113)),
};

/** All that is said. */
async function answerTo(keyBlock: Uint8Array): Promise<string> {
  const error: unknown = await desk.release(made, { keyBlock: text(keyBlock), order }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OperationError)) throw new Error("a refusal expected");
  return JSON.stringify(error.toRecord());
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await run().catch(() => undefined);
  return performance.now() - from;
}

/** The least time of each, over turns in which each has one; the largest of them by the smallest. */
async function spreadOf(runs: readonly (() => Promise<unknown>)[], turns = 30): Promise<number> {
  const times = runs.map(() => Infinity);
  for (let turn = 0; turn < turns; turn++) {
    for (const [place, run] of runs.entries()) times[place] = Math.min(times[place] ?? Infinity, await timeOf(run));
  }
  return Math.max(...times) / Math.min(...times);
}

describe("after the person agreed", () => {
  test.each(Object.keys(blocks))("%s: the same answer, one call, nothing signed", async (what) => {
    store.calls.length = 0;
    const said = await answerTo(blocks[what] ?? content);
    expect(said).toBe(JSON.stringify(new OperationError("BID_NOT_OPENED").toRecord()));
    expect(store.calls).toEqual(["open"]);
    expect(store.open()).toBe(0);
  });

  test("and the same class of time, whether padding, header or commitment is wrong", async () => {
    // What opens and is another bid of that id is written down: its maker knows that it opens.
    const { "another file key, with its own commitment": _opens, ...others } = blocks;
    const runs = Object.values(others).map((keyBlock) => () => answerTo(keyBlock));
    expect(await spreadOf(runs)).toBeLessThan(2);
  }, 60_000);
});

describe("before it", () => {
  const stranger = party("路人", null, { keyUsage: ["keyEncipherment"] });
  const { origin } = bidding;
  const ask = (keyBlock: Uint8Array) => desk.handlers.readOrder({ origin, order, keyBlock: text(keyBlock) });

  test("the bid of this computer, its key's and a stranger's differ in nothing that goes to the page, nor in their time", async () => {
    const asked = [made.keyBlock, blocks["no header"] ?? content, sealKeyBlock(content, [stranger.certificate.der])];
    const answers = await Promise.all(asked.map(ask));
    // Which keys open it, and which bid of this computer it is, is for the window.
    const told = answers.map(({ keyIds: _keys, packageId: _bid, ...page }) => page);
    expect(told[1]).toEqual(told[0]);
    expect(told[2]).toEqual(told[0]);
    store.calls.length = 0;
    expect(await spreadOf(asked.map((keyBlock) => () => ask(keyBlock)))).toBeLessThan(2);
    expect(store.calls).toEqual([]);
  }, 60_000);
});
