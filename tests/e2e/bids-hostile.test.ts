import { says } from "@certbridge/demo/walk";
import { encodeKeyBlockContent, openPackage } from "@certbridge/bid";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { limits } from "@certbridge/protocol/limits";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY, gm, party } from "../support/authority.ts";
import { crc32, memorySource } from "../support/bid.ts";
import { makeBid, openReleased, sealKeyBlock } from "../support/bidding.ts";
import { type HostilePlatform, openHostilePlatform, pickFiles } from "../support/hostile-platform.ts";
import { makeCanary, searchFor } from "../support/search.ts";
import { sm3InPieces } from "../support/oracles/bid.ts";
import { traces } from "../support/canaries.ts";

/**
 * A platform that takes part wants a bidder's file key: before its time, for another room, out of another bid, or by trying. In a real
 * browser with the real program, whose private-key calls are counted; the person sits there and does what the windows say. And what was
 * picked, the PIN and every file key that there was are looked for everywhere, also after the browser was killed while it wrote.
 */

const secret = makeCanary("PIN");
const content = makeCanary("a picked file's content");
const fileName = makeCanary("a picked file's name");
const PIN = `沉香木-${secret.text}`;
const folder = resolve("build/e2e/bids-hostile");
const own = mkdtempSync(join(tmpdir(), "certbridge-bids-hostile-"));
const picked = join(own, `offer-${fileName.text}.pdf`);

const NOTHING = { signs: 0, opens: 0, pins: 0, windows: 0 };
const text = encodeBase64Url;
const MINUTE = 60_000;

let hostile: HostilePlatform;
let page: Page;
/** The bid that was made: its bytes, and what of it anybody may have. */
let bid: { readonly bytes: Uint8Array; readonly keyBlock: string; readonly packageId: string };

beforeAll(async () => {
  writeFileSync(picked, `总价 ${content.text} 元`.repeat(1000));
  hostile = await openHostilePlatform({ folder, own, pin: PIN });
  page = await hostile.show("a");
}, 60_000);

afterAll(async () => {
  await hostile.close();
  rmSync(own, { recursive: true, force: true });
});

const at = (ms: number) => new Date(hostile.bidding.openingAt + ms).toISOString();
const order = (...options: Parameters<HostilePlatform["bidding"]["order"]>) => text(hostile.bidding.order(...options));

const decrypt = (change: { keyBlock?: string; order?: string } = {}, where = page) =>
  hostile.ask(where, "decrypt", { keyBlock: bid.keyBlock, order: order(), ...change });

/** The package that the page holds. */
async function takePackage(): Promise<Uint8Array> {
  const bytes = await page.evaluate(async () => {
    const { given } = window as unknown as { given: { package: File } };
    const url = await new Promise<string>((done) => {
      const reader = new FileReader();
      reader.addEventListener("load", () => done(reader.result as string));
      reader.readAsDataURL(given.package);
    });
    return url.slice(url.indexOf(",") + 1);
  });
  return new Uint8Array(Buffer.from(bytes, "base64"));
}

test("the person encrypts a bid: three calls of the key, and the page's package tells nothing of what is in it", async () => {
  const asked = hostile.ask(page, "encrypt", { notice: text(hostile.bidding.notice()) });
  const window = await hostile.window();
  await pickFiles(window.page, [picked]);
  await window.accept(PIN);
  const { outcome, result } = await asked;
  expect(outcome).toBe("ok");
  await window.page.close();
  expect(hostile.counts()).toEqual({ signs: 2, opens: 1, pins: 1, windows: 1 });
  const bytes = await takePackage();
  const { entries, header } = await openPackage({ gm, crc32, source: memorySource(bytes) });
  bid = { bytes, keyBlock: text(entries.keyBlock), packageId: header.packageId };
  expect(result?.["packageId"]).toBe(header.packageId);
  const plain = Buffer.from(`总价 ${content.text} 元`.repeat(1000));
  const told = [content.text, fileName.text, gm.sm3(plain), sm3InPieces(plain, limits.segmentLen)];
  for (const secretThing of told) expect(traces(bytes, secretThing)).toEqual([]);
  expect(bytes.length).toBeLessThan(limits.sealedSegmentLen + 20_000);
});

