/** A bid's whole life over native messaging: from a notice to the room that opens its key, with a certificate that is renewed in between. */
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beginLegacyPackage, writeLegacyContent } from "@certbridge/bid";
import { parseCertificate, verifyRequest, verifySignedData } from "@certbridge/pki";
import { bidFormats } from "@certbridge/protocol/bid";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { readSealedFileKey } from "@certbridge/protocol/host/sealed-file-key";
import { BID_TRAILER } from "@certbridge/protocol/content-types";
import { hostVerbs } from "@certbridge/protocol/host";
import type { HostParams, HostResult, HostVerb } from "@certbridge/protocol/host";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gm } from "../../support/authority.ts";
import { crc32, memorySink, sourceOf } from "../../support/bid.ts";
import { type MadeBid, makeBid, openBidding, openReleased } from "../../support/bidding.ts";
import {
  conform,
  issuePair,
  newId,
  openAuthority,
  PIN,
  runHost,
  type Schema,
  temporaryFolder,
} from "../../support/host.ts";
import { readLegacy } from "../../support/legacy.ts";
import { serveHost } from "../../support/served.ts";
import type { Served } from "../../support/served.ts";

const folder = temporaryFolder();
const home = join(folder.path, "home");
const authority = openAuthority();
/** The opening was half a minute ago, so that all of it can be done by the machine's own clock. */
const bidding = openBidding(authority, Math.floor(Date.now() / 1000) * 1000 - 30_000);
const { origin } = bidding;
const at = (ms: number) => new Date(bidding.openingAt + ms).toISOString();
const text = encodeBase64Url;

let host: Served;
let keyId = "";
let made: MadeBid;

async function ask<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>> {
  const { result }: { result: Schema<HostResult<N>> } = hostVerbs[verb] as never;
  return conform(result, await host.ask(verb, params));
}

const command = (...args: readonly string[]) => runHost(["--home", home, ...args], { input: `${PIN}\n` });

/** The CA's side of `keys create` and `keys renew`. */
async function accept(name: string): Promise<string> {
  const file = (what: string) => join(folder.path, `${name} ${what}`);
  const request = verifyRequest(gm, new Uint8Array(await readFile(file("request.p10"))));
  const issued = issuePair(authority, request.publicKey);
  await writeFile(file("signing.cer"), issued.signing);
  await writeFile(file("encryption.cer"), issued.encryption);
  await writeFile(file("key.der"), issued.envelopedKey);
  await writeFile(file("ca.cer"), authority.certificate.der);
  const files = ["--signing", file("signing.cer"), "--encryption", file("encryption.cer")];
  const key = ["--enveloped-key", file("key.der"), "--chain", file("ca.cer")];
  const accepted = await command("keys", "accept", ...files, ...key, "--pin-stdin");
  expect(accepted).toMatchObject({ status: 0, stderr: "" });
  return accepted.stdout.toString("utf8");
}

async function theKey(): Promise<string> {
  const { keys } = await ask("keys", {});
  expect(keys).toHaveLength(1);
  return keys[0]?.keyId ?? "";
}

function consented(pin = PIN) {
  const consentId = newId();
  return { consentId, keyId, sealedPin: host.seal(consentId, pin) };
}

beforeAll(async () => {
  const request = join(folder.path, "first request.p10");
  const created = await command("keys", "create", "--name", "江南建设有限公司", "--out", request, "--pin-stdin");
  expect(created).toMatchObject({ status: 0, stderr: "" });
  await accept("first");
  const registry = join(folder.path, "registry.json");
  const platforms = bidding.registry.platforms.map((platform) => ({ ...platform, legacyPackages: true }));
  await writeFile(registry, JSON.stringify({ ...bidding.registry, platforms }));
  const profile = join(folder.path, "profile");
  expect(await command("install", "--browser-profile", profile, "--registry", registry)).toMatchObject({ status: 0 });
  host = serveHost(home);
  await host.met();
  keyId = await theKey();
});

afterAll(async () => {
  await host.end();
  folder.remove();
});

const notice = text(bidding.notice());

test("a notice is read, and the bid prepared for those who will open it", async () => {
  expect(await ask("readNotice", { origin, notice })).toMatchObject({ lot: "1标段", sequence: 1 });
  const { recipients, results } = await ask("prepareBid", { keyId, origin, notice });
  expect(recipients.map(({ role }) => role)).toEqual(["own"]);
  expect(results.some(({ outcome }) => outcome === "bad")).toBe(false);
  made = makeBid(
    keyId,
    at(0),
    recipients.map(({ certificate }) => decodeBase64Url(certificate)),
  );
});

