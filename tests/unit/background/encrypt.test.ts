import { windows, stored } from "./stage.ts";
import { codeOf, openEncrypting, time } from "./encrypting.ts";
import { ORIGIN, page } from "../../property/background/background.ts";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import { beforeEach, describe, expect, test } from "vitest";
import { openBidProgram } from "../../support/bid-program.ts";

/** `encrypt`, from the relay over program and workshop and back; the workshop's key blocks are real. */

let b = openEncrypting();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  time.now += 3600_000;
  b = openEncrypting();
});

const MAKING = ["beginPackage", "writePackage", "finishPackage"];

describe("encrypt", () => {
  test("draws, tries, writes, signs, and hands over; the window stays with the package's id", async () => {
    const { id, answer } = await b.ask();
    expect((await b.background.view(id))?.asked).toMatchObject({
      operation: "encrypt",
      files: null,
      lot: { projectName: "滨江路改造工程", openingTime: "2026-12-20T01:30:00Z" },
    });
    const { hash, prepared } = await b.prepare(id);
    expect(prepared).toEqual({
      keyId: b.key.keyId,
      recipients: [{ role: "own", authority: "测试数科CA", serialTail: "3F2A" }],
      results: [],
    });
    const told = await b.accept(id, hash);
    const got = await answer;
    const result = (got.ok ? got.result : {}) as { packageId: string; package: File };
    const results = [{ rule: "trial-opening", outcome: "good" }];
    const outcome = { operation: "encrypt", packageId: result.packageId, hasBackup: true, results };
    expect(told).toEqual({ v: 1, ok: true, result: outcome });
    expect(Object.keys(result).sort()).toEqual(["package", "packageId"]);
    expect(result.package).toBeInstanceOf(File);
    expect(result.package.name).toBe(`${result.packageId}.cbid`);
    expect(b.workshop.asked).toEqual(MAKING);
    expect(b.uses()).toEqual(["beginBid", "finishBid", "confirmBid"]);
    expect(windows.open.size).toBe(1);
    // The header is of the notice and of this key.
    const { header } = b.paramsOf("beginBid") as { header: string };
    expect(JSON.parse(new TextDecoder().decode(decodeBase64Url(header)))).toMatchObject({
      packageId: result.packageId,
      platformId: "demo-a",
      lot: "1标段",
      signingCertificateSm3: b.key.keyId,
    });
  });

  test("the page's own files are named in the window, and go with the request; the record has no content", async () => {
    const files = [new File(["报价"], "报价.xlsx"), new File(["标书"], "标书.pdf")];
    const { id, answer } = await b.ask({ notice: b.notice(), files });
    expect((await b.background.view(id))?.asked).toMatchObject({
      files: [
        { name: "报价.xlsx", len: 6 },
        { name: "标书.pdf", len: 6 },
      ],
    });
    expect(stored.get(`request:${id}`)).toMatchObject({ params: { files: [{ name: "报价.xlsx" }, {}] } });
    expect(JSON.stringify([...stored])).not.toContain("Blob");
    const { hash } = await b.prepare(id);
    await b.accept(id, hash);
    expect(codeOf(await answer)).toBe("ok");
    expect(b.workshop.brought.get(id)).toEqual(files);
  });

  test("the consent is for what was said of the key: not without it, not with another key's", async () => {
    const { id } = await b.ask();
    const before = (await b.background.view(id))?.hash ?? "";
    expect(codeOf(await b.accept(id, before))).toBe('INVALID_REQUEST {"path":"key"}');
    const next = await b.ask();
    const early = (await b.background.view(next.id))?.hash ?? "";
    const other = b.issueKey("91C0");
    b.state.inserted.push(other);
    await b.prepare(next.id, other.keyId);
    expect(codeOf(await b.accept(next.id, early))).toBe("CONSENT_EXPIRED null");
    const { hash } = await b.prepare(next.id, other.keyId);
    expect(codeOf(await b.accept(next.id, hash))).toBe('INVALID_REQUEST {"path":"key"}');
    expect(b.workshop.asked.filter((verb) => verb !== "release")).toEqual([]);
    expect(b.uses()).toEqual([]);
  });

  test("what is proved to be wrong blocks, whatever a window sends", async () => {
    b.state.prepared = [{ rule: "encryption-certificate", outcome: "bad" }];
    const { id } = await b.ask();
    const { hash } = await b.prepare(id);
    expect(codeOf(await b.accept(id, hash))).toBe('INVALID_REQUEST {"path":"key"}');
    expect(b.uses()).toEqual([]);
  });

  test("a wrong PIN is mended in the window: each try draws a key of its own, and no key stays open", async () => {
    const { id, answer } = await b.ask();
    const { hash } = await b.prepare(id);
    expect(codeOf(await b.accept(id, hash, "000000"))).toContain("PIN_INCORRECT");
    expect(b.workshop.live.size).toBe(0);
    expect(codeOf(await b.accept(id, hash))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect(b.workshop.asked).toEqual(["beginPackage", "release", ...MAKING]);
    expect(b.uses()).toEqual(["beginBid", "beginBid", "finishBid", "confirmBid"]);
  });

  test("a key block that does not open: nothing is written, and the window says why", async () => {
    b.state.opens = false;
    const { id, answer } = await b.ask();
    const { hash } = await b.prepare(id);
    const told = await b.accept(id, hash);
    expect(codeOf(told)).toBe('BID_REFUSED {"rule":"trial-opening"}');
    // Which check it was would tell of keys.
    expect(codeOf(await answer)).toBe("USER_DECLINED null");
    expect(b.workshop.asked).not.toContain("writePackage");
    expect(b.workshop.live.size).toBe(0);
  });

  test.each([
    ["the workshop cannot read a file", "writePackage", new OperationError("CONTENT_UNREADABLE", { name: "标书.pdf" })],
    ["what was written does not open", "finishPackage", new OperationError("INTERRUPTED")],
  ])("%s: the program lets the key go, and nothing is left", async (_what, verb, error) => {
    b.workshop.before.set(verb, () => Promise.reject(error));
    const { id, answer } = await b.ask();
    const { hash } = await b.prepare(id);
    expect(codeOf(await b.accept(id, hash))).toContain(error.code);
    expect(codeOf(await answer)).toContain(error.code);
    expect(b.uses().at(-1)).toBe("abandonBid");
    expect(b.workshop.live.size).toBe(0);
  });

  test("a file that cannot be read is named to the person; to the page only where it is the page's own", async () => {
    const error = new OperationError("CONTENT_UNREADABLE", { name: "报价 1,230,000.xlsx" });
    const named = 'CONTENT_UNREADABLE {"name":"报价 1,230,000.xlsx"}';
    for (const files of [undefined, [new File(["1"], "报价 1,230,000.xlsx")]]) {
      b.workshop.before.set("writePackage", () => Promise.reject(error));
      const { id, answer } = await b.ask({ notice: b.notice(), ...(files === undefined ? {} : { files }) });
      const { hash } = await b.prepare(id);
      expect(codeOf(await b.accept(id, hash))).toBe(named);
      expect(codeOf(await answer)).toBe(files === undefined ? 'CONTENT_UNREADABLE {"name":""}' : named);
      b = openEncrypting();
    }
  });

  test("who ends it: the person in the window, or the page; at once, with nothing left", async () => {
    for (const by of ["person", "page"] as const) {
      b.workshop.before.set("writePackage", () => b.workshop.endless());
      const { id, answer } = await b.ask();
      const { hash } = await b.prepare(id);
      const accepted = b.accept(id, hash);
      await expect.poll(() => b.workshop.asked.at(-1)).toBe("writePackage");
      if (by === "person") await b.background.tell("decline", { id });
      else await b.background.dispatch.take({ v: 1, kind: "cancel", id }, page);
      expect(codeOf(await answer)).toContain(by === "person" ? "USER_DECLINED" : "CANCELLED");
      expect((await accepted)?.ok).toBe(false);
      expect(b.uses()).toEqual(["beginBid", "abandonBid"]);
      expect(b.workshop.live.size).toBe(0);
      b = openEncrypting();
    }
  });

  test("a worker that died while it worked: INTERRUPTED, and what was written goes", async () => {
    const { id } = await b.ask();
    await b.prepare(id);
    stored.set(`request:${id}`, { ...(stored.get(`request:${id}`) as object), state: "working" });
    b.workshop.live.add(id);
    const reborn = b.start();
    const params = { notice: b.notice() };
    const message = { v: 1, kind: "request", id, operation: "encrypt", params };
    expect(codeOf((await reborn.dispatch.take(message, page)) ?? null)).toBe("INTERRUPTED null");
    expect(b.workshop.live.size).toBe(0);
  });

  test("a notice of another platform, files of more than a package holds: no window", async () => {
    expect(codeOf(await b.send({ notice: openBidProgram(ORIGIN).notice() }))).toBe(
      'PLATFORM_UNPROVED {"what":"notice"}',
    );
    const large = Object.defineProperty(new Blob(), "size", { value: limits.packageContentLen });
    const files = [large, new Blob(["1"])];
    expect(codeOf(await b.send({ notice: b.notice(), files }))).toBe(`TOO_LARGE {"limit":${limits.packageContentLen}}`);
    expect(codeOf(await b.send({ notice: b.notice(), files: [] }))).toBe('INVALID_REQUEST {"path":"files"}');
    expect(windows.open.size).toBe(0);
  });
});
