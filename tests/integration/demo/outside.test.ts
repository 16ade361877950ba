/** The real program at the demonstration's CA and time-stamping authority: what it hears there, a certificate taken back, and servers that are dead. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@certbridge/demo";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { OpenBid, PreflightResult } from "@certbridge/protocol/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeBid } from "../../support/bidding.ts";
import { newId, PIN, runHost } from "../../support/host.ts";
import { type Computer, importInto } from "./computer.ts";
import { type Bidder, enter } from "./tender.ts";

let demo: Demo;
let bidder: Bidder;
let computer: Computer;
/** Whether the CA's servers answer; what they were asked. */
let isDead = false;
const asked: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "outside-"));

beforeAll(async () => {
  const aside = (request: Request): Response | null => {
    const { protocol, pathname } = new URL(request.url);
    if (protocol !== "http:") return null;
    asked.push(pathname.endsWith(".crl") ? "list" : pathname);
    return isDead ? new Response("", { status: 503 }) : null;
  };
  demo = await startDemo({ folder, aside });
  bidder = await enter(demo);
  computer = await importInto(join(folder, "computer"), bidder.keys, demo.registryPath);
});
afterAll(async () => {
  await computer.host.end();
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

async function begin(): Promise<{ made: ReturnType<typeof makeBid>; answer: Awaited<ReturnType<typeof ask>> }> {
  const { origin, admin } = demo.platforms.a;
  const lot = admin.bidding.lots.all()[1];
  if (lot === undefined) throw new Error("no lot");
  const { said, der } = lot.newest;
  const { platformId, projectCode, projectName, openingTime } = said;
  const [key] = (await computer.ask("keys", {})).keys;
  const keyId = key?.keyId ?? "";
  const of = { platformId, projectCode, projectName, lot: said.lot };
  const made = makeBid(keyId, openingTime, [bidder.keys.encryption], of);
  const ask = async () => {
    const consentId = newId();
    const consent = { consentId, keyId, sealedPin: computer.host.seal(consentId, PIN) };
    const texts = { header: encodeBase64Url(made.headerBytes), keyBlock: encodeBase64Url(made.keyBlock) };
    const params = { ...consent, origin, notice: encodeBase64Url(der), ...texts };
    return { consentId, answer: await computer.host.answerTo("beginBid", params) };
  };
  return { made, answer: await ask() };
}

async function finish({ header, trailer }: ReturnType<typeof makeBid>, consentId: string): Promise<void> {
  await computer.ask("finishBid", { consentId, trailer: encodeBase64Url(trailer) });
  await computer.ask("confirmBid", { consentId, packageId: header.packageId });
}

const found = (results: readonly PreflightResult[]) =>
  Object.fromEntries(
    results.flatMap(({ rule, outcome }) => (/^(clock|revocation)$/.test(rule) ? [[rule, outcome]] : [])),
  );

async function checked(): Promise<{ status: number | null; bids: readonly OpenBid[] }> {
  const { status, stdout } = await runHost(["--home", computer.home, "bids", "check", "--json"]);
  return { status, bids: (JSON.parse(stdout.toString("utf8")) as { bids: OpenBid[] }).bids };
}

test("a bid is made: list and clock are asked, of certificates and CA alike, and nothing before", async () => {
  const { made, answer } = await begin();
  expect(answer.answer).toMatchObject({ ok: true });
  const { results } = (answer.answer as unknown as { result: { results: PreflightResult[] } }).result;
  expect(found(results)).toEqual({ clock: "good", revocation: "good" });
  // The issuing CA's list, and the root's of the issuing CA.
  expect(asked.toSorted()).toEqual(["/time", "list", "list"]);
  await finish(made, answer.consentId);
  expect(found((await computer.ask("bids", {})).bids[0]?.results ?? [])).toEqual({
    clock: "unknown",
    revocation: "good",
  });
  expect(asked).toHaveLength(3);
});

test("the CA's servers are dead: the bid is made all the same, and it is said and signed", async () => {
  isDead = true;
  // What the home keeps of a list holds until it is out of date: this one is of another computer, which has none.
  const other = await importInto(join(folder, "other"), bidder.keys, demo.registryPath);
  const before = computer;
  computer = other;
  try {
    const { made, answer } = await begin();
    const { results } = (answer.answer as unknown as { result: { results: PreflightResult[] } }).result;
    expect(found(results)).toEqual({ clock: "unreachable", revocation: "unreachable" });
    await finish(made, answer.consentId);
    const { status, bids } = await checked();
    expect([status, bids[0]?.readiness]).toEqual([0, "amber"]);
    const said = await runHost(["--home", computer.home, "bids", "check"]);
    expect(said.stdout.toString("utf8")).toContain("暂时查不到证书吊销状态，可以继续");
  } finally {
    computer = before;
    await other.host.end();
    isDead = false;
  }
  // The first computer's list is in force still.
  isDead = true;
  const { bids } = await checked();
  expect(found(bids[0]?.results ?? [])).toEqual({ clock: "unreachable", revocation: "good" });
  isDead = false;
});

test("a certificate that its CA took back makes no bid, and the bid that there is warns: it opens all the same", async () => {
  demo.authorities.jiangnan.revoke(bidder.keys.encryption);
  const { answer } = await begin();
  expect(answer.answer).toMatchObject({ error: { code: "BID_REFUSED", details: { rule: "revocation" } } });
  const { status, bids } = await checked();
  expect([status, bids[0]?.readiness]).toEqual([0, "amber"]);
  expect(found(bids[0]?.results ?? [])).toMatchObject({ revocation: "warning" });
});