const begin = (bid: MadeBid, of = notice) => {
  const consent = consented();
  const asked = { origin, notice: of, header: text(bid.headerBytes), keyBlock: text(bid.keyBlock) };
  return ask("beginBid", { ...consent, ...asked }).then((begun) => ({ ...begun, consentId: consent.consentId }));
};

test("what was begun ends with the run of the program that began it", async () => {
  const bid = makeBid(keyId, at(0), [
    decodeBase64Url((await ask("prepareBid", { keyId, origin, notice })).recipients[0]?.certificate ?? ""),
  ]);
  const { consentId } = await begin(bid);
  expect(await host.end()).toBe(0);
  host = serveHost(home);
  await host.met();
  expect(await host.answerTo("finishBid", { consentId, trailer: text(bid.trailer) })).toMatchObject({
    error: { code: "CONSENT_EXPIRED" },
  });
  const { stdout } = await command("ledger", bid.header.packageId);
  expect(stdout.toString("utf8")).toContain("INTERRUPTED");
});

/** Of the ledger, as the program told them; and the SM3 of the signature. */
const told = { encryptHead: "", submitHead: "", signatureSm3: "" };

test("the key block is tried, the trailer signed with the ledger's head in it, and the bid kept", async () => {
  const { consentId, results, ledgerHead = "" } = await begin(made);
  expect(results).toContainEqual({ rule: "trial-opening", outcome: "good" });
  const said: object = JSON.parse(new TextDecoder().decode(made.trailer));
  made = { ...made, trailer: encodeCanonical({ ...said, ledgerHead }) };
  const finished = await ask("finishBid", { consentId, trailer: text(made.trailer) });
  const { signature, ledgerHead: submitHead = "" } = finished;
  Object.assign(told, { encryptHead: ledgerHead, submitHead, signatureSm3: text(gm.sm3(decodeBase64Url(signature))) });
  const expected = { contentType: BID_TRAILER, content: made.trailer };
  expect(text(gm.sm3(verifySignedData(gm, decodeBase64Url(signature), expected).signer.der))).toBe(keyId);
  // Half of the work comes after.
  expect((await ask("bids", {})).bids).toEqual([]);
  await ask("confirmBid", { consentId, packageId: made.header.packageId });
  expect((await ask("bids", {})).bids).toMatchObject([
    { packageId: made.header.packageId, keyId, rehearsedAt: null, readiness: "amber" },
  ]);
});

test("the receipt countersigns both heads, and is kept", async () => {
  const { packageId } = made.header;
  const { signatureSm3, ...heads } = told;
  const receipt = text(bidding.receipt({ packageId, signatureSm3 }, { change: heads }));
  expect(await ask("saveReceipt", { origin, packageId, receipt })).toEqual({ kept: true });
});

test("a trailer with another head is not signed", async () => {
  const { recipients } = await ask("prepareBid", { keyId, origin, notice });
  const bid = makeBid(
    keyId,
    at(0),
    recipients.map(({ certificate }) => decodeBase64Url(certificate)),
  );
  const { consentId } = await begin(bid);
  const said: object = JSON.parse(new TextDecoder().decode(bid.trailer));
  const trailer = text(encodeCanonical({ ...said, ledgerHead: told.encryptHead }));
  expect(await host.answerTo("finishBid", { consentId, trailer })).toMatchObject({
    error: { code: "INVALID_REQUEST" },
  });
});

