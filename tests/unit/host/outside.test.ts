/** Revocation and clock: who is asked, when, what is believed, and that nobody's silence stops a bid. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  encodeTimeStampResponse,
  hexOf,
  issueRevocationList,
  issueTimeStampToken,
  parseCertificate,
  parseTimeStampRequest,
  verifySignedData,
} from "@certbridge/pki";
import { bidReport } from "@certbridge/protocol/bid";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCanonical } from "@certbridge/protocol/canonical";
import { BID_REPORT } from "@certbridge/protocol/content-types";
import type { OpenBid, PreflightResult, PreflightRule } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import { DAY, gm, type Party, party, timeStamper } from "../../support/authority.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { openAuthority, temporaryFolder } from "../../support/host.ts";
import { type Answer, openOutside, type OutsideServer } from "../../support/outside.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

const HOUR = 3600_000;
/** Long enough for loopback, short enough to wait for. */
const ASK_MS = 300;

let outside: OutsideServer;
beforeEach(async () => {
  outside = await openOutside();
});
afterEach(() => outside.close());

type Registry = Desk["bidding"]["registry"];

/** Its key's certificates name a list on the server. */
const openWith = (change: Partial<Registry> = {}) =>
  openDesk(folder.path, change, { pair: { listUrls: [`${outside.url}/ca.crl`] }, askMs: ASK_MS });

const serialOf = (der: Uint8Array) => Uint8Array.from(Buffer.from(parseCertificate(der).serialNumber, "hex"));

interface List {
  readonly number?: number;
  readonly revoked?: readonly Uint8Array[];
  readonly from?: number;
  readonly lifeMs?: number;
  readonly by?: Party;
}

/** A list of the desk's CA, of an hour ago unless told. */
function listOf(desk: Desk, { number = 1, revoked = [], from = -HOUR, lifeMs = DAY, by = desk.authority }: List = {}) {
  const thisUpdate = new Date(desk.time.now + from);
  return issueRevocationList(
    gm,
    {
      number,
      thisUpdate,
      nextUpdate: new Date(thisUpdate.getTime() + lifeMs),
      revoked: revoked.map((der) => ({ serialNumber: serialOf(der), at: thisUpdate })),
    },
    by.issuer,
  );
}

const outcomeIn = (results: readonly PreflightResult[], rule: PreflightRule) =>
  results.find((result) => result.rule === rule)?.outcome;

const shown = async ({ handlers }: Desk, asks: { ask?: true } = {}): Promise<OpenBid> => {
  const [bid] = (await handlers.bids(asks)).bids;
  if (bid === undefined) throw new Error("no bid");
  return bid;
};

