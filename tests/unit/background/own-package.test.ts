import { stored, windows } from "./stage.ts";
import { openBackground, ORIGIN, page } from "../../property/background/background.ts";
import { type ErrorCode, OperationError } from "@certbridge/protocol/errors";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { readSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import type { Answer } from "@certbridge/protocol/page/wire";
import { workshopVerbs, type WorkshopVerb } from "@certbridge/protocol/workshop";
import * as v from "valibot";
import { beforeEach, describe, expect, test } from "vitest";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { gm } from "../../support/authority.ts";
import { openBidProgram } from "../../support/bid-program.ts";
import { newId } from "../../support/host.ts";

/** `decrypt` for the bidder's own use: from the page, or our own page, to the program and the workshop's worker, and back. */

const PASSPHRASE = "0123-4567-89AB-CDEF-GHJK";
const NAMES = ["报价 一百万.xlsx", "技术标.pdf"] as const;
const time = { now: Date.parse("2026-12-20T01:31:07Z") };
const fileKey = Uint8Array.from({ length: 32 }, (_, at) => at + 100);
const packageId = encodeBase64Url(new Uint8Array(16).fill(3));

/** A workshop whose worker opens what was sealed for it, and one passphrase. */
function openWorkshop(keyBlock: () => string, tails: { signer: string }) {
  const asked: { readonly verb: string; readonly params: unknown }[] = [];
  const state = { fails: null as ErrorCode | null, signature: 1, holds: true };
  const worker = gm.sm2KeyPair();
  const opened: Uint8Array[] = [];

  function fail(code: ErrorCode): never {
    throw OperationError.fromRecord({ code, details: code === "MALFORMED" ? { what: "bid package" } : null });
  }

  type Asked = Record<string, unknown>;
  const answers: { readonly [N in WorkshopVerb]?: (params: Asked) => unknown } = {
    readPackage(params) {
      if (!state.holds && params["package"] === undefined) fail("INTERRUPTED");
      if (state.fails !== null && params["package"] !== undefined) fail(state.fails);
      return {
        packageId,
        header: "eyJ9",
        keyBlock: keyBlock(),
        lot: { projectCode: "JN-1", projectName: "改造工程", lot: "1标段", openingTime: "2026-12-25T01:30:00Z" },
        signatureSm3: encodeBase64Url(new Uint8Array(32).fill(state.signature)),
        len: 4_200_000,
        needed: { authority: "测试数科CA", serialTail: tails.signer, notAfter: "2027-12-01T00:00:00Z" },
        recipientTails: ["E0E0"],
      };
    },
    expectKey: () => ({ worker: encodeBase64Url(worker.publicKey) }),
    openPackage(params) {
      if (state.fails !== null) fail(state.fails);
      const { by, id } = params as { id: string; by: { sealedKey?: string; passphrase?: string } };
      if (by.sealedKey !== undefined) {
        const plaintext = gm.sm2Decrypt(worker.privateKey, decodeBase64Url(by.sealedKey)) ?? new Uint8Array(0);
        opened.push(readSealedFileKey(id, plaintext) ?? new Uint8Array(0));
      } else if (by.passphrase !== PASSPHRASE) {
        throw new OperationError("BACKUP_KEY_REFUSED", { fault: "not-opened", retryAt: null });
      }
      return { files: NAMES.length };
    },
    openedFiles: () => ({ files: NAMES.map((name, at) => ({ name, size: at })) }),
    release: () => undefined,
  };

  const client = {
    call: (place: string, verb: WorkshopVerb, params: object) =>
      Promise.resolve().then(() => {
        expect(place).toBe("own");
        const read = v.parse<v.GenericSchema>(workshopVerbs[verb].params, params);
        asked.push({ verb, params: read });
        return v.parse<v.GenericSchema>(workshopVerbs[verb].result, answers[verb]?.(read as Asked));
      }),
  };
  return { client: client as unknown as WorkshopClient, asked, state, opened };
}

function open() {
  const program = openBidProgram(ORIGIN);
  const [key] = program.state.inserted;
  if (key === undefined) throw new Error("no key");
  const block = { opens: [key] };
  const workshop = openWorkshop(() => program.keyBlock(block.opens, Uint8Array.of(...fileKey, ...new Uint8Array(60))), {
    signer: key.serialTail,
  });
  const background = openBackground({ host: program.host, workshop: workshop.client, now: () => time.now });

  const send = (id = newId(), content: unknown = new File(["标书"], "我的.cbid")) =>
    background.dispatch.take(
      { v: 1, kind: "request", id, operation: "decrypt", params: { package: content } },
      page,
    ) as Promise<Answer>;

  async function ask() {
    const id = newId();
    const answer = send(id);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "asking" });
    return { id, answer };
  }

  async function accept(id: string, change: object = {}): Promise<Answer | null> {
    const hash = (await background.view(id))?.hash ?? "0".repeat(64);
    return background.tell("accept", { id, hash, key: program.consent(id, key as never), ...change });
  }
  const backup = (passphrase = PASSPHRASE) => ({ key: null, backup: { file: "AQID", passphrase } });
  return { ...program, key, block, workshop, background, send, ask, accept, backup };
}

