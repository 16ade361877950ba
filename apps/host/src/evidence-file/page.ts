/**
 * The evidence of a bid as a page to be read and printed (存证报告), Chinese. It says only what the evidence in it says, so that the same evidence is
 * always the same page: who verifies it makes the page anew and compares. No script, nothing fetched, every value escaped. docs/formats/evidence.md
 */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { parseRegistry } from "@certbridge/trust";
import type { Gm } from "@certbridge/gm";
import type { BidEvidence } from "@certbridge/protocol/bid";
import { encodeCanonical } from "@certbridge/protocol/canonical";
import { STEPS } from "../bid-words.ts";
import type { Countersignature } from "./findings.ts";
import { judgeEvidence, type Judged } from "./judge.ts";
import {
  CARRIERS,
  CHECKS,
  failureWords,
  GROUNDS,
  OUTCOMES,
  refusalWords,
  resultWords,
  ruleWords,
  timeWords,
  WHEN,
} from "./words.ts";

const STYLE = `
:root{color-scheme:light}
body{font:15px/1.7 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#1b1f24;background:#fff;max-width:60rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6em;margin:0 0 .3rem}h2{font-size:1.15em;margin:2rem 0 .5rem;border-bottom:1px solid #c8ced6;padding-bottom:.2rem}
p{margin:.3rem 0}.soft{color:#57606a}
table{border-collapse:collapse;table-layout:fixed;width:100%;font-size:.92em}
th,td{border:1px solid #c8ced6;padding:.35em .6em;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f3f5f8;font-weight:600;white-space:nowrap}.terms th{width:10em}.at{white-space:nowrap}
code{font-family:ui-monospace,Consolas,monospace;font-size:.85em;word-break:break-all}
.holds{color:#116329}.fails{color:#a40e26;font-weight:600}.self{color:#7a4b00}
pre{font-size:.7rem;line-height:1.4;white-space:pre-wrap;word-break:break-all;color:#57606a;max-height:12rem;overflow:auto;border:1px solid #c8ced6;padding:.5rem}
tr{break-inside:avoid}h2{break-after:avoid}
@media screen and (max-width:48rem){.wide{overflow-x:auto}.wide table{width:46rem}}
@media print{body{margin:0;padding:0;max-width:none;font-size:11px}.machine{display:none}@page{size:A4;margin:16mm}}
`;

const NAMED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** What comes from elsewhere, as text: nothing that is markup, that steers, or that turns the line around. */
function escape(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, "").replaceAll(/[&<>"']/g, (sign) => NAMED[sign] ?? "");
}

const code = (text: string): string => `<code>${escape(text)}</code>`;
const row = (cells: readonly string[], tag = "td"): string =>
  `<tr>${cells.map((cell) => `<${tag}>${cell}</${tag}>`).join("")}</tr>`;
const terms = (rows: readonly (readonly [string, string])[]): string =>
  `<table class="terms">${rows.map(([term, value]) => `<tr><th scope="row">${term}</th><td>${value}</td></tr>`).join("\n")}</table>`;
/** A column: what it is of, and its share of the width in hundredths. */
type Column = readonly [head: string, share: number];
function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const shares = columns.map(([, share]) => `<col style="width:${share}%">`).join("");
  const head = row(
    columns.map(([name]) => name),
    "th",
  );
  const body = rows.map((cells) => row(cells)).join("\n");
  // On a phone three columns can be read as they are.
  return `<div${columns.length > 3 ? ` class="wide"` : ""}><table><colgroup>${shares}</colgroup><thead>${head}</thead><tbody>\n${body}\n</tbody></table></div>`;
}
const marked = (words: string, how: string): string => `<span class="${how}">${words}</span>`;
/** Where the column is narrow the day stands above the hour; neither is broken. */
function time(at: Date | string | null): string {
  if (at === null) return "—";
  const [day = "", hour = ""] = timeWords(at).split(" ");
  return `<span class="at">${escape(day)}</span> <span class="at">${escape(hour)}</span>`;
}