describe("the revocation list", () => {
  test("is asked for where the person agreed with a PIN, and never where a page asks by itself", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk);
    const { handlers, bidding, keyId } = desk;
    const prepared = await handlers.prepareBid({ keyId, origin: bidding.origin, notice: text(bidding.notice()) });
    expect(outcomeIn(prepared.results, "revocation")).toBe("unknown");
    expect((await handlers.bids({})).bids).toEqual([]);
    expect(outside.asked).toEqual([]);

    const { consentId, results } = await desk.begin(desk.make());
    expect(outcomeIn(results, "revocation")).toBe("good");
    // Both certificates are of one CA: its list is fetched once.
    expect(outside.asked).toEqual(["GET /ca.crl"]);
    await handlers.abandonBid({ consentId, code: "CANCELLED" });
  });

  test("is kept, and read again without anybody being asked, until it is out of date", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk);
    const made = await desk.handIn();
    const { length } = outside.asked;
    expect(outcomeIn((await shown(desk)).results, "revocation")).toBe("good");
    desk.time.now += 2 * DAY;
    expect(outcomeIn((await shown(desk)).results, "revocation")).toBe("unknown");
    expect(outside.asked).toHaveLength(length);

    expect(outcomeIn((await shown(desk, { ask: true })).results, "revocation")).toBe("good");
    const { packageId } = made.header;
    const tried = await desk.handlers.rehearseBid({ ...desk.consented(), packageId });
    expect(outcomeIn(tried.results, "revocation")).toBe("good");
    expect(outside.asked).toHaveLength(length + 2);
  });

  test("that names the certificate refuses the bid before the PIN is tried", async () => {
    const desk = await openWith();
    for (const which of ["signing", "encryption"] as const) {
      const [found] = await desk.store.list();
      const der = which === "signing" ? found?.signingCertificate : found?.encryptionCertificate;
      outside.answer = () => listOf(desk, { number: which === "signing" ? 1 : 2, revoked: [der ?? new Uint8Array(0)] });
      const made = desk.make();
      expect(await outcomeOf(desk.begin(made))).toBe("BID_REFUSED revocation");
      const { packageId } = made.header;
      expect((await desk.host.ledger.read(packageId))?.lines).toMatchObject([
        { step: "trial", failure: { layer: "key", code: "BID_REFUSED", rule: "revocation" } },
      ]);
    }
    expect(desk.store.calls).toEqual([]);
  });

  test("that was called back stays so: no older list takes its place, and none at all does not either", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk, { number: 4 });
    await desk.handIn();
    outside.answer = () => listOf(desk, { number: 5, revoked: [desk.store.encryptionOf(desk.keyId)] });
    expect(outcomeIn((await shown(desk, { ask: true })).results, "revocation")).toBe("warning");
    for (const answer of [listOf(desk, { number: 4 }), 503] as const) {
      outside.answer = () => answer;
      const bid = await shown(desk, { ask: true });
      expect([outcomeIn(bid.results, "revocation"), bid.readiness]).toEqual(["warning", "amber"]);
    }
    // Without a number, by its date.
    outside.answer = () => listOf(desk, { number: 5, from: -2 * HOUR });
    expect(outcomeIn((await shown(desk, { ask: true })).results, "revocation")).toBe("warning");
    desk.time.now += 3 * DAY;
    expect(outcomeIn((await shown(desk)).results, "revocation")).toBe("warning");
  });

  test("that names the certificate of a bid that is made warns, on the command line too: it is tried, and opens", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk);
    const made = await desk.handIn();
    const { packageId } = made.header;
    outside.answer = () => listOf(desk, { number: 2, revoked: [desk.store.encryptionOf(desk.keyId)] });
    const lines: string[] = [];
    const openHost = () => Promise.resolve({ host: desk.host, store: null });
    const cli = {
      version: "0.1.0",
      home: homeAt(desk.home),
      openHost,
      say: (line: string) => void lines.push(line),
    } as unknown as Cli;
    expect(await runCommand(cli, ["bids", "check"], () => undefined)).toBe(0);
    expect(lines.join("\n")).toContain("! 证书未吊销 / not revoked\n    → 已吊销：密钥还在，这份标书仍打得开");
    const tried = await desk.handlers.rehearseBid({ ...desk.consented(), packageId });
    expect([outcomeIn(tried.results, "trial-opening"), tried.readiness]).toEqual(["good", "amber"]);
    expect(await outcomeOf(desk.begin(desk.make()))).toBe("BID_REFUSED revocation");
    desk.time.now = desk.bidding.openingAt + 120_000;
    expect((await desk.release(made)).packageId).toBe(packageId);
  });

  test("that cannot be had, whyever, warns, is recorded, and stops nothing", async () => {
    const desk = await openWith();
    const stranger = openAuthority();
    const answers: Readonly<Record<string, () => Answer>> = {
      silence: () => "silence",
      "another status": () => 503,
      "no list": () => new TextEncoder().encode("<html>"),
      "another signer": () =>
        listOf(desk, { by: { ...stranger, issuer: { ...desk.authority.issuer, privateKey: stranger.privateKey } } }),
      "another CA": () => listOf(desk, { by: party("别的CA", null, { keyUsage: ["cRLSign"] }) }),
      "out of date": () => listOf(desk, { from: -3 * DAY }),
      "of tomorrow": () => listOf(desk, { from: DAY }),
      "round and round": () => ({ location: "/ca.crl" }),
    };
    for (const [name, answer] of Object.entries(answers)) {
      outside.answer = answer;
      const { consentId, results } = await desk.begin(desk.make());
      expect(outcomeIn(results, "revocation"), name).toBe("unreachable");
      await desk.handlers.abandonBid({ consentId, code: "CANCELLED" });
    }
    outside.answer = () => "silence";
    const made = desk.make();
    const { consentId } = await desk.begin(made);
    const { report } = await desk.finish(consentId, made);
    await desk.confirm(consentId, made);
    const { content } = verifySignedData(gm, decodeBase64Url(report), { contentType: BID_REPORT });
    const signed = parseCanonical(bidReport, content ?? new Uint8Array(0), limits.bidSignatureLen, "report");
    expect(signed.results).toContainEqual({ rule: "revocation", outcome: "unreachable" });
    expect(await shown(desk, { ask: true })).toMatchObject({ readiness: "amber" });
  });

  test("of a moment ago is taken by a clock that is a little behind", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk, { from: limits.clockSkewMs });
    const { results } = await desk.begin(desk.make());
    expect(outcomeIn(results, "revocation")).toBe("good");
  });

  test("of a CA that the registry does not have is not asked for, nor where the registry forbids it", async () => {
    for (const change of [{ authorities: [] }, { networkChecks: false, timeStampUrls: [`${outside.url}/stamp`] }]) {
      const desk = await openWith(change);
      outside.answer = () => listOf(desk);
      const { results } = await desk.begin(desk.make());
      expect(outcomeIn(results, "revocation")).toBe("unknown");
      expect(outcomeIn(results, "clock")).toBe("unknown");
    }
    expect(outside.asked).toEqual([]);
  });

  test("that was changed on the disk is not believed", async () => {
    const desk = await openWith();
    outside.answer = () => listOf(desk);
    await desk.handIn();
    const kept = (await readdir(desk.home, { recursive: true })).filter((name) => name.endsWith(".crl"));
    expect(kept).toHaveLength(1);
    const path = join(desk.home, kept[0] ?? "");
    const der = new Uint8Array(await readFile(path));
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    await writeFile(path, der);
    expect(outcomeIn((await shown(desk)).results, "revocation")).toBe("unknown");
  });
});