test("on another computer with the same key it is listed, rehearsed, and its key released", async () => {
  const elsewhere = join(folder.path, "home elsewhere");
  const there = (...args: readonly string[]) =>
    runHost(["--home", elsewhere, ...args], { input: `${PIN}\n12345678\n` });
  const [keyFile, bidsFile] = [join(folder.path, "key.p12"), join(folder.path, "open.cbopen")];
  const exported = await runHost(["--home", home, "keys", "export", "--out", keyFile, "--pin-stdin"], {
    input: `${PIN}\n12345678\n`,
  });
  expect(exported).toMatchObject({ status: 0, stderr: "" });
  expect(await command("bids", "export", bidsFile)).toMatchObject({ status: 0, stderr: "" });
  const registry = join(folder.path, "registry.json");
  const profile = join(folder.path, "profile elsewhere");
  expect(await there("install", "--browser-profile", profile, "--registry", registry)).toMatchObject({ status: 0 });

  // Not before its key is there.
  const refused = await there("bids", "import", bidsFile);
  expect(refused.status).toBe(1);
  expect(refused.stdout.toString("utf8")).toContain("No key fits");
  expect(await there("keys", "import", keyFile, "--pin-stdin")).toMatchObject({ status: 0, stderr: "" });
  expect(await there("bids", "import", bidsFile)).toMatchObject({ status: 0, stderr: "" });

  const other = serveHost(elsewhere);
  try {
    await other.met();
    const { packageId } = made.header;
    const consent = () => {
      const consentId = newId();
      return { consentId, keyId, sealedPin: other.seal(consentId, PIN) };
    };
    const { bids } = conform(hostVerbs.bids.result as Schema<HostResult<"bids">>, await other.ask("bids", {}));
    expect(bids).toMatchObject([{ packageId, keyId, rehearsedAt: null, lot: { sequence: 1 } }]);
    const rehearsed = await other.ask("rehearseBid", { ...consent(), packageId });
    expect(rehearsed).toMatchObject({ packageId });
    const asked = { origin, keyBlock: text(made.keyBlock), order: text(bidding.order()), clockAccepted: false };
    const released = conform(
      hostVerbs.releaseKey.result as Schema<HostResult<"releaseKey">>,
      await other.ask("releaseKey", { ...consent(), ...asked }),
    );
    expect(openReleased(bidding.room, decodeBase64Url(released.releasedKey)).opened?.fileKey).toEqual(made.fileKey);
  } finally {
    await other.end();
  }
});

test("a renewed certificate warns, and a rehearsal shows that the bid still opens", async () => {
  const request = join(folder.path, "second request.p10");
  expect(await command("keys", "renew", "--out", request, "--pin-stdin")).toMatchObject({ status: 0, stderr: "" });
  expect(await accept("second")).toContain("有1份待开标的标书用的是旧证书");
  const renewed = await theKey();
  expect(renewed).not.toBe(keyId);
  keyId = renewed;
  const warned = { rule: "renewed-certificate", outcome: "warning" };
  expect((await ask("bids", {})).bids[0]?.results).toContainEqual(warned);
  const rehearsed = await ask("rehearseBid", { ...consented(), packageId: made.header.packageId });
  expect(rehearsed.results).toContainEqual({ rule: "trial-opening", outcome: "good" });
  expect(rehearsed.rehearsedAt).not.toBeNull();
});

test("its bidder opens it for their own use: the file key comes for the one worker that asked, and for this consent", async () => {
  const worker = gm.sm2KeyPair();
  const bid = { header: text(made.headerBytes), keyBlock: text(made.keyBlock) };
  expect(await ask("readOwnBid", bid)).toMatchObject({ origins: [origin], keyIds: [keyId] });
  const consent = consented();
  const { sealedKey } = await ask("openOwnBid", { ...consent, ...bid, worker: text(worker.publicKey) });
  const plaintext = gm.sm2Decrypt(worker.privateKey, decodeBase64Url(sealedKey)) ?? new Uint8Array(0);
  expect(readSealedFileKey(consent.consentId, plaintext)).toEqual(made.fileKey);
  const again = { ...consent, ...bid, worker: text(worker.publicKey) };
  expect(await host.answerTo("openOwnBid", again)).toMatchObject({ error: { code: "INVALID_REQUEST" } });
});

test("a newer notice moves the opening; the older one is refused from then on", async () => {
  const newer = text(bidding.notice({ sequence: 2, openingTime: at(1000) }));
  expect(await ask("updateNotice", { origin, notice: newer })).toMatchObject({ packageIds: [made.header.packageId] });
  expect(await host.answerTo("readNotice", { origin, notice })).toMatchObject({ error: { code: "NOTICE_OUTDATED" } });
});

test("the key is released to the room that the order names, which gets the file key", async () => {
  const keyBlock = text(made.keyBlock);
  const early = text(bidding.order({ stampedAt: bidding.openingAt + 2000 }));
  expect(await host.answerTo("readOrder", { origin, keyBlock, order: early })).toMatchObject({
    error: { code: "ORDER_REFUSED", details: { rule: "opening" } },
  });
  const order = text(bidding.order({ change: { openingTime: at(1000) }, stampedAt: bidding.openingAt + 2000 }));
  expect(await ask("readOrder", { origin, keyBlock, order })).toMatchObject({ clockBehind: false, keyIds: [keyId] });
  const asked = { origin, keyBlock, order, clockAccepted: false };
  const { releasedKey, packageId } = await ask("releaseKey", { ...consented(), ...asked });
  expect(packageId).toBe(made.header.packageId);
  const { opened, signer } = openReleased(bidding.room, decodeBase64Url(releasedKey));
  expect(opened?.fileKey).toEqual(made.fileKey);
  expect(text(gm.sm3(signer.der))).toBe(keyId);
  const { signatureSm3 } = told;
  const answer = text(bidding.openingReceipt({ packageId, signatureSm3 }, decodeBase64Url(releasedKey)));
  expect(await ask("saveReceipt", { origin, packageId, receipt: answer })).toEqual({ kept: true });
});

