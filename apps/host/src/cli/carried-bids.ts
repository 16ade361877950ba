/** `certbridge-host bids export` and `import`: the open bids taken to the bidder's other computer. docs/formats/open-bids.md */
import { Command } from "commander";
import { carriedBid, readOpenBidsFile, writeOpenBidsFile } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import { limits } from "@certbridge/protocol/limits";
import * as v from "valibot";
import type { Host } from "../host.ts";
import { bids as listBids } from "../verbs/bid/bids.ts";
import { exportBid, importBid } from "../verbs/bid/carry.ts";
import type { Cli } from "./cli.ts";
import { readGivenUpTo, writeGiven } from "./cli.ts";
import { explain, UsageError } from "./words.ts";

async function exportAll(cli: Cli, path: string): Promise<void> {
  const { host } = await cli.openHost();
  const { bids: open } = await listBids(host)({});
  if (open.length === 0) throw new UsageError("没有等待开标的标书。", "No bids wait for their opening.");
  const told = open.slice(0, limits.openBidsInFile);
  const carried = await Promise.all(told.map(async ({ packageId }) => (await exportBid(host)({ packageId })).bid));
  await writeGiven(path, writeOpenBidsFile(carried), 0o600);
  cli.say(`已导出${carried.length}份标书：${path} / ${carried.length} bids exported.`);
  if (open.length > told.length) {
    cli.say(
      `一个文件最多${told.length}份，开标较晚的未导出。 / A file takes ${told.length}; those that open last are not in it.`,
    );
  }
  cli.say("文件里没有密钥和投标内容，但看得出投了哪些标，请妥善保管。");
  cli.say("It holds no key and nothing that was bid, but tells which bids there are: keep it to yourself.");
}

const WORDS = { added: "已导入 / imported", known: "本机已有 / here already" } as const;

/** One entry, in words. Null where it was not taken. */
async function importOne(host: Host, entry: unknown): Promise<{ readonly line: string; readonly isTaken: boolean }> {
  try {
    const parsed = v.safeParse(carriedBid, entry);
    if (!parsed.success) throw new OperationError("MALFORMED", { what: "open bid" });
    const { packageId, outcome } = await importBid(host)({ bid: parsed.output });
    return { line: `✓ ${packageId}  ${WORDS[outcome]}`, isTaken: true };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { line: `✗ ${explain(error).replace("\n", " / ")}`, isTaken: false };
  }
}

async function importAll(cli: Cli, path: string): Promise<void> {
  const entries = readOpenBidsFile(await readGivenUpTo(path, limits.openBidsFileLen));
  if (entries === null) {
    throw new UsageError(`不是待开标标书文件：${path}`, `Not a file of open bids: ${path}`);
  }
  const { host } = await cli.openHost();
  let refused = 0;
  for (const entry of entries) {
    const { line, isTaken } = await importOne(host, entry);
    cli.say(line);
    if (!isTaken) refused += 1;
  }
  if (refused === 0) return;
  throw new UsageError(`${refused}份标书未导入，其余不受影响。`, `${refused} bids were not taken; the others were.`);
}

export function exportCommand(cli: Cli): Command {
  return new Command("export")
    .description("导出等待开标的标书，供另一台电脑使用 / the open bids, for another computer")
    .argument("<file>", "新文件 / a new file")
    .action((path: string) => exportAll(cli, path));
}

export function importCommand(cli: Cli): Command {
  return new Command("import")
    .description("导入另一台电脑导出的标书，需先装入证书 / open bids of another computer; their key has to be here")
    .argument("<file>", "bids export 写的文件 / as bids export wrote it")
    .action((path: string) => importAll(cli, path));
}
