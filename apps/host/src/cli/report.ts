/** `certbridge-host report` and `report verify`: the evidence of a bid as a page that stands alone, and what holds of such a page. */
import { Command } from "commander";
import { collectEvidence } from "../evidence-file/collect.ts";
import { EVIDENCE_FILE_LEN, verifyEvidenceFile, writeEvidenceFile } from "../evidence-file/file.ts";
import type { Finding } from "../evidence-file/findings.ts";
import { isSound } from "../evidence-file/judge.ts";
import { CHECKS, OUTCOMES, timeWords, WHEN } from "../evidence-file/words.ts";
import { mustBePackageId, noRecord } from "./bids.ts";
import { type Cli, printable, readGivenUpTo, writeGiven } from "./cli.ts";
import { UnprovedError, UsageError } from "./words.ts";

async function write(cli: Cli, packageId: string, path: string): Promise<void> {
  mustBePackageId(packageId);
  const { host } = await cli.openHost();
  const evidence = await collectEvidence(host, packageId);
  if (evidence === null) throw noRecord();
  await writeGiven(path, writeEvidenceFile(host.gm, host.identity, evidence), 0o600);
  cli.say(path);
}

function sayFinding(cli: Cli, { check, outcome }: Finding): void {
  const { mark, zh, en } = OUTCOMES[outcome];
  const [about, aboutEn] = CHECKS[check];
  cli.say(`${mark} ${about}：${zh}`);
  cli.say(`  ${aboutEn}: ${en}`);
}

/** By this computer's registry. It opens no key and asks nobody. */
async function verify(cli: Cli, path: string): Promise<void> {
  const { host } = await cli.openHost();
  const verified = verifyEvidenceFile(host.gm, host.registry, await readGivenUpTo(path, EVIDENCE_FILE_LEN));
  const { evidence, header, bidder, countersignatures, findings, pageHolds, platformName, isElsewhere } = verified;
  cli.say(`加密投标文件 / package: ${evidence.packageId}`);
  if (header !== null) {
    const lot = [header.projectCode, header.projectName, header.lot, platformName ?? header.platformId];
    cli.say(`项目 / project: ${lot.map(printable).join("  ")}`);
  }
  if (bidder !== null) {
    const who = [bidder.name, bidder.uscc ?? "—", bidder.authority, `尾号${bidder.serialTail}`];
    const proved = bidder.listed ? "" : "  （未经证实 / not proved）";
    cli.say(`投标人 / bidder: ${who.map(printable).join("  ")}${proved}`);
  }
  cli.say("✓ 程序对证据的签名成立 / the program’s signature over the evidence holds");
  cli.say(
    pageHolds
      ? "✓ 页面上的文字与证据一致 / the page says what the evidence says"
      : "✗ 页面上的文字与证据不一致，或由另一版本的程序写成；请以下列核验结果为准 / the page says something else, or another version wrote it; go by what follows",
  );
  for (const finding of findings) sayFinding(cli, finding);
  for (const { when, stampedAt, line } of countersignatures) {
    const unfit = isElsewhere && when !== "open" ? "不在本机记录中 / not in this record" : "与记录不符 / fits no line";
    const lines = line === null ? unfit : `第1至${line}条 / lines 1 to ${line}`;
    cli.say(`副署 / countersigned: ${WHEN[when]}  ${timeWords(stampedAt)}（北京时间）  ${lines}`);
  }
  if (!pageHolds || !isSound(verified)) {
    throw new UsageError("这份报告有不成立之处。", "Something in this report does not hold.");
  }
  if (bidder !== null && !bidder.listed) {
    throw new UnprovedError(
      "投标人是谁，本机不能证实：签发其证书的CA不在本机名录中。请用有这家CA的名录核验。",
      "Who the bidder is, is not proved here: their CA is not in this registry. Verify it by one that has that CA.",
    );
  }
}

export function reportCommand(cli: Cli): Command {
  const report = new Command("report")
    .description("把一份标书的存证报告写成网页文件 / the evidence of a bid as a page that stands alone")
    .argument("<package-id>", "标书编号（见 certbridge-host bids） / as certbridge-host bids shows it")
    .argument("<file>", "要写的文件，已有的不会覆盖 / the file to write; none is overwritten")
    .action((packageId: string, path: string) => write(cli, packageId, path));
  report
    .command("verify")
    .description("离线核验一份存证报告 / verify such a page, offline")
    .argument("<file>", "存证报告文件 / the page")
    .action((path: string) => verify(cli, path));
  return report;
}