test("the evidence report has all of it, and holds by another computer's registry", async () => {
  const { packageId } = made.header;
  const path = join(folder.path, "存证报告.html");
  expect(await command("report", packageId, path)).toMatchObject({ status: 0, stderr: "" });
  const elsewhere = ["--home", join(folder.path, "elsewhere")];
  const registry = join(folder.path, "registry.json");
  const profile = ["--browser-profile", join(folder.path, "other profile")];
  expect(await runHost([...elsewhere, "install", ...profile, "--registry", registry])).toMatchObject({ status: 0 });
  const { status, stdout, stderr } = await runHost([...elsewhere, "report", "verify", path]);
  const lines = stdout.toString("utf8").split("\n");
  expect([status, stderr]).toEqual([0, ""]);
  expect(lines.filter((line) => /^[✗·]/u.test(line))).toEqual([]);
  expect(lines.filter((line) => line.startsWith("副署"))).toHaveLength(3);
  const { html, pieces } = await ask("bidEvidence", { packageId, piece: 0 });
  expect([html.startsWith("<!doctype html>"), pieces]).toEqual([true, 1]);
});

test("a bid in the legacy profile: signed for what it is, whole as the workshop wrote it, and its key released as any other's", async () => {
  const asking = text(bidding.notice({ lot: "2标段", profile: "legacy" }));
  expect(await ask("readNotice", { origin, notice: asking })).toMatchObject({ lot: "2标段", profile: "legacy" });
  const { recipients } = await ask("prepareBid", { keyId, origin, notice: asking });
  const ders = recipients.map(({ certificate }) => decodeBase64Url(certificate));
  const bid = makeBid(keyId, at(0), ders, { lot: "2标段", format: bidFormats.legacy });
  const { headerBytes: header, keyBlock, fileKey } = bid;
  const sink = memorySink();
  const parts = { header, keyBlock, fileKey, recipients: ders.map(parseCertificate), iv: fileKey.slice(0, 16) };
  const writer = await beginLegacyPackage(gm, sink, parts);
  const content = { name: "投标函.txt", bytes: Buffer.from("我方愿意承包本工程。") };
  const trailer = await writeLegacyContent({ crc32, writer, files: [sourceOf(content)] });
  const { consentId } = await begin(bid, asking);
  const { signature } = await ask("finishBid", { consentId, trailer: text(trailer) });
  await writer.finish(decodeBase64Url(signature));

  const order = text(bidding.order({ change: { lot: "2标段" }, stampedAt: bidding.openingAt + 2000 }));
  const asked = { origin, keyBlock: text(keyBlock), order, clockAccepted: false };
  const { releasedKey } = await ask("releaseKey", { ...consented(), ...asked });
  const released = openReleased(bidding.room, decodeBase64Url(releasedKey)).opened?.fileKey;
  expect(await readLegacy(sink.whole(), released)).toEqual([{ ...content, bytes: new Uint8Array(content.bytes) }]);
});

test("the record tells all of it, and the home holds no file key", async () => {
  const { status, stdout } = await command("ledger", made.header.packageId);
  expect(status).toBe(0);
  const steps = [
    "trial opening",
    "encryption",
    "handed in",
    "another trial opening",
    "opening for one's own use",
    "INVALID_REQUEST",
    "release of the key",
    "release of the key",
    "answer",
  ];
  const told = stdout
    .toString("utf8")
    .split("\n")
    .slice(-1 - steps.length);
  for (const [index, step] of steps.entries()) expect(told[index]).toContain(step);
  expect((await command("bids")).stdout.toString("utf8")).toContain("renewed-certificate");

  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(8);
  const forms = [Buffer.from(made.fileKey), text(made.fileKey), Buffer.from(made.fileKey).toString("hex"), PIN];
  for (const file of files) {
    const content = readFileSync(join(file.parentPath, file.name));
    for (const form of forms) expect(content.includes(form), file.name).toBe(false);
  }
});
