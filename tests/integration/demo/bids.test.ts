import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { parseSignedData, verifySignedData, verifyTimeStampToken } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { BID_RECEIPT } from "@certbridge/protocol/content-types";
import { readOpeningReceipt } from "@certbridge/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createUploads } from "../../../apps/demo/src/platform/uploads.ts";
import { contentOf, sealBid, strangeContent } from "../../support/sealed-bid.ts";
import {
  beginUpload,
  type Bidder,
  codeOf,
  enter,
  FILES,
  mineOf,
  noticeOf,
  PART_LEN,
  putPart,
  releaseAt,
  sealFor,
  submit,
  uploadIn,
} from "./tender.ts";
import { visit } from "./visitor.ts";

/** A tender at the demonstration's server, from the notice to the opened files. */
let demo: Demo;
let offsetMs = 0;
const folder = mkdtempSync(join(tmpdir(), "bids-"));
beforeAll(async () => {
  demo = await startDemo({ folder, clock: () => Date.now() + offsetMs });
});
afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The platform's signed and stamped answer to the bidder's last key, as the bidder's own program reads it. */
async function answerTo(bidder: Bidder, lotId: string) {
  await bidding().hall.idle();
  const { answer } = await mineOf(bidder, lotId);
  const { a } = demo.platforms;
  const asker = { registry: demo.registry, origin: a.origin };
  return readOpeningReceipt(demo.gm, asker, decodeBase64Url(String(answer))).said;
}

const bidding = () => demo.platforms.a.admin.bidding;
let lotsMade = 0;
/** A lot of the test's own, that opens in an hour. */
function newLot(): string {
  lotsMade++;
  const id = `test-${lotsMade}`;
  const openingAt = Date.now() + offsetMs + 3600_000;
  bidding().lots.announce({ id, projectCode: `T-${lotsMade}`, projectName: "测试项目", lot: "一标段", openingAt });
  return id;
}

const goTo = (lotId: string, afterMs: number) => {
  offsetMs = bidding().lots.find(lotId).openingAt + afterMs - Date.now();
};
const host = () => {
  const visitor = visit(demo, demo.platforms.a);
  const headers = { "operator-code": bidding().operatorCode };
  return {
    post: (path: string, body: unknown = {}) => visitor.post(`/api/host/lots/${path}`, body, headers),
    get: (path: string) => visitor.get(`/api/host/lots/${path}`, headers),
  };
};
const begin = async (lotId: string) => codeOf(await host().post(`${lotId}/begin`));

async function resultOf(lotId: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  await bidding().hall.idle();
  const { json } = await visit(demo, demo.platforms.a).get(`/api/lots/${lotId}/result.json`);
  return json["rows"] as readonly Readonly<Record<string, unknown>>[];
}

/** The files as the platform opened them. */
const openedFiles = (lotId: string, uscc: string) =>
  bidding()
    .hall.seat(lotId, uscc)
    .files.map(({ name, path }) => ({ name, bytes: new Uint8Array(readFileSync(path)) }));