let b = open();
beforeEach(() => {
  stored.clear();
  windows.open.clear();
  time.now += 3600_000;
  b = open();
});

const codeOf = (answer: Answer | null) => (answer === null ? "none" : answer.ok ? "ok" : answer.error.code);

describe("for a page", () => {
  test("the page gets the number and nothing else; the window gets the names; one private-key call", async () => {
    const { id, answer } = await b.ask();
    const view = await b.background.view(id);
    expect(view?.asked).toMatchObject({
      operation: "decryptPackage",
      packageId,
      lot: { platformName: "江南公共资源交易平台（演示）", projectCode: "JN-1", openingTime: "2026-12-25T01:30:00Z" },
      isForeign: false,
      needed: [{ serialTail: "3F2A" }],
      recipientTails: ["E0E0"],
    });
    expect(view?.keys).toMatchObject([{ serialTail: "3F2A", opens: true }]);
    expect(await b.accept(id)).toEqual({ v: 1, ok: true, result: { operation: "decryptPackage", files: 2 } });
    expect(await answer).toEqual({ v: 1, ok: true, result: { packageId, files: 2 } });
    expect(b.uses()).toEqual(["openOwnBid"]);
    expect(b.workshop.opened).toEqual([fileKey]);
    // The window has something to save, and stays; the request is over, and its files are there still.
    expect(windows.open.size).toBe(1);
    await b.background.dispatch.take({ v: 1, kind: "done", id }, page);
    expect(stored.has(`request:${id}`)).toBe(false);
    expect(await b.background.tell("openedFiles", { id })).toMatchObject({
      ok: true,
      result: { files: NAMES.map((name) => ({ name })) },
    });
  });

  test("neither names nor keys are in anything that is kept, nor in what passes to the program", async () => {
    const { id, answer } = await b.ask();
    await b.accept(id);
    const kept = JSON.stringify([...stored]) + JSON.stringify(await answer) + JSON.stringify(b.paramsOf("openOwnBid"));
    for (const secret of [...NAMES, encodeBase64Url(fileKey)]) expect(kept).not.toContain(secret);
  });

  test.each<[ErrorCode]>([["MALFORMED"], ["CONTENT_UNREADABLE"]])(
    "what is no package is refused before anybody is asked: %s",
    async (code) => {
      b.workshop.state.fails = code;
      expect(codeOf(await b.send())).toBe(code);
      expect(windows.open.size).toBe(0);
      expect(b.uses()).toEqual([]);
    },
  );

  test.each<[string, unknown]>([
    ["a key block, as text", "MIIB"],
    ["nothing", null],
    ["a list", [new Blob(["1"])]],
  ])("what is no content at all is refused at the door: %s", async (_what, content) => {
    expect(codeOf(await b.send(newId(), content))).toBe("INVALID_REQUEST");
    expect(b.workshop.asked).toEqual([]);
  });

  test("an order and a package are not asked for at once", async () => {
    const both = { package: new Blob(["1"]), keyBlock: "AQID", order: b.order() };
    const message = { v: 1, kind: "request", id: newId(), operation: "decrypt", params: both };
    expect(codeOf((await b.background.dispatch.take(message, page)) ?? null)).toBe("INVALID_REQUEST");
  });

  test.each<[ErrorCode]>([["BID_NOT_OPENED"], ["MALFORMED"], ["STORAGE_FULL"], ["CONTENT_UNREADABLE"]])(
    "after the question a site hears the same of %s as of a no",
    async (code) => {
      const first = await b.ask();
      b.workshop.state.fails = code;
      expect(codeOf(await b.accept(first.id))).toBe(code);
      const failed = await first.answer;
      b.workshop.state.fails = null;
      const second = await b.ask();
      await b.background.tell("decline", { id: second.id });
      expect(failed).toEqual(await second.answer);
      expect(codeOf(failed)).toBe("USER_DECLINED");
    },
  );

  test("somebody else's package: no key can be chosen, and the one that is needed is named", async () => {
    b.block.opens = [b.issueKey("91C0")];
    const { id, answer } = await b.ask();
    const view = await b.background.view(id);
    expect(view?.keys).toMatchObject([{ serialTail: "3F2A", opens: false }]);
    expect(codeOf(await b.accept(id))).toBe("BID_NOT_OPENED");
    expect(codeOf(await answer)).toBe("USER_DECLINED");
    expect(b.workshop.opened).toEqual([]);
  });

  test("another package under the id than the one that was shown is not opened", async () => {
    const { id } = await b.ask();
    const shown = (await b.background.view(id))?.hash ?? "";
    b.workshop.state.signature = 2;
    expect(codeOf(await b.accept(id, { hash: shown }))).toBe("INTERRUPTED");
    expect(b.uses()).toEqual([]);
  });

  test("a workshop that ended with its page reads what was brought once more", async () => {
    const { id, answer } = await b.ask();
    b.workshop.state.holds = false;
    expect(codeOf(await b.accept(id))).toBe("ok");
    expect(codeOf(await answer)).toBe("ok");
    expect(b.workshop.asked.filter(({ verb }) => verb === "readPackage")).toHaveLength(2);
    expect(b.workshop.opened).toEqual([fileKey]);
  });

  test("a package of another platform is shown as such", async () => {
    const call = b.host.call.bind(b.host);
    Object.assign(b.host, {
      call: async (verb: string, params: object) =>
        verb === "readOwnBid"
          ? { ...(await call("readOwnBid", params as never)), platformName: "岭北平台", origins: [] }
          : call(verb as never, params as never),
    });
    const { id } = await b.ask();
    expect((await b.background.view(id))?.asked).toMatchObject({ isForeign: true, lot: { platformName: "岭北平台" } });
  });

  test("a backup key file in place of the key: no private-key call, and nothing of it is kept", async () => {
    const { id, answer } = await b.ask();
    expect(codeOf(await b.accept(id, b.backup("AAAA-AAAA-AAAA-AAAA-AAAA")))).toBe("BACKUP_KEY_REFUSED");
    expect(codeOf(await b.accept(id, b.backup()))).toBe("ok");
    expect(await answer).toEqual({ v: 1, ok: true, result: { packageId, files: 2 } });
    expect(b.uses()).toEqual([]);
    expect(JSON.stringify([...stored])).not.toContain(PASSPHRASE);
  });

  test("the person can end it while it works, and the workshop lets go of it", async () => {
    const { id, answer } = await b.ask();
    const call = b.workshop.client.call.bind(b.workshop.client);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    Object.assign(b.workshop.client, {
      call: async (place: "own", verb: WorkshopVerb, params: never) => {
        if (verb === "openPackage") await held;
        return call(place, verb, params);
      },
    });
    const accepted = b.accept(id);
    await expect.poll(() => stored.get(`request:${id}`)).toMatchObject({ state: "working" });
    await b.background.tell("decline", { id });
    expect(codeOf(await answer)).toBe("USER_DECLINED");
    expect(b.workshop.asked.at(-1)).toEqual({ verb: "release", params: { id } });
    goOn();
    expect(codeOf(await accepted)).toBe("CANCELLED");
  });
});

