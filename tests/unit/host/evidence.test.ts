/** The evidence of a bid: what of it is proved, by whom, and that nothing in it or on its page can be changed unseen. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signData } from "@certbridge/pki";
import type { BidEvidence, CarriedBid } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { BID_REPORT } from "@certbridge/protocol/content-types";
import { OperationError } from "@certbridge/protocol/errors";
import { parseRegistry, type Registry } from "@certbridge/trust";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packageName } from "../../../apps/host/src/bids.ts";
import { collectEvidence } from "../../../apps/host/src/evidence-file/collect.ts";
import { verifyEvidenceFile, writeEvidenceFile } from "../../../apps/host/src/evidence-file/file.ts";
import type { Finding } from "../../../apps/host/src/evidence-file/findings.ts";
import { isSound, judgeEvidence } from "../../../apps/host/src/evidence-file/judge.ts";
import { createHandlers } from "../../../apps/host/src/verbs/index.ts";
import { gm, party } from "../../support/authority.ts";
import { type Desk, openDesk, text } from "../../support/bid-desk.ts";
import { evidenceOf, type Life, liveThrough } from "../../support/evidence.ts";
import { sealFor } from "../../support/client.ts";
import { newId, PIN, temporaryFolder } from "../../support/host.ts";
import { openRooms, openRun } from "../../support/host-rooms.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
let life: Life;
let evidence: BidEvidence;
let page: string;
const NAME = "滨江<b>路</b>改造\u{1F3D7}工程";
beforeAll(async () => {
  desk = await openDesk(folder.path);
  life = await liveThrough(desk, { projectName: NAME });
  evidence = await evidenceOf(desk, life.packageId);
  page = writeEvidenceFile(gm, desk.host.identity, evidence);
});

const bytes = (content: string) => new TextEncoder().encode(content);
const judge = (change: Partial<BidEvidence> = {}, registry: Registry = desk.bidding.registry) =>
  judgeEvidence(gm, registry, { ...evidence, ...change });
const outcomes = (findings: readonly Finding[]) =>
  Object.fromEntries(
    findings.filter(({ outcome }) => outcome !== "holds").map(({ check, outcome }) => [check, outcome]),
  );
const ledgerWith = (change: (text: string) => string) =>
  text(bytes(change(new TextDecoder().decode(decodeBase64Url(evidence.ledger)))));

describe("what the evidence of a bid proves", () => {
  test("all of it, where nothing was changed: three countersignatures, and whose word each line is", () => {
    const judged = judge();
    expect(outcomes(judged.findings)).toEqual({});
    expect(isSound(judged)).toBe(true);
    expect(judged.bidder).toMatchObject({ uscc: expect.stringMatching(/^9132/), authority: expect.any(String) });
    expect(judged.countersignatures.map(({ when, head, line }) => [when, head, line])).toEqual([
      ["encrypt", life.encryptHead, 1],
      ["submit", life.submitHead, 2],
      ["open", expect.any(String), 4],
    ]);
    const [encrypt, , open] = judged.countersignatures.map(({ stampedAt }) => stampedAt);
    expect(judged.ledger.lines.map(({ step, failure }, at) => [step, failure?.code ?? null, judged.lines[at]])).toEqual(
      [
        ["trial", null, { ground: "self", isStampProved: false, notAfter: encrypt }],
        ["encrypt", null, { ground: "key", isStampProved: false, notAfter: encrypt }],
        ["submit", null, { ground: "platform", isStampProved: true, notAfter: open }],
        ["release", "PIN_INCORRECT", { ground: "self", isStampProved: false, notAfter: open }],
        // Of the order that it was released by nothing is here.
        ["release", null, { ground: "platform", isStampProved: false, notAfter: null }],
        ["opened", null, { ground: "platform", isStampProved: true, notAfter: null }],
      ],
    );
  });

  test("the rows that it brings along are those of the registry that it needs", () => {
    const rows = parseRegistry(evidence.registry);
    expect(rows.platforms.map(({ id }) => id)).toEqual(["demo-a"]);
    expect(rows.authorities).toHaveLength(1);
    expect(outcomes(judge({}, rows).findings)).toEqual({});
  });

  test("nothing is vouched for by a registry that knows none of them, and nothing is called false", () => {
    const judged = judge({}, { platforms: [], authorities: [] });
    const vouched = [
      "bidder",
      "notice",
      "receipt",
      "receipt-line",
      "encrypt-head",
      "submit-head",
      "opening",
      "opening-line",
      "open-head",
    ];
    const nothing = Object.fromEntries(vouched.map((check) => [check, "absent"]));
    expect(outcomes(judged.findings)).toEqual({ ...nothing, bidder: "unlisted" });
    expect(new Set(judged.lines.map(({ ground }) => ground))).toEqual(new Set(["self"]));
    expect(judged.platformName).toBeNull();
  });

  test("a bidder whose CA nobody lists is not proved to be anybody: neither by name nor by any line", () => {
    const registry = { ...desk.bidding.registry, authorities: [] };
    const judged = judge({}, registry);
    expect(outcomes(judged.findings)).toEqual({ bidder: "unlisted" });
    expect(judged.bidder?.listed).toBe(false);
    expect(judged.lines.map(({ ground }) => ground)).not.toContain("key");
    const { authorities: _none, ...rows } = parseRegistry(evidence.registry);
    const claimed = { ...evidence, registry: { ...rows, authorities: [] } };
    expect(writeEvidenceFile(gm, desk.host.identity, claimed)).toMatch(/<span class="fails">（未经证实）<\/span>/);
    expect(page).not.toContain("未经证实");
  });

  test("a ledger without its last lines, or written anew, does not fit what was countersigned", () => {
    const cut = judge({ ledger: ledgerWith((lines) => `${lines.split("\n").slice(0, 1).join("\n")}\n`) });
    expect(outcomes(cut.findings)).toMatchObject({
      report: "fails",
      "submit-head": "open",
      "receipt-line": "open",
      "opening-line": "open",
    });
    const altered = judge({ ledger: ledgerWith((lines) => lines.replace('"step":"trial"', '"step":"rehearse"')) });
    expect(outcomes(altered.findings)).toMatchObject({
      ledger: "fails",
      report: "fails",
      "encrypt-head": "fails",
      "open-head": "open",
    });
    expect(altered.ledger.brokenAt).toBe(2);
    expect(
      new Set(altered.lines.slice(1).map(({ ground, notAfter }) => `${ground} ${notAfter?.toISOString() ?? null}`)),
    ).toEqual(new Set(["self null"]));
    expect(judge({ ledger: ledgerWith((lines) => lines.replaceAll("\n", " \n")) }).ledger.brokenAt).toBe(1);
  });

  test("a line about a message of the platform's that says something else of it is false, and nobody's but this computer's word", () => {
    const lateWords = '{"code":"RELEASED_KEY_LATE","layer":"platform","rule":null}';
    const [opening] = judge().openings;
    const at = `"stampedAt":"${opening?.stampedAt.toISOString() ?? ""}"`;
    for (const [from, to] of [
      [`"failure":null`, `"failure":${lateWords}`],
      [at, `"stampedAt":"2020-01-01T00:00:00.000Z"`],
      [at, `"stampedAt":null`],
      [`"step":"opened"`, `"step":"submit"`],
    ] as const) {
      // The last line: nobody has countersigned it yet.
      const altered = judge({
        ledger: ledgerWith((text) => {
          const lines = text.trimEnd().split("\n");
          const last = lines.pop() ?? "";
          expect(last).toContain(from);
          return `${[...lines, last.replace(from, to)].join("\n")}\n`;
        }),
      });
      expect(altered.ledger.brokenAt, to).toBeNull();
      expect(outcomes(altered.findings), to).toEqual({ "opening-line": "fails" });
      expect(altered.lines.at(-1), to).toEqual({ ground: "self", isStampProved: false, notAfter: null });
    }
  });

  test("a line behind a broken one is bound to no message", () => {
    const broken = judge({ ledger: ledgerWith((text) => text.replace('"step":"trial"', '"step":"rehearse"')) });
    expect(outcomes(broken.findings)).toMatchObject({ "receipt-line": "open", "opening-line": "open" });
  });

  test("another bid's report, receipt, answer or signature is none of this one's", async () => {
    const other = await openDesk(folder.path);
    const foreign = await evidenceOf(other, (await liveThrough(other)).packageId);
    const theirs = other.bidding.registry;
    expect(outcomes(judge({ report: foreign.report }).findings)).toMatchObject({ report: "fails", program: "absent" });
    expect(outcomes(judge({ signed: foreign.signed }).findings)).toMatchObject({ "package-signature": "fails" });
    expect(outcomes(judge({ receipt: foreign.receipt }).findings)).toMatchObject({ receipt: "fails" });
    expect(outcomes(judge({ openings: foreign.openings }).findings)).toMatchObject({ opening: "fails" });
    expect(outcomes(judge({ notice: evidence.receipt }).findings)).toMatchObject({ notice: "fails" });
    expect(outcomes(judge({}, theirs).findings)).toMatchObject({ receipt: "fails", opening: "fails", notice: "fails" });
    expect(outcomes(judge({ programKey: foreign.programKey }).findings)).toEqual({ program: "absent" });
    expect(outcomes(judge({ header: foreign.header }).findings)).toMatchObject({ "package-signature": "fails" });
  });

  test("a report that another key signed over the same words proves nothing", () => {
    const { privateKey, certificate } = party("别人", null, { keyUsage: ["digitalSignature"] });
    const content = encodeCanonical(judge().report?.report);
    const forged = signData(gm, { contentType: BID_REPORT, content, certificate, privateKey, signedAt: new Date() });
    const judged = judge({ report: text(forged) });
    expect(outcomes(judged.findings)).toMatchObject({ report: "fails" });
    expect(judged.lines[1]?.ground).toBe("self");
  });

  test("a head that only the page or the platform says, and that fits no line, is held against nobody; the trailer's is", async () => {
    const { bidding } = desk;
    const strange = encodeBase64Url(gm.sm3(bytes("strange")));
    const { packageId, signatureSm3, encryptHead, submitHead } = life;
    const receiptOf = (change: object) => text(bidding.receipt({ packageId, signatureSm3 }, { change: { ...change } }));
    const brought = judge({ receipt: receiptOf({ encryptHead, submitHead: strange }) });
    expect(outcomes(brought.findings)).toEqual({ "receipt-line": "open", "submit-head": "open" });
    expect(isSound(brought)).toBe(true);
    const said = judge({ receipt: receiptOf({ encryptHead: strange, submitHead }) });
    expect(outcomes(said.findings)).toEqual({ "receipt-line": "open", "encrypt-head": "open" });
    expect(isSound(said)).toBe(true);
    const ledger = ledgerWith((lines) => lines.replace('"step":"trial"', '"step":"rehearse"'));
    expect(outcomes(judge({ ledger }).findings)).toMatchObject({ "encrypt-head": "fails" });
    expect(outcomes(judge({ receipt: receiptOf({}) }).findings)).toMatchObject({
      "encrypt-head": "absent",
      "submit-head": "absent",
    });
  });

  test("a platform that says other things later takes back nothing of it, neither receipt nor answer", async () => {
    const other = await openDesk(folder.path);
    const { made, packageId, signatureSm3, releasedKey } = await liveThrough(other);
    const { bidding, handlers } = other;
    const { origin, openingAt } = bidding;
    const before = judgeEvidence(gm, bidding.registry, await evidenceOf(other, packageId));
    const save = (receipt: Uint8Array) => handlers.saveReceipt({ origin, packageId, receipt: text(receipt) });
    const of = { packageId, signatureSm3 };
    const stampedAt = openingAt + 3600_000;
    const receivedAt = `${new Date(stampedAt).toISOString().slice(0, 19)}Z`;
    await save(bidding.receipt(of, { stampedAt, change: { receivedAt } }));
    for (let more = 0; more < 5; more++) {
      const options = { stampedAt: openingAt + 200_000 + more * 1000, change: { refusal: "RELEASED_KEY_WRONG" } };
      await save(bidding.openingReceipt(of, decodeBase64Url(releasedKey), options));
      await save(bidding.openingReceipt(of, decodeBase64Url((await other.release(made)).releasedKey), options));
    }
    const after = judgeEvidence(gm, bidding.registry, await evidenceOf(other, packageId));
    expect(outcomes(after.findings)).toEqual({});
    expect(after.receipt?.said).toEqual(before.receipt?.said);
    expect(after.laterReceipt?.said.receivedAt).toBe(receivedAt);
    expect(after.openings[0]?.said).toEqual(before.openings[0]?.said);
    expect(after.lines.slice(0, before.lines.length).map(({ ground }) => ground)).toEqual(
      before.lines.map(({ ground }) => ground),
    );
    const written = writeEvidenceFile(gm, other.host.identity, await evidenceOf(other, packageId));
    expect(written).toContain("后来的回执");
    expect(verifyEvidenceFile(gm, bidding.registry, bytes(written)).pageHolds).toBe(true);
    // What is altered of the later one is seen as of the first.
    const cut = { ...(await evidenceOf(other, packageId)), laterReceipt: evidence.receipt ?? "" };
    expect(outcomes(judgeEvidence(gm, bidding.registry, cut).findings)).toMatchObject({ receipt: "fails" });
  });

  test("a platform that says another head than the released key has makes nothing of the bidder's false", async () => {
    const other = await openDesk(folder.path);
    const { made, packageId, signatureSm3 } = await liveThrough(other);
    const { bidding, handlers, host } = other;
    const { releasedKey } = await other.release(made);
    const openHead = encodeBase64Url(gm.sm3(bytes("strange")));
    const options = { stampedAt: bidding.openingAt + 200_000, change: { openHead } };
    const answer = bidding.openingReceipt({ packageId, signatureSm3 }, decodeBase64Url(releasedKey), options);
    await handlers.saveReceipt({ origin: bidding.origin, packageId, receipt: text(answer) });
    const judged = judgeEvidence(gm, bidding.registry, await evidenceOf(other, packageId));
    expect(judged.countersignatures.at(-1)).toMatchObject({ when: "open", head: openHead, line: null });
    expect(outcomes(judged.findings)).toEqual({ "open-head": "open" });
    expect(isSound(judged)).toBe(true);
    const written = writeEvidenceFile(gm, host.identity, await evidenceOf(other, packageId));
    expect(written).toContain("不相符，但不能说明是哪一方所致");
  });

  test("of a bid that another computer made there is only this computer's word", async () => {
    const other = await openDesk(folder.path);
    other.time.now = other.bidding.openingAt + 60_000;
    const made = other.make();
    await other.release(made);
    const judged = judgeEvidence(gm, other.bidding.registry, await evidenceOf(other, made.header.packageId));
    expect(judged).toMatchObject({ header: null, bidder: null, report: null });
    expect(judged.lines).toEqual([{ ground: "self", isStampProved: false, notAfter: null }]);
    expect(isSound(judged)).toBe(true);
  });

  describe("of a bid that was taken over from another computer", () => {
    const other = async () => {
      const there = await openRooms({
        folder: mkdtempSync(join(folder.path, "other-")),
        clock: () => desk.time.now,
        stores: [desk.store],
        registry: desk.host.registry,
      });
      return { there, at: createHandlers(there, openRun(there)) };
    };
    /** Brought there, rehearsed there, and what that computer has of it then. */
    async function takenOver(change: (bid: CarriedBid) => CarriedBid = (bid) => bid) {
      const { packageId } = life;
      const { there, at } = await other();
      await at.importBid({ bid: change((await desk.handlers.exportBid({ packageId })).bid) });
      const consentId = newId();
      const sealedPin = sealFor(there.identity.publicKey, consentId, PIN);
      await at.rehearseBid({ consentId, keyId: desk.keyId, sealedPin, packageId });
      const found = await collectEvidence(there, packageId);
      if (found === null) throw new Error("a record expected");
      return { there, found, judged: judgeEvidence(gm, desk.bidding.registry, found) };
    }
    const nothingOfOpening = { opening: "absent", "opening-line": "absent", "open-head": "absent" };

    test("nothing is called false: what was signed there is in the record there", async () => {
      const { there, found, judged } = await takenOver();
      expect(outcomes(judged.findings)).toEqual({
        report: "open",
        program: "absent",
        "receipt-line": "open",
        "encrypt-head": "open",
        "submit-head": "open",
        ...nothingOfOpening,
      });
      expect(isSound(judged)).toBe(true);
      expect(judged).toMatchObject({ isElsewhere: true, lines: [{ ground: "self" }], bidder: { listed: true } });
      const written = writeEvidenceFile(gm, there.identity, found);
      expect(written).toContain("属于加密时那台电脑的记录");
      expect(written).not.toContain("与记录不符");
      expect(verifyEvidenceFile(gm, desk.bidding.registry, bytes(written)).pageHolds).toBe(true);
    });

    test("without the package's signature nothing of it is vouched for, and nothing called false", async () => {
      const { judged } = await takenOver(({ signature: _left, ...bid }) => bid);
      expect(outcomes(judged.findings)).toEqual({
        "package-signature": "absent",
        bidder: "absent",
        report: "absent",
        program: "absent",
        receipt: "absent",
        "receipt-line": "absent",
        "encrypt-head": "absent",
        "submit-head": "absent",
        ...nothingOfOpening,
      });
      expect(judged).toMatchObject({ bidder: null, receipt: null });
    });

    test("whoever made it here has no such way out: the record of its making is this one, whatever program signs", () => {
      const programKey = encodeBase64Url(gm.sm2KeyPair().publicKey);
      const ledger = ledgerWith((lines) => lines.replace('"step":"trial"', '"step":"rehearse"'));
      expect(outcomes(judge({ programKey, ledger }).findings)).toMatchObject({
        report: "fails",
        "encrypt-head": "fails",
      });
    });
  });

  test("the newest notice is the one that the bid has with it, where the table of notices lost it", async () => {
    const home = mkdtempSync(join(folder.path, "flooded-"));
    const other = await openDesk(home);
    const { packageId, made } = await liveThrough(other);
    const { bidding, handlers } = other;
    const newer = text(bidding.notice({ sequence: 5 }));
    await handlers.updateNotice({ origin: bidding.origin, notice: newer });
    // What 64 other lots of that platform do to it.
    const [name = ""] = readdirSync(home);
    for (const file of readdirSync(join(home, name, "notices"))) rmSync(join(home, name, "notices", file));
    expect(await other.host.notices.newest(made.header)).toBeNull();
    const found = await evidenceOf(other, packageId);
    expect(found.notice).toBe(newer);
    expect(judgeEvidence(gm, bidding.registry, found).notice?.sequence).toBe(5);
  });

  test("a renewed certificate still shows who made the bid", async () => {
    const other = await openDesk(folder.path);
    const { packageId } = await liveThrough(other);
    other.store.renew(other.keyId);
    const judged = judgeEvidence(gm, other.bidding.registry, await evidenceOf(other, packageId));
    expect(outcomes(judged.findings)).toEqual({});
  });
});