describe("a tender", () => {
  test("from the package to its receipt, the order, the key, and the files as they were", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    const { uscc } = bidder.keys.applicant;
    const bid = await sealFor(demo, bidder, lotId);
    const submitted = await submit(demo, bidder, lotId, bid.bytes);
    expect(codeOf(submitted)).toBe("ok");

    const receipt = decodeBase64Url(String((submitted.json["bid"] as { receipt: unknown }).receipt));
    const { content, signer } = verifySignedData(demo.gm, receipt, { contentType: BID_RECEIPT });
    expect(JSON.parse(new TextDecoder().decode(content ?? undefined))).toMatchObject({
      packageId: bid.header.packageId,
      packageLen: bid.bytes.length,
      projectCode: noticeOf(demo, lotId).projectCode,
    });
    const row = demo.registry.platforms.find(({ id }) => id === "demo-a");
    const keySm3 = Buffer.from(demo.gm.sm3(signer.publicKey)).toString("hex");
    expect(row?.signingKeysSm3).toEqual([keySm3]);
    const [info] = parseSignedData(receipt).signers;
    const imprint = demo.gm.sm3(info?.signatureOctets ?? new Uint8Array(0));
    const [token = new Uint8Array(0)] = info?.unsignedAttributes("1.2.840.113549.1.9.16.2.14") ?? [];
    expect(
      verifyTimeStampToken(demo.gm, token, { imprint, trusted: demo.registry.timeStampKeysSm3 ?? [] }).policy,
    ).toMatch(/^2\.25\./);

    expect(codeOf(await bidder.visitor.post(`/api/lots/${lotId}/check-in`))).toBe("ok");
    expect(await begin(lotId)).toBe("OPENING_NOT_BEGUN");
    expect(await mineOf(bidder, lotId)).toMatchObject({ keyBlock: null, order: null });
    goTo(lotId, 1000);
    expect(await begin(lotId)).toBe("ok");
    expect(await begin(lotId)).toBe("OPENING_BEGUN");
    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("ok");
    expect(await answerTo(bidder, lotId)).toMatchObject({ refusal: null, packageId: bid.header.packageId });
    expect(await resultOf(lotId)).toMatchObject([{ uscc, outcome: "opened", code: null, files: [{}, {}] }]);
    expect(openedFiles(lotId, uscc)).toEqual(FILES);
    // Once more changes nothing.
    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("ok");

    expect(codeOf(await host().post(`${lotId}/close`))).toBe("ok");
    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("HALL_CLOSED");
  });

  test("before the opening nobody learns who handed something in", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    await submit(demo, bidder, lotId, (await sealFor(demo, bidder, lotId)).bytes);
    const other = await enter(demo);
    expect((await other.visitor.get(`/api/lots/${lotId}/hall`)).json).toMatchObject({ seats: [], mine: null });
    expect((await host().get(lotId)).json).toMatchObject({ seats: [] });
    expect(codeOf(await other.visitor.get(`/api/lots/${lotId}/result.json`))).toBe("HALL_NOT_OPEN");
    expect(codeOf(await other.visitor.get(`/api/lots/${lotId}/receipt`))).toBe("NOT_SUBMITTED");
    goTo(lotId, 0);
    await begin(lotId);
    const { name } = bidder.keys.applicant;
    expect((await other.visitor.get(`/api/lots/${lotId}/hall`)).json).toMatchObject({ seats: [{ name }] });
  });

  test("the last of several packages counts", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    await submit(demo, bidder, lotId, (await sealFor(demo, bidder, lotId)).bytes);
    const files = [{ name: "最终报价.pdf", bytes: Uint8Array.of(1, 2, 3) }];
    await submit(demo, bidder, lotId, (await sealFor(demo, bidder, lotId, files)).bytes);
    goTo(lotId, 0);
    await begin(lotId);
    await releaseAt(demo, bidder, lotId);
    await bidding().hall.idle();
    expect(openedFiles(lotId, bidder.keys.applicant.uscc)).toEqual(files);
  });

  test("a postponed opening has a newer notice, and opens what was made for the first", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    await submit(demo, bidder, lotId, (await sealFor(demo, bidder, lotId)).bytes);
    const first = bidding().lots.find(lotId).openingAt;
    expect(codeOf(await host().post(`${lotId}/opening-time`, { openingAt: first - 60_000 }))).toBe(
      "OPENING_ONLY_LATER",
    );
    expect(codeOf(await host().post(`${lotId}/opening-time`, { openingAt: first + 60_000 }))).toBe("ok");
    expect(noticeOf(demo, lotId).sequence).toBe(2);
    const later = await enter(demo);
    expect(codeOf(await submit(demo, later, lotId, (await sealFor(demo, later, lotId)).bytes))).toBe("ok");
    goTo(lotId, 0);
    await begin(lotId);
    for (const one of [bidder, later]) expect(codeOf(await releaseAt(demo, one, lotId))).toBe("ok");
    expect((await resultOf(lotId)).map(({ outcome }) => outcome)).toEqual(["opened", "opened"]);
    expect(codeOf(await host().post(`${lotId}/opening-time`, { openingAt: first }))).toBe("OPENING_BEGUN");
  });
});

