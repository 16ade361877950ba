/** `certbridge-host bids` and `ledger`: the record in words, and what does not hold. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Cli } from "../../../apps/host/src/cli/cli.ts";
import type { Host } from "../../../apps/host/src/host.ts";
import { runCommand } from "../../../apps/host/src/cli/program.ts";
import { homeAt } from "../../../apps/host/src/home.ts";
import { packageName } from "../../../apps/host/src/bids.ts";
import { type MadeBid } from "../../support/bidding.ts";
import { type Desk, openDesk, outcomeOf, text } from "../../support/bid-desk.ts";
import { temporaryFolder } from "../../support/host.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

let desk: Desk;
let made: MadeBid;
let report: string;

beforeAll(async () => {
  desk = await openDesk(folder.path);
  made = desk.make({ projectName: "滨江<路>改造工程" });
  const notice = text(desk.bidding.notice({ projectName: "滨江<路>改造工程" }));
  const { consentId } = await desk.begin(made, { notice });
  ({ report } = await desk.finish(consentId, made));
  await desk.confirm(consentId, made);
  desk.time.now = desk.bidding.openingAt + 120_000;
  const order = text(desk.bidding.order({ change: { lot: "2标段" } }));
  expect(await outcomeOf(desk.release(made, { order }))).toBe("ORDER_REFUSED lot");
});

const run = (...args: string[]) => runAt(desk.host, ...args);

async function runAt(host: Host, ...args: string[]) {
  const lines: string[] = [];
  const complaints: string[] = [];
  const cli = {
    version: "0.1.0",
    home: homeAt(folder.path),
    openHost: () => Promise.resolve({ host, store: null }),
    say: (line: string) => void lines.push(line),
  };
  const status = await runCommand(cli as unknown as Cli, args, (line) => void complaints.push(line));
  return { status, out: lines.join("\n"), complaints: complaints.join("\n") };
}

const ledgerFile = () => join(desk.home, "ledger", `${packageName(made.header.packageId)}.jsonl`);

test("bids lists what waits, in words and as JSON", async () => {
  const listed = await run("bids");
  expect(listed.status).toBe(0);
  for (const words of [made.header.packageId, "请留意", "JN-2026-118", "北京时间  尾号", "! second-recipient"]) {
    expect(listed.out).toContain(words);
  }
  const { out } = await run("bids", "--json");
  expect(JSON.parse(out)).toMatchObject({ bids: [{ packageId: made.header.packageId, readiness: "amber" }] });
});

test("check says of each bid what was looked at and what to do, and fails where one does not open", async () => {
  const checked = await run("bids", "check");
  expect(checked.status).toBe(0);
  for (const words of [
    made.header.packageId,
    "北京时间",
    "✓ 须用的证书在本机",
    "! 有备用的解密方式",
    "→ 无备用",
    "未保存",
    "未导出",
  ]) {
    expect(checked.out).toContain(words);
  }
  const { out } = await run("bids", "check", "--json");
  expect(JSON.parse(out)).toMatchObject({ ok: true, bids: [{ packageId: made.header.packageId }] });

  const { rehearsal } = (await desk.host.bids.find(made.header.packageId))?.bid ?? {};
  expect(rehearsal).toBeNull();
  await desk.host.bids.rehearsed(made.header.packageId, { at: new Date(desk.time.now).toISOString(), opened: false });
  const red = await run("bids", "check");
  expect(red.status).toBe(1);
  expect(red.out).toContain("✗ 试解密");
  expect(red.complaints).toContain("1份标书现在打不开");
  expect((await run("bids", "check", "--json")).status).toBe(1);
  await desk.host.bids.rehearsed(made.header.packageId, { at: new Date(desk.time.now).toISOString(), opened: true });
});

test("ledger tells each attempt with its reason, and that chain and report hold", async () => {
  const { status, out, complaints } = await run("ledger", made.header.packageId);
  expect([status, complaints]).toEqual([0, ""]);
  for (const words of [
    "完整，共3条",
    "试解密",
    "加密",
    "平台 / the platform · ORDER_REFUSED (lot)",
    "covers the first 2 lines",
  ]) {
    expect(out).toContain(words);
  }
  // The legal words are for others to say.
  expect(out).not.toMatch(/撤销|撤回/);
});

test("report writes a page that stands alone, and overwrites none; report verify says what holds", async () => {
  const path = join(folder.path, "记录.html");
  expect(await run("report", made.header.packageId, path)).toMatchObject({ status: 0, out: path });
  const page = readFileSync(path, "utf8");
  expect(page).toContain("滨江&lt;路&gt;改造工程");
  expect(page).toContain("解密指令不符合要求：项目或标段不符（ORDER_REFUSED lot）");
  expect((await run("report", made.header.packageId, path)).status).toBe(1);
  expect((await run("report", "../../keys", path)).complaints).toContain("Not a package id");
  expect((await run("report", encodeBase64Url(new Uint8Array(16)), path)).complaints).toContain(
    "no record of this bid",
  );

  const verified = await run("report", "verify", path);
  expect(verified).toMatchObject({ status: 0, complaints: "" });
  for (const words of [
    "✓ 程序对证据的签名成立",
    "the page says what the evidence says",
    "✓ 加密投标文件由投标人签名",
    "· 回执由名录中的平台签名",
  ]) {
    expect(verified.out).toContain(words);
  }
  // Where nobody lists the CA, the name is anybody's.
  const unlisted = { ...desk.host, registry: { ...desk.host.registry, authorities: [] } };
  const unproved = await runAt(unlisted, "report", "verify", path);
  expect(unproved.status).toBe(3);
  expect(unproved.out).toContain("（未经证实 / not proved）");
  expect(unproved.out).toContain("? 投标人证书由名录中的CA签发：未经证实");
  expect(unproved.complaints).toContain("Who the bidder is, is not proved here");
  writeFileSync(path, page.replace("本机自述", "平台签名证明"));
  const altered = await run("report", "verify", path);
  expect(altered.status).toBe(1);
  expect(altered.out).toContain("✗ 页面上的文字与证据不一致");
  writeFileSync(path, page.replace(/(id="evidence">\n.)./, "$1_"));
  expect(await run("report", "verify", path)).toMatchObject({ status: 1, out: "" });
});

test("a report that was signed elsewhere, of another bid, or that is none, is told apart", async () => {
  const path = join(folder.path, "report.p7s");
  writeFileSync(path, decodeBase64Url(report));
  expect(await run("ledger", made.header.packageId, "--verify", path)).toMatchObject({ status: 0 });

  const other = await desk.begin(desk.make(), { notice: text(desk.bidding.notice({ sequence: 2 })) }).catch(() => null);
  expect(other).not.toBeNull();
  const bid = desk.make();
  const notice = text(desk.bidding.notice({ sequence: 2 }));
  const { consentId } = await desk.begin(bid, { notice });
  writeFileSync(path, decodeBase64Url((await desk.finish(consentId, bid)).report));
  const foreign = await run("ledger", made.header.packageId, "--verify", path);
  expect(foreign.status).toBe(1);
  expect(foreign.out).toContain("is not about this record");

  writeFileSync(path, "no report");
  expect(await run("ledger", made.header.packageId, "--verify", path)).toMatchObject({ status: 1, out: "" });
});

test("what was altered, or is not there, is said", async () => {
  const path = ledgerFile();
  const content = readFileSync(path, "utf8");
  writeFileSync(path, content.replace('"step":"trial"', '"step":"release"'));
  const broken = await run("ledger", made.header.packageId);
  expect(broken.status).toBe(1);
  expect(broken.out).toContain("broken at line 2");
  expect(broken.complaints).toContain("not whole");
  writeFileSync(path, content.split("\n").slice(0, 1).join("\n"));
  expect((await run("ledger", made.header.packageId)).out).toContain("is not about this record");
  writeFileSync(path, content);
  expect((await run("ledger", made.header.packageId)).status).toBe(0);
  expect((await run("ledger", encodeBase64Url(new Uint8Array(16)))).complaints).toContain("no record of this bid");
  expect((await run("ledger", "../../keys")).complaints).toContain("Not a package id");
});

test("a package id that begins with a hyphen is one all the same", async () => {
  const id = `-${"A".repeat(21)}`;
  expect((await run("ledger", id)).complaints).toContain("no record of this bid");
  // What stands behind it stays behind it.
  expect((await run("report", id, join(folder.path, "hyphen.html"))).complaints).toContain("no record of this bid");
  expect((await run("report", `--${"A".repeat(20)}`, "hyphen.html")).complaints).toContain("no record of this bid");
  expect((await run("ledger", "-x")).status).toBe(2);
});
