/** The record of a bid in words: what was tried, when, and the reason that this computer wrote down. It judges nobody. */
import type { OpenBid } from "@certbridge/protocol/host";
import { both, type Failure, LAYERS, STEPS } from "../bid-words.ts";
import type { SignedReport } from "../evidence.ts";
import type { ReadLedger } from "../ledger.ts";
import { printable } from "./cli.ts";

export interface Evidence {
  readonly packageId: string;
  /** Null where the bid itself is not kept any more. */
  readonly lot: OpenBid["lot"] | null;
  readonly ledger: ReadLedger;
  /** Base64url. */
  readonly head: string;
  readonly reports: readonly { readonly signed: SignedReport; readonly covers: boolean }[];
}

const TITLE = "标书的本机记录 / Record of a bid on this computer";

function outcomeOf(failure: Failure | null): string {
  if (failure === null) return "完成 / done";
  const rule = failure.rule === null ? "" : ` (${failure.rule})`;
  return `未完成 / failed · ${both(LAYERS[failure.layer])} · ${failure.code}${rule}`;
}

/** One row each: number, local time, the order's time stamp, what was tried, what came of it. */
function rowsOf({ ledger }: Evidence): readonly (readonly string[])[] {
  return ledger.lines.map(({ entry, at, stampedAt, step, failure }) => [
    String(entry),
    at,
    stampedAt ?? "—",
    both(STEPS[step]),
    outcomeOf(failure),
  ]);
}

function reportWords({ signed, covers }: Evidence["reports"][number]): string {
  const { report, signer } = signed;
  const by = `${printable(signer.subject.commonName)} 尾号${signer.serialNumber.slice(-4)}`;
  const about = covers
    ? `与前${report.ledger.entries}条相符 / covers the first ${report.ledger.entries} lines`
    : "与本记录不符 / is not about this record";
  return `已签名报告 / signed report: ${by} · ${report.madeAt} · ${about}`;
}

function headLines(evidence: Evidence): readonly string[] {
  const { packageId, lot, ledger, head, reports } = evidence;
  const about =
    lot === null
      ? []
      : [
          `项目 / project: ${[lot.projectCode, lot.projectName, lot.lot, lot.platformName].map(printable).join("  ")}`,
          `开标 / opening: ${lot.openingTime}`,
        ];
  const whole =
    ledger.brokenAt === null
      ? `完整，共${ledger.entries}条 / whole, ${ledger.entries} lines`
      : `第${ledger.brokenAt}条起不可信 / broken at line ${ledger.brokenAt}`;
  return [
    `标书编号 / package: ${packageId}`,
    ...about,
    `记录 / record: ${whole}`,
    `末条SM3 / SM3 of the last line: ${head}`,
    ...reports.map(reportWords),
    "以下为本机记录的原因，不作责任认定。 / The reasons below are those that this computer wrote down; they judge nobody.",
  ];
}

export function ledgerText(evidence: Evidence): readonly string[] {
  return [TITLE, ...headLines(evidence), ...rowsOf(evidence).map((row) => row.join("  "))];
}