describe("a package is refused", () => {
  test("late, for another lot, of another bidder, altered, by another's id", async () => {
    const [lotId, otherLot] = [newLot(), newLot()];
    const bidder = await enter(demo);
    const bid = await sealFor(demo, bidder, lotId);
    expect(codeOf(await submit(demo, bidder, otherLot, bid.bytes))).toBe("PACKAGE_OF_ANOTHER_LOT");
    const other = await enter(demo);
    expect(codeOf(await submit(demo, other, lotId, bid.bytes))).toBe("SIGNED_BY_ANOTHER");
    const altered = bid.bytes.slice();
    altered[500_000] = (altered[500_000] ?? 0) ^ 1;
    expect(codeOf(await submit(demo, bidder, lotId, altered))).toBe("PACKAGE_PAYLOAD_MISMATCH");
    expect(codeOf(await submit(demo, bidder, lotId, Uint8Array.of(1, 2, 3)))).toBe("PACKAGE_MALFORMED");
    expect(codeOf(await submit(demo, bidder, lotId, bid.bytes))).toBe("ok");
    const { packageId } = bid.header;
    const copy = await sealBid(demo.gm, other.keys, noticeOf(demo, lotId), FILES, { header: { packageId } });
    expect(codeOf(await submit(demo, other, lotId, copy.bytes))).toBe("PACKAGE_ID_TAKEN");
    goTo(lotId, 0);
    const late = await sealFor(demo, other, lotId);
    expect(codeOf(await submit(demo, other, lotId, late.bytes))).toBe("PACKAGE_LATE");
    expect(codeOf(await other.visitor.post(`/api/lots/${lotId}/check-in`))).toBe("NOT_SUBMITTED");
  });

  test("who is not signed in, or asks for a lot that is not there, gets nowhere", async () => {
    const nobody = visit(demo, demo.platforms.a);
    const lotId = newLot();
    expect(codeOf(await nobody.post(`/api/lots/${lotId}/uploads`, { size: 5 }))).toBe("NOT_SIGNED_IN");
    expect(codeOf(await nobody.post(`/api/lots/${lotId}/key`, { releasedKey: "AAAA" }))).toBe("NOT_SIGNED_IN");
    const bidder = await enter(demo);
    expect(codeOf(await bidder.visitor.post("/api/lots/none/uploads", { size: 5 }))).toBe("LOT_UNKNOWN");
    for (const size of [0, 2 ** 40, "5"]) {
      const begun = await bidder.visitor.post(`/api/lots/${lotId}/uploads`, { size });
      expect(["INVALID_FORM", "FILE_TOO_LARGE"]).toContain(codeOf(begun));
    }
    for (const path of ["begin", "close"]) {
      expect(codeOf(await bidder.visitor.post(`/api/host/lots/${lotId}/${path}`))).toBe("NOT_OPERATOR");
    }
    const foreign = { origin: "https://bid-b.demo.test" };
    expect(codeOf(await bidder.visitor.put("/api/uploads/x/parts/0", Uint8Array.of(1), foreign))).toBe("FOREIGN_PAGE");
  });
});

describe("an upload", () => {
  test("that was interrupted goes on where it was, and is judged when it is whole", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    const large = [{ name: "图纸.dwg", bytes: new Uint8Array(2 * PART_LEN).fill(3) }];
    const { bytes } = await sealFor(demo, bidder, lotId, large);
    const { id, parts } = await beginUpload(bidder, lotId, bytes.length);
    expect(parts).toEqual([null, null, null]);
    expect(codeOf(await putPart(demo, bidder, id, 2, bytes))).toBe("ok");
    const part = bytes.slice(0, PART_LEN);
    const put = (body: Uint8Array, sm3: string, index = 0) =>
      bidder.visitor.put(`/api/uploads/${id}/parts/${index}`, body, { "content-sm3": sm3 });
    const sm3 = Buffer.from(demo.gm.sm3(part)).toString("hex");
    expect(
      codeOf(
        await put(
          part.map((byte) => byte ^ 1),
          sm3,
        ),
      ),
    ).toBe("PART_DAMAGED");
    expect(codeOf(await put(part.subarray(1), sm3))).toBe("PART_DAMAGED");
    expect(codeOf(await put(bytes.subarray(0, 10), sm3, 3))).toBe("PART_DAMAGED");
    expect(codeOf(await put(bytes.subarray(0, PART_LEN), "no hash"))).toBe("INVALID_FORM");
    expect(codeOf(await put(new Uint8Array(PART_LEN + 1), sm3))).toBe("FILE_TOO_LARGE");
    expect(codeOf(await bidder.visitor.post(`/api/uploads/${id}/complete`))).toBe("UPLOAD_INCOMPLETE");
    expect(codeOf(await (await enter(demo)).visitor.get(`/api/uploads/${id}`))).toBe("UPLOAD_UNKNOWN");

    // The page comes back, asks what is there, and sends the rest.
    const there = uploadIn(await bidder.visitor.get(`/api/uploads/${id}`)).parts;
    expect(there.map((one) => one !== null)).toEqual([false, false, true]);
    for (const index of [0, 1]) expect(codeOf(await putPart(demo, bidder, id, index, bytes))).toBe("ok");
    const [once, again] = await Promise.all([
      bidder.visitor.post(`/api/uploads/${id}/complete`),
      bidder.visitor.post(`/api/uploads/${id}/complete`),
    ]);
    // Both wait for one judgement, and whose line broke asks again: one bid, one receipt, and nothing is sent twice.
    expect(codeOf(once)).toBe("ok");
    expect(again.json).toEqual(once.json);
    expect((await bidder.visitor.post(`/api/uploads/${id}/complete`)).json).toEqual(once.json);
    expect(uploadIn(await bidder.visitor.get(`/api/uploads/${id}`)).parts).not.toContain(null);
    expect(codeOf(await putPart(demo, bidder, id, 0, bytes))).toBe("UPLOAD_UNKNOWN");
  });
});

