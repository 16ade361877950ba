/** `certbridge-host pairings …`: which browsers' extensions the program works for. */
import { Command } from "commander";
import { openPairings } from "../pairings.ts";
import { closesAt } from "../install/look-at-pairings.ts";
import type { Cli } from "./cli.ts";
import { printable } from "./cli.ts";
import { UsageError } from "./words.ts";

/** As `pairings list --json` and `doctor --json` print them. */
export async function readPairings({ home, clock }: Cli) {
  const { paired, open } = await openPairings(home.pairings, clock).list();
  return {
    paired: paired.map(({ id, kind, label, pairedAt }) => ({ id, kind, label, pairedAt })),
    open: open.map((place) => ({ ...place, closesAt: closesAt(place) })),
  };
}

async function list(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const held = await readPairings(cli);
  if (json) {
    cli.say(JSON.stringify(held));
    return;
  }
  for (const { id, label, pairedAt } of held.paired) cli.say(`${id}  ${printable(label)}  ${pairedAt}`);
  for (const { label, closesAt: until } of held.open) {
    cli.say(`${printable(label)}  等待配对，到 ${until} 为止 / waits for an extension until ${until}`);
  }
  if (held.paired.length + held.open.length === 0) {
    cli.say("没有配对的浏览器。请运行 certbridge-host install。 / None. Run: certbridge-host install");
  }
}

async function remove({ home, clock, say }: Cli, ids: readonly string[], all: boolean): Promise<void> {
  const pairings = openPairings(home.pairings, clock);
  if (all) await pairings.clear();
  else if (ids.length === 0) {
    throw new UsageError("请写明编号，或加 --all。", "Name the ids, or say --all.");
  }
  for (const id of ids) {
    if (!(await pairings.remove(id))) throw new UsageError(`没有编号为 ${id} 的配对。`, `No pairing has the id ${id}.`);
  }
  say("已解除配对；该浏览器要再使用，请重新运行 certbridge-host install。");
  say("Removed; for that browser to be served again, run: certbridge-host install");
}

export function pairingsCommand(cli: Cli): Command {
  const pairings = new Command("pairings").description("已配对的浏览器 / browsers whose extension may ask");
  pairings
    .command("list", { isDefault: true })
    .description("列出配对 / list")
    .option("--json", "以JSON输出 / as JSON")
    .action((options: { json?: boolean }) => list(cli, options));
  pairings
    .command("remove [ids...]")
    .description("解除配对 / remove")
    .option("--all", "全部，并关闭等待中的 / all of them, and what waits")
    .action((ids: string[], options: { all?: boolean }) => remove(cli, ids, options.all === true));
  return pairings;
}
