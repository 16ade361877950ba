/** `certbridge-host bids check`: each open bid looked at without a PIN, and what to do about what is not well (开标急救). It asks their CAs and a time-stamping authority. */
import { Command } from "commander";
import { isAwaited, type OpenBid, type PreflightResult, type PreflightRule } from "@certbridge/protocol/host";
import { both, RULES } from "../bid-words.ts";
import { bids as listBids } from "../verbs/bid/bids.ts";
import type { Cli } from "./cli.ts";
import { printable } from "./cli.ts";
import { UsageError } from "./words.ts";

/** What to do where it is not well. */
const TO_DO: Readonly<Record<PreflightRule, string>> = {
  "signing-certificate": "联系签发的CA / ask the CA that issued it",
  "encryption-certificate":
    "联系签发的CA，必要时换证书重新加密并上传 / ask the CA; if need be encrypt anew with another one and upload",
  "same-subject": "联系签发的CA / ask the CA that issued them",
  "device-key": "试解密会核对 / a rehearsal checks it",
  "key-present": "插入该CA锁，或换到有它的电脑 / insert it, or use the computer that has it",
  "trial-opening": "在我的标书中试解密 / rehearse it in 我的标书",
  "renewed-certificate":
    "试解密确认；打不开就重新加密并上传 / rehearse it; if it does not open, encrypt anew and upload",
  "pin-tries": "先确认PIN码；已锁死请联系CA / make sure of the PIN; locked: ask the CA",
  clock: "校准本机时间 / set the clock",
  revocation: "联系签发的CA / ask the CA that issued it",
  "second-recipient": "无备用：保管好CA锁，保存备用密钥文件 / no spare: take care of the key, keep a backup key file",
};

/** Where it only warns, and that is something else. */
const WARNING: Partial<Record<PreflightRule, string>> = {
  revocation:
    "已吊销：密钥还在，这份标书仍打得开；请试解密确认，并联系签发的CA / revoked: it opens while its key is here; rehearse it, and ask the CA that issued it",
};

const MARKS: Readonly<Record<PreflightResult["outcome"], string>> = {
  good: "✓",
  warning: "!",
  unknown: "·",
  unreachable: "!",
  bad: "✗",
};

/** Whoever was asked gave no answer. */
const UNREACHABLE: Partial<Record<PreflightRule, string>> = {
  clock: "连不上时间戳服务，时间没有核对，可以继续 / no time-stamping authority answers: not checked, it stops nothing",
  revocation: "暂时查不到证书吊销状态，可以继续 / no revocation list to be had now: it stops nothing",
};

/** Where bids are opened it is Beijing time, wherever the computer is. */
const beijing = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  dateStyle: "short",
  timeStyle: "medium",
});

/** 2026-12-20 09:30:00 北京时间. */
export const beijingTime = (at: string | number): string => `${beijing.format(new Date(at))} 北京时间`;

const NONE = { recipients: 1, backupAt: null, exportedAt: null };

function rungsOf({ rungs = NONE, rehearsedAt }: OpenBid): readonly string[] {
  const backup = rungs.backupAt === null ? "未保存 / none saved" : "已保存 / saved";
  const elsewhere = rungs.exportedAt === null ? "未导出 / not exported" : "已导出 / exported";
  return [
    `  试解密 / rehearsed: ${rehearsedAt ?? "加密之后没有 / not since it was encrypted"}`,
    `  能解密的证书 / certificates that open it: ${rungs.recipients}`,
    `  备用密钥文件 / backup key file: ${backup}`,
    `  另一台电脑 / another computer: ${elsewhere}`,
  ];
}

function toDoOf({ rule, outcome }: PreflightResult): string {
  if (outcome === "good" || outcome === "unknown") return "";
  const own = { unreachable: UNREACHABLE, warning: WARNING, bad: TO_DO }[outcome][rule];
  return `\n    → ${own ?? TO_DO[rule]}`;
}

function linesOf(bid: OpenBid): readonly string[] {
  const { packageId, lot, serialTail, results } = bid;
  const names = [lot.projectCode, lot.projectName, lot.lot].map(printable).join("  ");
  const told = results.map((result) => `  ${MARKS[result.outcome]} ${both(RULES[result.rule])}${toDoOf(result)}`);
  return [
    `${packageId}  ${names}`,
    `  开标 / opens ${beijingTime(lot.openingTime)}  须用 / key 尾号${serialTail}`,
    ...told,
    ...rungsOf(bid),
  ];
}

async function check(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const { host } = await cli.openHost();
  // Nobody has to look after what a newer package took the place of.
  const bids = (await listBids(host)({ ask: true })).bids.filter(isAwaited);
  const red = bids.filter(({ readiness }) => readiness === "red").length;
  if (json) cli.say(JSON.stringify({ at: new Date(host.clock()).toISOString(), ok: red === 0, bids }));
  else {
    cli.say(`本机时间 / clock: ${beijingTime(host.clock())}`);
    for (const bid of bids) for (const line of linesOf(bid)) cli.say(line);
    if (bids.length === 0) cli.say("没有等待开标的标书。 / No bids wait for their opening.");
    else cli.say("平台能否访问，请打开平台网页确认。 / Whether the platform answers, its page tells.");
  }
  if (red === 0) return;
  throw new UsageError(
    `${red}份标书现在打不开，请按上面的提示处理。`,
    `${red} bids do not open now: see above what to do.`,
  );
}

export function checkCommand(cli: Cli): Command {
  return (
    new Command("check")
      .description("逐份检查等待开标的标书，不需要PIN码 / look at each open bid, without a PIN")
      .option("--json", "以JSON输出 / as JSON")
      // The command above it takes the option of that name, wherever it stands.
      .action((_own: object, command: Command) => check(cli, command.optsWithGlobals()))
  );
}