describe("without a site", () => {
  const consent = (id: string, pin?: string) => {
    const { keyId, sealedPin } = b.consent(id, b.key, pin);
    return { keyId, sealedPin };
  };
  const signatureSm3 = encodeBase64Url(new Uint8Array(32).fill(1));

  test("what was picked is read, opened by its key, and let go of", async () => {
    const id = newId();
    const seen = await b.background.tell("ownPackage", { id });
    expect(seen).toMatchObject({ ok: true, result: { own: { packageId, isForeign: null }, keys: [{ opens: true }] } });
    expect(b.workshop.asked[0]).toEqual({ verb: "readPackage", params: { id, picked: true } });
    const opened = await b.background.tell("openOwnPackage", { id, signatureSm3, by: consent(id) });
    expect(opened).toEqual({ v: 1, ok: true, result: { files: 2 } });
    expect(b.workshop.opened).toEqual([fileKey]);
    await b.background.tell("leaveOwnPackage", { id });
    expect(b.workshop.asked.at(-1)).toEqual({ verb: "release", params: { id } });
    expect([...stored.keys()].filter((kept) => kept.startsWith("request:"))).toEqual([]);
  });

  test("what is no package, a wrong PIN, another package than was shown: each says what it is", async () => {
    const id = newId();
    const by = consent(id, "000000");
    expect(codeOf(await b.background.tell("openOwnPackage", { id, signatureSm3, by }))).toBe("PIN_INCORRECT");
    b.workshop.state.signature = 2;
    expect(codeOf(await b.background.tell("openOwnPackage", { id, signatureSm3, by }))).toBe("INTERRUPTED");
    b.workshop.state.holds = false;
    expect(codeOf(await b.background.tell("ownPackage", { id }))).toBe("INTERRUPTED");
  });

  test("wrong passphrases wait here, too", async () => {
    const id = newId();
    const by = { file: "AQID", passphrase: "AAAA-AAAA-AAAA-AAAA-AAAA" };
    const tries = async () => (await b.background.tell("openOwnPackage", { id, signatureSm3, by })) as Answer;
    for (let count = 1; count < 5; count++) {
      expect(await tries()).toMatchObject({ error: { details: { fault: "not-opened", retryAt: null } } });
    }
    expect(await tries()).toMatchObject({ error: { details: { retryAt: expect.any(String) } } });
    const before = b.workshop.asked.length;
    expect(codeOf(await tries())).toBe("BACKUP_KEY_REFUSED");
    expect(b.workshop.asked).toHaveLength(before);
  });
});