function codeOf(content: Uint8Array): string {
  try {
    const verified = verifyEvidenceFile(gm, desk.bidding.registry, content);
    return verified.pageHolds && isSound(verified) ? "holds" : "does not hold";
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

describe("the page", () => {
  test("stands alone, says the bidder's words as text, and holds", () => {
    expect(codeOf(bytes(page))).toBe("holds");
    expect(page).toContain("滨江&lt;b&gt;路&lt;/b&gt;改造\u{1F3D7}工程");
    expect(page).not.toMatch(/<script|<b>|https?:|<img|<link/);
    for (const words of [
      "江南公共资源交易平台（演示）",
      "操作人 · PIN码错误（PIN_INCORRECT）",
      "本机自述",
      "投标人签名证明",
      "平台签名证明",
      "第1至4条",
      "平台已收到密钥，核验通过",
    ]) {
      expect(page).toContain(words);
    }
    // The legal words are for others to say.
    expect(page).not.toMatch(/撤销|撤回/);
  });

  test("any word on it that is changed is seen, and so is whatever is put before, behind or in between", () => {
    for (const [from, to] of [
      ["本机自述", "平台签名证明"],
      ["PIN码错误", "驱动无响应"],
      ["不认定责任", "责任在平台"],
      ["</body>", "<p>又及</p></body>"],
      ["display:none", "display:block"],
    ] as const) {
      expect(page).toContain(from);
      expect(codeOf(bytes(page.replace(from, to))), from).toBe("does not hold");
    }
    expect(codeOf(bytes(`${page}<p>又及</p>`))).toBe("does not hold");
    expect(codeOf(bytes(`\u{feff}${page}`))).toBe("does not hold");
  });

  test("evidence that is changed, or signed by another program, is refused; so is what is no report", () => {
    const other = { ...evidence, madeAt: "2026-01-01T00:00:00Z" };
    const signature = / id="signature">\n(.*)\n/.exec(page)?.[1] ?? "";
    const mixed = writeEvidenceFile(gm, { signEvidence: () => decodeBase64Url(signature) }, other);
    expect(codeOf(bytes(mixed))).toBe("MALFORMED");
    const key = gm.sm2KeyPair();
    const claimed = { ...evidence, programKey: encodeBase64Url(key.publicKey) };
    const own = { signEvidence: desk.host.identity.signEvidence };
    expect(codeOf(bytes(writeEvidenceFile(gm, own, claimed)))).toBe("MALFORMED");
    const offCurve = { ...evidence, programKey: encodeBase64Url(Uint8Array.of(4, ...new Uint8Array(64).fill(1))) };
    expect(codeOf(bytes(writeEvidenceFile(gm, own, offCurve)))).toBe("MALFORMED");
    expect(codeOf(new Uint8Array(0))).toBe("MALFORMED");
    expect(codeOf(Uint8Array.of(0xff, 0xfe))).toBe("MALFORMED");
    expect(codeOf(new Uint8Array(8 * 1024 * 1024 + 1))).toBe("MALFORMED");
  });

  test("a registry in it that is none, and a ledger of endless lines, end in words and at once", () => {
    const own = desk.host.identity;
    const resigned = (change: Partial<BidEvidence>) => {
      const changed = { ...evidence, ...change };
      const block = (encodeBase64Url(encodeCanonical(changed)).match(/.{1,120}/g) ?? []).join("\n");
      const mark = encodeBase64Url(own.signEvidence(gm.sm3(encodeCanonical(changed))));
      return bytes(`<pre id="evidence">\n${block}\n</pre>\n<pre id="signature">\n${mark}\n</pre>`);
    };
    expect(codeOf(resigned({ registry: { platforms: 1 } }))).toBe("does not hold");
    expect(codeOf(resigned({ ledger: text(new Uint8Array(1024 * 1024).fill(0x0a)) }))).toBe("MALFORMED");
    expect(codeOf(resigned({}))).toBe("does not hold");
  });

  test("comes in pieces over native messaging, however long the record is, and only of a bid that is there", async () => {
    const other = await openDesk(folder.path);
    const { packageId } = await liveThrough(other, { projectName: "\u{1F3D7}".repeat(60) });
    for (let more = 0; more < 300; more++) await other.host.ledger.add(packageId, { step: "rehearse", failure: null });
    const { html, pieces } = await other.handlers.bidEvidence({ packageId, piece: 0 });
    expect(pieces).toBeGreaterThan(2);
    let whole = html;
    for (let piece = 1; piece < pieces; piece++) whole += (await other.handlers.bidEvidence({ packageId, piece })).html;
    expect(whole.isWellFormed() && html.isWellFormed()).toBe(true);
    expect(verifyEvidenceFile(gm, other.bidding.registry, bytes(whole)).pageHolds).toBe(true);
    await expect(other.handlers.bidEvidence({ packageId, piece: pieces })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    const stranger = { packageId: encodeBase64Url(new Uint8Array(16)), piece: 0 };
    await expect(other.handlers.bidEvidence(stranger)).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  test("of a broken record says so", async () => {
    const home = mkdtempSync(join(folder.path, "broken-"));
    const other = await openDesk(home);
    const { packageId } = await liveThrough(other);
    const [desk = ""] = readdirSync(home);
    writeFileSync(join(home, desk, "ledger", `${packageName(packageId)}.jsonl`), "{}\n");
    const broken = writeEvidenceFile(gm, other.host.identity, await evidenceOf(other, packageId));
    expect(broken).toContain("第1条起不可信");
    const verified = verifyEvidenceFile(gm, other.bidding.registry, bytes(broken));
    expect([verified.pageHolds, isSound(verified)]).toEqual([true, false]);
  });
});