describe("an upload's parts", () => {
  test("that are still being written are waited for, however often one is sent: what was verified is what stays", async () => {
    const uploads = createUploads(demo.gm, join(folder, "twice"));
    const upload = await uploads.begin({ uscc: "91320100MA1XXXXX0X", lotId: "test", size: PART_LEN });
    const sm3Of = (bytes: Uint8Array) => Buffer.from(demo.gm.sm3(bytes)).toString("hex");
    const sent = Array.from({ length: 16 }, (_, byte) => new Uint8Array(PART_LEN).fill(byte));
    const sm3s = sent.map(sm3Of);
    const writing = sent.map((part, place) => uploads.putPart(upload, 0, sm3s[place] ?? "", part));
    await Promise.race(writing);
    const to = join(folder, "twice", "whole");
    const read = async (source: { read(at: number, len: number): Promise<Uint8Array> }) =>
      sm3Of(await source.read(0, PART_LEN));
    await expect(uploads.complete(upload, 1, read, to)).rejects.toMatchObject({ code: "UPLOAD_INCOMPLETE" });
    await Promise.all(writing);
    const verified = await uploads.complete(upload, 1, read, to);
    expect(sm3Of(readFileSync(to))).toBe(verified);
  });
});

describe("a key is refused", () => {
  test("early, of another bidder, for nothing, garbage: who signed it is blamed; and the right one still opens", async () => {
    const lotId = newLot();
    const [bidder, other] = [await enter(demo), await enter(demo)];
    const { uscc } = bidder.keys.applicant;
    const bid = await sealFor(demo, bidder, lotId);
    const otherBid = await sealFor(demo, other, lotId);
    await submit(demo, bidder, lotId, bid.bytes);
    await submit(demo, other, lotId, otherBid.bytes);
    const early = await bidder.visitor.post(`/api/lots/${lotId}/key`, { releasedKey: "AAAA" });
    expect(codeOf(early)).toBe("HALL_NOT_OPEN");
    goTo(lotId, 0);
    await begin(lotId);
    expect(codeOf(await bidder.visitor.post(`/api/lots/${lotId}/key`, { releasedKey: "AAAA" }))).toBe(
      "RELEASED_KEY_MALFORMED",
    );
    expect(codeOf(await releaseAt(demo, bidder, lotId, { signedBy: other.keys }))).toBe(
      "RELEASED_KEY_OF_ANOTHER_SIGNER",
    );
    const packageId = otherBid.header.packageId;
    expect(codeOf(await releaseAt(demo, bidder, lotId, { said: { packageId } }))).toBe(
      "RELEASED_KEY_OF_ANOTHER_PACKAGE",
    );
    const garbage = contentOf(new Uint8Array(32), new Uint8Array(32), new TextEncoder().encode("{}"));
    const ledgerHead = encodeBase64Url(demo.gm.sm3(garbage));
    const wrong = await releaseAt(demo, bidder, lotId, { content: garbage, said: { ledgerHead } });
    expect(codeOf(wrong)).toBe("RELEASED_KEY_WRONG");
    expect(await answerTo(bidder, lotId)).toMatchObject({ refusal: "RELEASED_KEY_WRONG", openHead: ledgerHead });
    expect(await mineOf(other, lotId)).toMatchObject({ answer: null });
    const strange = strangeContent(demo.gm, bid.header);
    expect(codeOf(await releaseAt(demo, bidder, lotId, { content: strange }))).toBe("RELEASED_KEY_WRONG");
    await bidder.visitor.post(`/api/lots/${lotId}/troubles`, { code: "KEY_NOT_FOUND" });
    const rows = await resultOf(lotId);
    // To all, what the bidder's signature is on; to the bidder, what was met last.
    expect(rows[0]).toMatchObject({ outcome: "failed", code: "RELEASED_KEY_WRONG", blamed: true });
    expect(await mineOf(bidder, lotId)).toMatchObject({ code: "KEY_NOT_FOUND" });
    const troubles = (rows[0]?.["troubles"] ?? []) as readonly { code: string }[];
    expect(troubles.map(({ code }) => code)).toEqual([
      "RELEASED_KEY_MALFORMED",
      "RELEASED_KEY_OF_ANOTHER_SIGNER",
      "RELEASED_KEY_OF_ANOTHER_PACKAGE",
      "RELEASED_KEY_WRONG",
      "RELEASED_KEY_WRONG",
      "KEY_NOT_FOUND",
    ]);
    expect(
      bidding()
        .hall.seat(lotId, uscc)
        .troubles.map(({ blamed }) => blamed),
    ).toEqual([false, false, false, true, true, false]);
    expect(rows[1]).toMatchObject({ outcome: "no-key", code: null });
    const record = (await bidder.visitor.get(`/api/lots/${lotId}/trouble-record.json`)).json;
    expect(record["releasedKeys"]).toHaveLength(5);

    const csv = (await bidder.visitor.get(`/api/lots/${lotId}/result.csv`)).text;
    expect(csv).toContain("解密失败");
    expect(csv).toContain("未提交密钥");
    expect(csv.split("\r\n")).toHaveLength(4);

    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("ok");
    expect((await resultOf(lotId))[0]).toMatchObject({ outcome: "opened", code: null });
  });

  test("after the order's end; a second order opens the hall again, and the first one's key is of another order", async () => {
    const lotId = newLot();
    const bidder = await enter(demo);
    await submit(demo, bidder, lotId, (await sealFor(demo, bidder, lotId)).bytes);
    goTo(lotId, 0);
    await begin(lotId);
    goTo(lotId, 31 * 60_000);
    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("RELEASED_KEY_LATE");
    const orderSm3 = encodeBase64Url(new Uint8Array(32).fill(1));
    expect(await begin(lotId)).toBe("ok");
    expect(codeOf(await releaseAt(demo, bidder, lotId, { said: { orderSm3 } }))).toBe("RELEASED_KEY_OF_ANOTHER_ORDER");
    expect(codeOf(await releaseAt(demo, bidder, lotId))).toBe("ok");
  });
});

test("fifty bidders at once", async () => {
  const lotId = newLot();
  const files = [{ name: "报价.xlsx", bytes: Uint8Array.of(5) }];
  const bidders = await Promise.all(Array.from({ length: 50 }, () => enter(demo, "众")));
  await Promise.all(
    bidders.map(async (bidder) => {
      const { bytes } = await sealFor(demo, bidder, lotId, files);
      expect(codeOf(await submit(demo, bidder, lotId, bytes))).toBe("ok");
    }),
  );
  goTo(lotId, 0);
  await begin(lotId);
  const codes = await Promise.all(bidders.map(async (bidder) => codeOf(await releaseAt(demo, bidder, lotId))));
  expect(new Set(codes)).toEqual(new Set(["ok"]));
  const rows = await resultOf(lotId);
  expect(rows).toHaveLength(50);
  expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(["opened"]));
  for (const { keys } of bidders) expect(openedFiles(lotId, keys.applicant.uscc)).toEqual(files);
});