describe("what a page passes on is refused before anybody is asked", () => {
  test("a package as a key block, and a key block as a package", async () => {
    expect((await decrypt({ keyBlock: text(bid.bytes.subarray(0, limits.keyBlockLen)) })).outcome).toBe("MALFORMED");
    expect((await decrypt({ keyBlock: text(bid.bytes) })).outcome).toMatch(/^(TOO_LARGE|INVALID_REQUEST)/);
    const source = memorySource(Buffer.from(bid.keyBlock, "base64url"));
    await expect(openPackage({ gm, crc32, source })).rejects.toMatchObject({ code: "MALFORMED" });
    expect(hostile.counts()).toEqual(NOTHING);
  });

  test("its own room: in the platform's order, by its own signature, without a use for encryption", async () => {
    const { bidding } = hostile;
    const life = { notBefore: new Date(bidding.openingAt - DAY), notAfter: new Date(bidding.openingAt + DAY) };
    const room = party("另一间", null, { keyUsage: ["keyEncipherment"], ...life });
    const inIt = Buffer.from(bidding.order());
    const there = text(bidding.room.certificate.der);
    const place = inIt.indexOf(there.slice(200, 220));
    inIt.write("AAAA", place);
    expect(place).toBeGreaterThan(0);
    expect((await decrypt({ order: text(inIt) })).outcome).toBe("PLATFORM_UNPROVED");
    const change = { roomCertificate: text(room.certificate.der) };
    const byItself = party("页面", null, { keyUsage: ["digitalSignature"], ...life });
    expect((await decrypt({ order: order({ change, by: byItself }) })).outcome).toBe("PLATFORM_UNPROVED");
    const unfit = { roomCertificate: text(bidding.platform.certificate.der) };
    expect((await decrypt({ order: order({ change: unfit }) })).outcome).toBe("ORDER_REFUSED room-certificate");
    expect(hostile.counts()).toEqual(NOTHING);
  });

  test.each<[string, Parameters<HostilePlatform["bidding"]["order"]>[0] & object, string]>([
    ["an order of another platform", { change: { platformId: "demo-b" } }, "PLATFORM_UNPROVED"],
    ["a notice as an order", { contentType: "1.2.156.10197.6.1.4.2.1" }, "PLATFORM_UNPROVED"],
    ["no time stamp", { stampedAt: null }, "ORDER_REFUSED time-stamp"],
    ["the stamp of another message", { imprint: new Uint8Array(32) }, "ORDER_REFUSED time-stamp"],
  ])("%s", async (_what, options, code) => {
    expect((await decrypt({ order: order(options) })).outcome).toBe(code);
    expect(hostile.counts()).toEqual(NOTHING);
  });

  test("an earlier opening, one that is still to come, an order that is over or without an end", async () => {
    const outcomes = [
      order({ change: { openingTime: at(-DAY), notAfter: at(-DAY + MINUTE) }, stampedAt: Date.parse(at(-DAY)) }),
      order({ change: { openingTime: at(-1000) } }),
      order({ change: { openingTime: at(3600_000), notAfter: at(4000_000) } }),
      order({ change: { notAfter: at(-1) }, stampedAt: Date.parse(at(0)) }),
      order({ change: { notAfter: at(DAY) } }),
    ];
    const codes = [];
    for (const asked of outcomes) codes.push((await decrypt({ order: asked })).outcome);
    expect(codes).toEqual(
      ["opening", "opening", "too-early", "too-late", "time-stamp"].map((rule) => `ORDER_REFUSED ${rule}`),
    );
    expect(hostile.counts()).toEqual(NOTHING);
  });
});

describe("what the person is asked for is refused all the same, and no key leaves", () => {
  test("a key block of this bid by an order of another lot: no key is opened for it", async () => {
    const asked = decrypt({ order: order({ change: { lot: "2标段" } }) });
    const window = await hostile.window();
    expect(await window.text()).toContain("2标段");
    await window.accept(PIN);
    expect((await asked).outcome).toBe("ORDER_REFUSED lot");
    await window.page.close();
    // Not even the PIN was taken out of its envelope: this computer made the bid, and knows its lot.
    expect(hostile.counts()).toEqual({ ...NOTHING, windows: 1 });
  });

  test("swapped key blocks: another bid's, and one of a file key that the page knows, under this bid's header", async () => {
    const other = makeBid("A".repeat(43), at(0), [hostile.recipient], { lot: "2标段" });
    const { header } = (await openPackage({ gm, crc32, source: memorySource(bid.bytes) })).entries;
    const known = encodeKeyBlockContent(gm, randomBytes(32), header);
    for (const [keyBlock, code] of [
      [other.keyBlock, "ORDER_REFUSED lot"],
      [sealKeyBlock(known, [hostile.recipient]), "BID_NOT_OPENED"],
    ] as const) {
      const asked = decrypt({ keyBlock: text(keyBlock) });
      const window = await hostile.window();
      await window.accept(PIN);
      expect((await asked).outcome).toBe(code);
      await window.page.close();
      // What the person agreed to was the opening; what came out was not signed for anybody.
      expect(hostile.counts()).toEqual({ signs: 0, opens: 1, pins: 1, windows: 1 });
    }
  });

  test("on another platform's page, with that platform's order", async () => {
    const there = await hostile.show("b");
    const asked = decrypt({ order: order({ change: { platformId: "demo-b" } }) }, there);
    const window = await hostile.window();
    await window.accept(PIN);
    expect((await asked).outcome).toBe("ORDER_REFUSED lot");
    await window.page.close();
    expect(hostile.counts()).toEqual({ ...NOTHING, windows: 1 });
    await there.close();
  });
});

