/** `certbridge-host bids` and `certbridge-host ledger`: the bids that wait for their opening, and the evidence of each. */
import { Command } from "commander";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { packageId as packageIdSchema } from "@certbridge/protocol/bid";
import { isAwaited, type OpenBid } from "@certbridge/protocol/host";
import * as v from "valibot";
import { covers, readReport } from "../evidence.ts";
import type { SignedReport } from "../evidence.ts";
import type { Host } from "../host.ts";
import { bids as listBids } from "../verbs/bid/bids.ts";
import { describeBidLot } from "../verbs/bid/lot.ts";
import type { Cli } from "./cli.ts";
import { printable, readGiven } from "./cli.ts";
import { beijingTime, checkCommand } from "./check-bids.ts";
import { exportCommand, importCommand } from "./carried-bids.ts";
import { ledgerText } from "./ledger-report.ts";
import type { Evidence } from "./ledger-report.ts";
import { UsageError } from "./words.ts";

const STATES: Readonly<Record<OpenBid["readiness"], string>> = {
  green: "就绪 / ready",
  amber: "请留意 / take care",
  red: "不能解密 / will not open",
};

const SUPERSEDED = "已由新文件替代 / superseded by a newer package";

async function list(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const { host } = await cli.openHost();
  const { bids } = await listBids(host)({});
  if (json) {
    cli.say(JSON.stringify({ bids }));
    return;
  }
  for (const bid of bids) {
    const { packageId, lot, serialTail, readiness, results } = bid;
    const names = [lot.projectCode, lot.projectName, lot.lot, lot.platformName].map(printable).join("  ");
    cli.say(`${packageId}  ${isAwaited(bid) ? STATES[readiness] : SUPERSEDED}`);
    cli.say(`  ${names}  开标 / opens ${beijingTime(lot.openingTime)}  尾号${serialTail}`);
    const noted = results.filter(({ outcome }) => isAwaited(bid) && outcome !== "good" && outcome !== "unknown");
    for (const { rule, outcome } of noted) cli.say(`  ${outcome === "bad" ? "✗" : "!"} ${rule}`);
  }
  if (bids.length === 0) cli.say("没有等待开标的标书。 / No bids wait for their opening.");
}

export function bidsCommand(cli: Cli): Command {
  return new Command("bids")
    .description("列出等待开标的标书 / bids that wait for their opening")
    .option("--json", "以JSON输出 / as JSON")
    .action((options: { json?: boolean }) => list(cli, options))
    .addCommand(checkCommand(cli))
    .addCommand(exportCommand(cli))
    .addCommand(importCommand(cli));
}

interface LedgerOptions {
  readonly verify?: string;
}

/** The report that was kept with the bid, and the one that was given. */
async function readReports(host: Host, packageId: string, path: string | undefined): Promise<readonly SignedReport[]> {
  const kept = (await host.bids.find(packageId))?.bid;
  // The report of a bid that was taken over covers the record of the computer that made it.
  const isOwn = kept !== undefined && kept.importedAt === undefined;
  const own = isOwn ? [readReport(host.gm, decodeBase64Url(kept.report))] : [];
  return path === undefined ? own : [readReport(host.gm, await readGiven(path))];
}

/** @throws UsageError */
export function mustBePackageId(packageId: string): void {
  if (v.is(packageIdSchema, packageId)) return;
  throw new UsageError(`标书编号不对：${printable(packageId)}`, `Not a package id: ${printable(packageId)}`);
}

export const noRecord = (): UsageError =>
  new UsageError("本机没有这份标书的记录。", "There is no record of this bid on this computer.");

async function show(cli: Cli, packageId: string, { verify }: LedgerOptions): Promise<void> {
  mustBePackageId(packageId);
  const { host } = await cli.openHost();
  const ledger = await host.ledger.read(packageId);
  if (ledger === null) throw noRecord();
  const kept = await host.bids.find(packageId);
  const reports = await readReports(host, packageId, verify);
  const evidence: Evidence = {
    packageId,
    lot: kept === null ? null : await describeBidLot(host, kept),
    ledger,
    head: encodeBase64Url(ledger.head),
    reports: reports.map((signed) => ({ signed, covers: covers(signed, packageId, ledger) })),
  };
  for (const line of ledgerText(evidence)) cli.say(line);
  if (ledger.brokenAt !== null || evidence.reports.some((report) => !report.covers)) {
    throw new UsageError(
      "这份记录不完整，或与已签名的报告不符。",
      "This record is not whole, or not the one that the report is about.",
    );
  }
}

export function ledgerCommand(cli: Cli): Command {
  return new Command("ledger")
    .description("显示并核验一份标书的本机记录 / the record of a bid, shown and verified")
    .argument("<package-id>", "标书编号（见 certbridge-host bids） / as certbridge-host bids shows it")
    .option("--verify <file>", "用这份已签名的报告（DER）核对 / hold it against this signed report (DER)")
    .action((packageId: string, options: LedgerOptions) => show(cli, packageId, options));
}
