/** The command line: `install`, `uninstall`, `doctor`, `keys`, `devices`, `bids`, `ledger`, `report`, `pairings`. */
import { resolve } from "node:path";
import type { Gm } from "@certbridge/gm";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { packageId } from "@certbridge/protocol/bid";
import { OperationError } from "@certbridge/protocol/errors";
import * as v from "valibot";
import { prepareHome } from "../home.ts";
import { openIdentity, readIdentity } from "../identity.ts";
import { examine } from "../install/doctor.ts";
import { reasonOf, type Verdict } from "../install/finding.ts";
import { install, isInProgram, type Failed } from "../install/install.ts";
import { splitByMachine } from "../install/machine.ts";
import type { Trust } from "../install/look-at-pairings.ts";
import type { BrowserName } from "../install/browsers.ts";
import type { Place } from "../install/places.ts";
import { allPlaces, browsersHere, placeOf, presentPlaces, profilePlace } from "../install/places.ts";
import { windowsBrowsers, windowsPlaces } from "../install/windows.ts";
import { bidsCommand, ledgerCommand } from "./bids.ts";
import type { Cli } from "./cli.ts";
import { devicesCommand } from "./devices.ts";
import { openPairings, type Pairings } from "../pairings.ts";
import type { Left } from "../install/uninstall.ts";
import type { Opening } from "../stores/usb-key/wire.ts";
import { uninstall } from "../install/uninstall.ts";
import { keysCommand } from "./keys.ts";
import { reportCommand } from "./report.ts";
import { pairingsCommand, readPairings } from "./pairings.ts";
import { explain, UnprovedError, UsageError } from "./words.ts";

/** Exit statuses: done · something failed or is wrong · called in a way that is not understood · nothing wrong, but not proved either. */
const DONE = 0;
const FAILED = 1;
const MISUSED = 2;
const UNPROVED = 3;

interface InstallOptions {
  readonly browser?: readonly BrowserName[];
  readonly browserProfile?: string;
  readonly registry?: string;
}

/** A named profile stands alone unless browsers are named with it; without either, every browser that is there is served. */
async function placesOf({ person }: Cli, { browser, browserProfile }: InstallOptions): Promise<readonly Place[]> {
  const profiles = browserProfile === undefined ? [] : [profilePlace(resolve(browserProfile))];
  if (browser === undefined) return profiles.length > 0 ? profiles : presentPlaces(person);
  return [...browser.map((name) => placeOf(name, person)), ...profiles];
}

/** There the installer writes what browsers read, and this program looks at none of it. */
const onWindows = process.platform === "win32";

/** The browsers for which a place is to be opened, and those that the program could not be made known to. */
interface Known {
  readonly places: Parameters<Pairings["open"]>[0];
  readonly failed: readonly Failed[];
}

async function makeKnown(cli: Cli, options: InstallOptions): Promise<Known> {
  const { home, program, version } = cli;
  if (onWindows) {
    if (options.browserProfile !== undefined || options.registry !== undefined) {
      throw new UsageError(
        "Windows 上还没有 --browser-profile 和 --registry。",
        "There is no --browser-profile and no --registry on Windows yet.",
      );
    }
    await prepareHome(home);
    cli.say("浏览器由安装程序登记在注册表中。 / Browsers find the program by the registry, which the installer wrote.");
    return { places: windowsPlaces(options.browser), failed: [] };
  }
  const registry = options.registry === undefined ? null : resolve(options.registry);
  const places = await placesOf(cli, options);
  const { own, byMachine } = await splitByMachine(places, {
    script: program.script,
    home: home.folder,
    machineHome: () => cli.machineHome(),
  });
  const { failed } = await install({ home, program, version, places: own, registry });
  const isWritten = ({ manifest }: Place): boolean => failed.every(({ path }) => path !== manifest);
  for (const { label, manifest } of own.filter(isWritten)) cli.say(`${label}: ${manifest}`);
  for (const { label, manifest } of byMachine) cli.say(`${label}: ${manifest}  （整机安装 / for the whole machine）`);
  return { places: places.filter(isWritten), failed };
}