function aboutBid({ evidence, header, platformName, bidder, notice }: Judged): string {
  const opening = notice?.openingTime ?? header?.openingTime ?? null;
  const who =
    bidder === null
      ? "没有投标人签名，无法证实"
      : `${escape(bidder.name)}${bidder.listed ? "" : marked("（未经证实）", "fails")}，统一社会信用代码 ${escape(bidder.uscc ?? "未能读出")}；证书由${escape(bidder.authority)}签发，尾号${escape(bidder.serialTail)}`;
  return terms([
    ["投标人", who],
    ["项目", header === null ? "—" : `${escape(header.projectName)}（${escape(header.projectCode)}）`],
    ["标段", header === null ? "—" : escape(header.lot)],
    ["平台", header === null ? "—" : `${escape(platformName ?? "不在名录中")}（${escape(header.platformId)}）`],
    ["开标时间", time(opening)],
    ["加密投标文件编号", code(evidence.packageId)],
    ["本报告生成时间", `${time(evidence.madeAt)}（本机时钟）`],
  ]);
}

function checksOf({ findings }: Judged): string {
  const rows = findings.map(({ check, outcome }) => {
    const { mark, zh } = OUTCOMES[outcome];
    return [marked(mark, outcome), CHECKS[check][0], marked(zh, outcome)];
  });
  const columns: readonly Column[] = [
    ["标记", 8],
    ["核验内容", 58],
    ["结果", 34],
  ];
  return table(columns, rows);
}

function preflightOf({ report, isElsewhere }: Judged): string {
  if (report === null) return "<p>没有投标前检查报告。</p>";
  const { results, carrier, madeAt } = report.report;
  const rows = results.map(({ rule, outcome }) => [escape(ruleWords(rule)), escape(resultWords(outcome))]);
  const columns: readonly Column[] = [
    ["检查内容", 60],
    ["结果", 40],
  ];
  const where = isElsewhere ? "加密时那台电脑" : "本机";
  return `<p>${time(madeAt)}（${where}时钟），${CARRIERS[carrier]}。由投标人证书签名；各项结果是${where}自述。</p>${table(columns, rows)}`;
}

function receiptRow(name: string, { said, stampedAt }: NonNullable<Judged["receipt"]>): readonly string[] {
  return [name, time(said.receivedAt), time(stampedAt), `平台已收到，${said.packageLen}字节`];
}

function stampsOf({ receipt, laterReceipt, openings }: Judged): string {
  const rows = [
    ...(receipt === null ? [] : [receiptRow("回执", receipt)]),
    ...(laterReceipt === null ? [] : [receiptRow("后来的回执", laterReceipt)]),
    ...openings.map(({ said, stampedAt }) => [
      "解密回执",
      time(said.receivedAt),
      time(stampedAt),
      said.refusal === null ? "平台已收到密钥，核验通过" : `平台没有接受密钥：${escape(refusalWords(said.refusal))}`,
    ]),
  ];
  if (rows.length === 0) return "<p>没有平台的回执。</p>";
  const columns: readonly Column[] = [
    ["文件", 14],
    ["平台时间", 18],
    ["时间戳", 18],
    ["内容", 50],
  ];
  return table(columns, rows);
}

const ONLY_SELF = { ground: "self", isStampProved: false, notAfter: null } as const;

function attemptsOf({ ledger, lines }: Judged): string {
  const rows = ledger.lines.map(({ entry, at, stampedAt, step, failure }, index) => {
    const { ground, isStampProved, notAfter } = lines[index] ?? ONLY_SELF;
    const outcome = failure === null ? marked("完成", "holds") : marked(escape(failureWords(failure)), "fails");
    return [
      String(entry),
      time(at),
      stampedAt === null || isStampProved
        ? time(stampedAt)
        : marked(`${time(stampedAt)}<span class="at">（自述）</span>`, "self"),
      STEPS[step][0],
      outcome,
      marked(GROUNDS[ground], ground),
      time(notAfter),
    ];
  });
  const columns: readonly Column[] = [
    ["序号", 6],
    ["本机时间", 13],
    ["时间戳", 14],
    ["操作", 14],
    ["结果", 26],
    ["依据", 14],
    ["不晚于", 13],
  ];
  return table(columns, rows);
}