describe("nothing can be asked as an oracle", () => {
  test("rehearse takes no key block, and says of this bid as of none what a person says who declines", async () => {
    const chosen = { packageId: bid.packageId, keyBlock: bid.keyBlock };
    expect((await hostile.ask(page, "rehearse", chosen)).outcome).toMatch(/^INVALID_REQUEST/);
    expect(hostile.counts()).toEqual(NOTHING);
    for (const packageId of [bid.packageId, text(new Uint8Array(16))]) {
      const asked = hostile.ask(page, "rehearse", { packageId });
      await (await hostile.window()).page.close();
      expect((await asked).outcome).toBe("USER_DECLINED");
    }
    expect(hostile.counts()).toEqual({ ...NOTHING, windows: 2 });
  });

  test("decrypt asks the person alike for a block of this computer, of this key, and of nobody here", async () => {
    const stranger = party("路人", null, { keyUsage: ["keyEncipherment"] });
    const strange = sealKeyBlock(randomBytes(100), [stranger.certificate.der]);
    for (const keyBlock of [bid.keyBlock, text(strange)]) {
      const asked = decrypt({ keyBlock });
      await (await hostile.window()).page.close();
      expect((await asked).outcome).toBe("USER_DECLINED");
    }
    expect(hostile.counts()).toEqual({ ...NOTHING, windows: 2 });
  });
});

test("the platform's own room gets the key on the day, and after all that nobody else has it", async () => {
  const asked = decrypt();
  const window = await hostile.window();
  await window.accept(PIN);
  const { outcome, result } = await asked;
  expect(outcome).toBe("ok");
  await says(window.page, "已解密");
  expect(hostile.counts()).toEqual({ signs: 1, opens: 1, pins: 1, windows: 1 });
  const released = Buffer.from(result?.["releasedKey"] ?? "", "base64url");
  const { said, opened } = openReleased(hostile.bidding.room, released);
  expect(said.packageId).toBe(bid.packageId);
  const keys = hostile.fileKeys();
  // The trial, the known key's block, the other bid's, and the release.
  expect(keys).toHaveLength(4);
  expect(keys.at(-1)).toEqual(opened?.fileKey);
  expect(keys[0]).toEqual(opened?.fileKey);
  const found = await page.evaluate(
    () => document.documentElement.outerHTML + JSON.stringify(performance.getEntries()),
  );
  for (const key of keys) expect(traces(found + JSON.stringify(result), key)).toEqual([]);
  await window.page.close();
});

test("the browser is killed while it writes: no content, name, PIN or file key is left anywhere", async () => {
  const large = Buffer.alloc(96 * 1024 * 1024);
  for (const place of [0, large.length / 2 + 1, large.length - 64]) large.write(content.text, place);
  const file = join(own, `drawings-${fileName.text}.bin`);
  writeFileSync(file, large);
  const before = hostile.fileKeys().length;
  const asked = hostile.ask(page, "encrypt", { notice: text(hostile.bidding.notice()) }).catch(() => null);
  const window = await hostile.window();
  await pickFiles(window.page, [file]);
  await window.accept(PIN);
  await expect.poll(() => hostile.fileKeys().length, { timeout: 10_000, interval: 5 }).toBe(before + 1);
  const running = hostile.stage.browser.browser.process();
  const ended = new Promise((done) => running?.once("exit", done));
  running?.kill("SIGKILL");
  await Promise.all([ended, asked]);
  const fileKeys = hostile.fileKeys().map((key) => ({ name: "a file key", text: key }));
  const search = searchFor([secret, content, fileName, ...fileKeys]);
  expect(search.inFolder(folder)).toEqual([]);
  expect(search.inProcesses()).toEqual([]);
  // And they would be found where packages lie, and where the program keeps its own.
  const control = searchFor([{ name: "a header", text: '"shared-certificate-bid:1"' }]);
  for (const place of ["profile", "home"]) {
    const seen = control.inFolder(join(folder, place)).map(({ where }) => where);
    expect(seen, place).not.toEqual([]);
  }
});