async function runInstall(cli: Cli, options: InstallOptions): Promise<void> {
  const { home } = cli;
  if (await isInProgram(home, cli.program.script)) {
    throw new UsageError(
      `数据文件夹不能在程序文件夹里，更新或删除程序时证书会一起丢失：${home.folder}。请用 --home 另选一个。`,
      `The home folder may not lie in the program's folder, with which it would be replaced or removed: ${home.folder}. Name another one: --home`,
    );
  }
  const { places, failed } = await makeKnown(cli, options);
  const gm = await cli.openCore();
  const { fingerprint } = await openIdentity({ gm, clock: cli.clock }, home.identity, "replace");
  await openPairings(home.pairings, cli.clock).open(places);
  cli.say(`已安装，数据文件夹：${home.folder}`);
  cli.say(`Installed; home folder: ${home.folder}`);
  cli.say(`身份指纹 / fingerprint: ${fingerprint}`);
  cli.say("以上每个浏览器现在可以配对一个扩展；再次运行 install 可再配对一个。");
  cli.say("Each of these browsers may now pair one extension; run install again for one more.");
  if (failed.length === 0) return;
  const which = failed.map(({ label, path, error }) => `${label}  ${path}  ${reasonOf(error)}`).join("\n");
  throw new UsageError(
    `以下浏览器未能登记，请按原因处理后重新运行 certbridge-host install：\n${which}`,
    "Not made known to the browsers above: remove what hinders each, and run certbridge-host install again.",
  );
}

const WHY_LEFT: Readonly<Record<Left["why"], string>> = {
  foreign: "已属于另一个程序 / another program's by now",
  altered: "安装后被改动过 / changed since",
  failed: "无法删除，请处理后重新运行 uninstall / cannot be removed: see to it, and run uninstall again",
};

async function runUninstall(cli: Cli): Promise<number> {
  const { home } = cli;
  // First: whatever hinders the rest, no extension is known any more.
  const cleared = await openPairings(home.pairings, cli.clock)
    .clear()
    .then(() => true)
    .catch(() => false);
  const { removed, left: files } = await uninstall(home);
  const left: readonly Left[] = cleared ? files : [{ path: home.pairings, why: "failed" }, ...files];
  const status = left.some(({ why }) => why === "failed") ? FAILED : DONE;
  for (const path of removed) cli.say(path);
  for (const { path, why } of left) cli.say(`未删除 / left: ${path}  （${WHY_LEFT[why]}）`);
  if (onWindows) {
    cli.say(
      "配对已解除；程序由 Windows 的“应用”卸载。 / Pairings are ended; the program goes by Windows' list of apps.",
    );
    return status;
  }
  if (status === FAILED) cli.say("卸载未完成。 / Not all of it could be removed.");
  else if (removed.length === 0) {
    cli.say("没有可卸载的内容。 / Nothing was installed.");
    return status;
  } else cli.say("已卸载，证书和登记凭证保留。 / Removed; keys stay.");
  cli.say(`保留在 / what stays is in: ${home.folder}`);
  return status;
}

const MARKS: Readonly<Record<Verdict, string>> = { good: "✓", note: "·", bad: "✗" };

async function readTrust({ home, clock }: Cli, gm: Gm): Promise<Trust> {
  const identity = await readIdentity(gm, home.identity).catch((error: unknown) => {
    if (OperationError.is(error, "STORE_DAMAGED")) return error;
    throw error;
  });
  return { identity, held: await openPairings(home.pairings, clock).list() };
}