describe("the clock", () => {
  const stamping = (at: () => number, by: Party, change: { nonce?: boolean } = {}) => {
    return (body: Uint8Array): Answer => {
      const request = parseTimeStampRequest(body);
      const asked = change.nonce === false ? { ...request, nonce: Uint8Array.of(1) } : request;
      const token = issueTimeStampToken(gm, {
        request: asked,
        genTime: new Date(at()),
        serialNumber: Uint8Array.of(1),
        policy: "2.25.1",
        certificate: by.certificate,
        privateKey: by.privateKey,
      });
      return encodeTimeStampResponse({ status: "granted", token });
    };
  };
  const life = { notBefore: new Date(Date.now() - 40 * DAY), notAfter: new Date(Date.now() + 40 * DAY) };
  const stamper = timeStamper(null, life);
  const keyOf = (by: Party) => hexOf(gm.sm3(by.publicKey));
  const openStamped = () =>
    openDesk(
      folder.path,
      ({ timeStampKeysSm3 = [] }) => ({
        timeStampKeysSm3: [...timeStampKeysSm3, keyOf(stamper)],
        timeStampUrls: [`${outside.url}/stamp`],
      }),
      { askMs: ASK_MS },
    );
  const clockOf = async (desk: Desk) => {
    const { consentId, results } = await desk.begin(desk.make());
    await desk.handlers.abandonBid({ consentId, code: "CANCELLED" });
    return outcomeIn(results, "clock");
  };

  test("is held against a fresh stamp, in both directions, to the limit and one beyond", async () => {
    const desk = await openStamped();
    const expected = [
      [0, "good"],
      [limits.clockSkewMs, "good"],
      [limits.clockSkewMs + 1, "warning"],
      [-limits.clockSkewMs, "good"],
      [-limits.clockSkewMs - 1, "warning"],
    ] as const;
    for (const [ahead, outcome] of expected) {
      outside.answer = stamping(() => desk.time.now - ahead, stamper);
      expect(await clockOf(desk), String(ahead)).toBe(outcome);
    }
    expect(new Set(outside.asked)).toEqual(new Set(["POST /stamp"]));
    expect(outside.asked).toHaveLength(expected.length);
  });

  test("no stamp that holds: it warns and stops nothing", async () => {
    const desk = await openStamped();
    const now = () => desk.time.now;
    const answers: Readonly<Record<string, (body: Uint8Array) => Answer>> = {
      silence: () => "silence",
      "another authority": stamping(now, timeStamper(null, life)),
      "an old answer": stamping(now, stamper, { nonce: false }),
      refused: () => encodeTimeStampResponse({ status: "rejected", failure: "systemFailure", text: null }),
      "no answer of its kind": () => new TextEncoder().encode("now"),
    };
    for (const [name, answer] of Object.entries(answers)) {
      outside.answer = answer;
      expect(await clockOf(desk), name).toBe("unreachable");
    }
  });

  test("is not asked for by a page, and once for all bids in first aid", async () => {
    const desk = await openStamped();
    outside.answer = stamping(() => desk.time.now, stamper);
    await desk.handIn();
    await desk.handIn();
    const { length } = outside.asked;
    expect(outcomeIn((await shown(desk)).results, "clock")).toBe("unknown");
    expect(outside.asked).toHaveLength(length);
    const { bids } = await desk.handlers.bids({ ask: true });
    expect(bids.map(({ results }) => outcomeIn(results, "clock"))).toEqual(["good", "good"]);
    expect(outside.asked).toHaveLength(length + 1);
  });

  test("nobody to ask: it may not be behind what was stamped for the bids that are here", async () => {
    const desk = await openDesk(folder.path);
    expect(await clockOf(desk)).toBe("unknown");
    const made = await desk.handIn();
    const { packageId } = made.header;
    const signatureSm3 = (await desk.host.bids.find(packageId))?.bid.signatureSm3 ?? "";
    const { bidding, handlers } = desk;
    const stampedAt = bidding.openingAt - DAY;
    const receipt = text(bidding.receipt({ packageId, signatureSm3 }, { stampedAt }));
    await handlers.saveReceipt({ origin: bidding.origin, packageId, receipt });
    expect(await clockOf(desk)).toBe("warning");
    expect(outcomeIn((await shown(desk)).results, "clock")).toBe("warning");
    desk.time.now = stampedAt - limits.clockSkewMs;
    expect(await clockOf(desk)).toBe("good");
    desk.time.now = stampedAt;
    expect(await clockOf(desk)).toBe("unknown");
  });
});