/** A head that is none of this record's: where another computer made the bid, what was countersigned until it was handed in is in the record there. */
function unfitHead({ when, isElsewhere }: Pick<Countersignature, "when"> & Pick<Judged, "isElsewhere">): string {
  const isThere = isElsewhere && when !== "open";
  return isThere ? marked("属于加密时那台电脑的记录", "self") : marked("与记录不符", "fails");
}

function chainOf({ ledger, countersignatures, isElsewhere }: Judged): string {
  const state =
    ledger.brokenAt === null ? `完整，共${ledger.entries}条` : marked(`第${ledger.brokenAt}条起不可信`, "fails");
  const rows = countersignatures.map(({ when, head, stampedAt, line }) => [
    WHEN[when],
    code(head),
    time(stampedAt),
    line === null ? unfitHead({ when, isElsewhere }) : marked(`第1至${line}条`, "holds"),
  ]);
  const columns: readonly Column[] = [
    ["副署", 10],
    ["记录摘要（SM3）", 48],
    ["时间戳", 18],
    ["证明未改动的范围", 24],
  ];
  return `<p>操作记录：${state}。末条SM3：${code(encodeBase64Url(ledger.head))}</p>${
    rows.length === 0 ? "<p>平台没有副署过记录摘要。</p>" : table(columns, rows)
  }`;
}

/** Base64url in lines, for a file that people may open in an editor. */
const inLines = (text: string): string => text.replaceAll(/.{1,120}/g, "$&\n").trimEnd();

/**
 * @param signature of the program, r ‖ s, base64url
 * @throws OperationError MALFORMED, v.ValiError, RangeError where the evidence has no such header or registry
 */
export function evidencePage(gm: Gm, evidence: BidEvidence, signature: string): string {
  const judged = judgeEvidence(gm, parseRegistry(evidence.registry), evidence);
  const title = `存证报告 ${evidence.packageId}`;
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>加密投标文件存证报告</h1>
<p class="soft">本报告列出这台电脑上对一份加密投标文件做过的每一次操作及其结果，供核对。它只陈述事实，不认定责任。时间均为北京时间。</p>
<h2>一、投标文件</h2>
${aboutBid(judged)}
<h2>二、投标前检查</h2>
${preflightOf(judged)}
<h2>三、回执与时间戳</h2>
${stampsOf(judged)}
<h2>四、操作记录</h2>
<p class="soft">“本机自述”只是这台电脑自己写下的；“投标人签名证明”“平台签名证明”另有签名可核。“不晚于”是平台副署覆盖该条记录的最早时间戳：那时该条已经如此，此后未被改动。时间戳后注“（自述）”的取自平台的解密指令，本报告中没有该指令，不能证明。</p>
${attemptsOf(judged)}
<h2>五、记录的完整性与平台副署</h2>
${chainOf(judged)}
<h2>六、核验结果</h2>
<p class="soft">按生成本报告的电脑上的名录核验。收到本报告的人应自行核验：<code>certbridge-host report verify 文件名</code></p>
${checksOf(judged)}
<h2>七、程序签名</h2>
${terms([
  ["程序", `certbridge-host ${escape(evidence.program)}`],
  ["程序公钥", code(evidence.programKey)],
  ["签名（SM2）", code(signature)],
])}
<section class="machine"><h2>八、供核验的原始证据</h2>
<p class="soft">格式见 docs/formats/evidence.md。以下内容不打印。</p>
<pre id="evidence">
${inLines(encodeBase64Url(encodeCanonical(evidence)))}
</pre>
<pre id="signature">
${escape(signature)}
</pre></section>
</body></html>
`;
}