async function runDoctor(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<number> {
  if (onWindows) throw new UsageError("Windows 上还没有 doctor。", "There is no doctor on Windows yet.");
  const gm = await cli.openCore();
  const places = allPlaces(cli.person);
  const { home, person, clock } = cli;
  const supervise = (opening: Opening) => cli.superviseLibrary(opening);
  const findings = await examine({
    home,
    usbKeys: { gm, clock, supervise, queue: cli.queueForDevices() },
    store: cli.openStore(gm),
    readTrust: () => readTrust(cli, gm),
    places,
    person,
  });
  const ok = findings.every(({ verdict }) => verdict !== "bad");
  if (json) {
    // What cannot be read is among the findings.
    const identity = await readIdentity(gm, home.identity).catch(() => null);
    const pairings = await readPairings(cli).catch(() => ({ paired: [], open: [] }));
    const fingerprint = identity?.fingerprint ?? null;
    cli.say(JSON.stringify({ version: cli.version, ok, findings, fingerprint, pairings }));
  } else {
    for (const { about, verdict, path, zh, en } of findings) {
      cli.say(`${MARKS[verdict]} ${about}${path === null ? "" : `  ${path}`}`);
      cli.say(`  ${zh}`);
      cli.say(`  ${en}`);
    }
  }
  return ok ? DONE : FAILED;
}

/**
 * One package id in sixty-four begins with a hyphen, and would be taken for an option: from there on nothing is one, but for flags, which go before the mark
 * that says so. What stands where stays in its order.
 */
function withIdsMarked(args: readonly string[]): string[] {
  const isId = (word: string) => word.startsWith("-") && v.is(packageId, word);
  const first = args.findIndex(isId);
  if (first < 0) return [...args];
  const isFlag = (word: string) => word.startsWith("--") && !isId(word);
  const from = args.slice(first);
  return [...args.slice(0, first), ...from.filter(isFlag), "--", ...from.filter((word) => !isFlag(word))];
}

/** Runs one command; gives the exit status. What fails is said on standard error. */
export async function runCommand(cli: Cli, args: readonly string[], complain: (line: string) => void): Promise<number> {
  let status = DONE;
  const program = new Command("certbridge-host")
    .description("CertBridge 互认通程序")
    .version(cli.version)
    // Followed before this, by caller.ts: one that comes as far as here was not, and nothing may be done in another home.
    .option("--home <folder>", `数据文件夹 / home folder (${cli.home.folder})`, () => {
      throw new InvalidArgumentError("--home 后面缺少文件夹。\n--home needs a folder.");
    })
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.say(text.trimEnd()), writeErr: (text) => complain(text.trimEnd()) });
  program
    .command("install")
    .description("登记到浏览器 / make it known to browsers")
    .addOption(
      new Option("--browser <names...>", "只登记到这些浏览器 / these browsers only").choices(
        onWindows ? windowsBrowsers : browsersHere,
      ),
    )
    .option("--browser-profile <folder>", "登记到一个独立的浏览器配置文件夹 / one profile folder of Chromium's family")
    .option("--registry <file>", "名录文件 / a registry file to use")
    .action((options: InstallOptions) => runInstall(cli, options));
  program
    .command("uninstall")
    .description("从浏览器注销，证书保留 / undo install; keys stay")
    .action(async () => {
      status = await runUninstall(cli);
    });
  program
    .command("doctor")
    .description("检查安装和证书文件 / check installation and key files")
    .option("--json", "以JSON输出 / as JSON")
    .action(async (options: { json?: boolean }) => {
      status = await runDoctor(cli, options);
    });
  program.addCommand(keysCommand(cli));
  program.addCommand(devicesCommand(cli));
  program.addCommand(bidsCommand(cli));
  program.addCommand(ledgerCommand(cli));
  program.addCommand(reportCommand(cli));
  program.addCommand(pairingsCommand(cli));
  for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.copyInheritedSettings(program);
  }
  try {
    await program.parseAsync(withIdsMarked(args), { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : MISUSED;
    complain(explain(error));
    return error instanceof UnprovedError ? UNPROVED : FAILED;
  }
}
