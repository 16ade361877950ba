/** `certbridge-host devices …`: the vendors' libraries that USB keys (CA锁) are reached by. docs/devices.md */
import { resolve } from "node:path";
import { Command } from "commander";
import { parseCertificate } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";
import type { DeviceProfile } from "@certbridge/trust";
import { prepareHome } from "../home.ts";
import { changeEnrolled, inherit, readEnrolled } from "../stores/usb-key/enrolled.ts";
import { enrolLibrary, type Enrolment, SEVERAL_KEYS } from "../stores/usb-key/enrol.ts";
import { readText } from "../stores/usb-key/text.ts";
import type { Opening } from "../stores/usb-key/wire.ts";
import type { Cli } from "./cli.ts";
import { printable, readGiven, readGivenUpTo } from "./cli.ts";
import { changePin, importCertificates, importKey, listKeys, type ReplaceOptions } from "./device-keys.ts";
import { reportLibrary } from "./device-report.ts";
import type { PinOption } from "./key-list.ts";
import { typedPin } from "./typed-pin.ts";
import { UsageError } from "./words.ts";

/** No library is larger. Bytes. */
const LIBRARY_LEN = 256 * 1024 * 1024;

interface AddOptions {
  readonly certificate?: readonly string[];
  readonly selfTest?: boolean;
  readonly pinStdin?: boolean;
}

/** The profile in one line: what is as the standard has it is left out, but for layout and signing. */
function profileWords({ layout, signInput, ...others }: DeviceProfile): string {
  const { algorithms, sessionKey, decrypt, envelopedPlainLen, strings, wait, callConvention, architecture, names } =
    others;
  const words = [
    `ULONG ${layout.ulongLen}, ${layout.packing}, sign ${signInput}`,
    algorithms === "2012" ? null : `algorithms ${algorithms}`,
    sessionKey === "blob" ? null : `session key ${sessionKey}`,
    decrypt === "none" ? null : `decrypt ${decrypt}`,
    envelopedPlainLen === 64 ? null : `enveloped ${envelopedPlainLen}`,
    strings === "gbk" ? strings : null,
    wait === "poll" ? wait : null,
    callConvention === "stdcall" ? callConvention : null,
    architecture === null || architecture === process.arch ? null : architecture,
    ...Object.values(names),
  ];
  return words.filter((word) => word !== null).join(", ");
}

function sayOpening({ say }: Cli, { opens, tested }: Enrolment): void {
  if (opens === true) {
    say("已试签名、试解密成功。 / It signed and opened a trial.");
  } else if (opens === false) {
    say("能签名，但不能解密：用这种CA锁不能加密投标文件。请向签发证书的CA索取新版驱动。");
    say("It signs but opens nothing: no bids can be encrypted for keys of this kind. Ask their CA for a newer driver.");
  } else if (tested) {
    say("能签名；锁中没有加密证书，没有试解密。 / It signs; there is no encryption certificate to try.");
  }
}

/** What a person can do about a key that cannot be tried. */
function tellNotEnrolled(error: unknown): never {
  if (OperationError.is(error, "KEY_NOT_FOUND")) {
    throw new UsageError(
      "没有检测到这个驱动的CA锁，或锁中没有签名证书，驱动没有登记。请插入CA锁再试；锁中还没有证书的，请去掉 --self-test 和 --pin-stdin。",
      "No key of this library is plugged in, or it has no signing certificate; nothing was enrolled. Plug it in; without a certificate leave out --self-test and --pin-stdin.",
    );
  }
  if (OperationError.is(error, "PIN_LAST_TRY")) {
    throw new UsageError(
      "CA锁只剩最后一次输入机会，PIN码没有试，驱动没有登记。请去掉 --self-test 和 --pin-stdin 再登记。",
      "One try is left: the PIN was not tried, and nothing was enrolled. Enrol without --self-test and --pin-stdin.",
    );
  }
  if (OperationError.is(error, "INVALID_REQUEST") && error.details?.path === SEVERAL_KEYS) {
    throw new UsageError(
      "插着几把CA锁，分不清PIN码是哪一把的，没有试。请只留一把再登记。",
      "Several keys are plugged in: whose PIN it is cannot be told, and none was tried. Leave one plugged in.",
    );
  }
  throw error;
}

async function add(cli: Cli, path: string, options: AddOptions): Promise<void> {
  const gm = await cli.openCore();
  const chain = await Promise.all((options.certificate ?? []).map(readGiven));
  for (const der of chain) parseCertificate(der);
  const isTested = options.selfTest === true || options.pinStdin === true;
  const enrolment = await enrolLibrary({
    gm,
    path: resolve(path),
    chain,
    pin: isTested ? await typedPin(cli.secrets(options)) : null,
    supervise: (opening) => cli.superviseLibrary(opening),
  }).catch(tellNotEnrolled);
  const { devices, tried } = enrolment;
  let library = enrolment.library;
  let isAgain = false;
  // It may be the first that is done on this computer.
  await prepareHome(cli.home);
  await changeEnrolled(cli.home.libraries, (enrolled) => {
    const known = enrolled.find((one) => one.path === library.path);
    isAgain = known !== undefined;
    if (known !== undefined) library = inherit(known, library, tried);
    return [...enrolled.filter((one) => one !== known), library];
  });
  for (const { info } of devices) {
    const text = (bytes: Uint8Array) => printable(readText(bytes, library.profile.strings));
    cli.say(`${text(info.label)}  ${text(info.manufacturer)}`);
  }
  cli.say(`已登记驱动：${library.path}（${profileWords(library.profile)}）`);
  cli.say(`Enrolled: ${library.path} (${profileWords(library.profile)})`);
  if (isAgain) {
    cli.say("上次登记的CA证书，和这次没有试的结果，都沿用。");
    cli.say(
      "The CA's certificates of the last enrolment stay, where none were given, and so does what was not tried anew.",
    );
  }
  sayOpening(cli, enrolment);
  if (enrolment.tested) return;
  cli.say("没有试签名。要确认此驱动能用，请加 --self-test 再登记一次。");
  cli.say("No signature was tried. To make sure that this library works, enrol it again with --self-test.");
}

async function list({ home, say }: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const libraries = await readEnrolled(home.libraries);
  if (json) {
    say(JSON.stringify(libraries));
    return;
  }
  for (const { path, profile } of libraries) {
    say(`${path}  ${profileWords(profile)}`);
  }
  if (libraries.length === 0) {
    say("没有登记CA锁的驱动。请插入CA锁，再运行 certbridge-host devices add <驱动文件>。");
    say("No library is enrolled. Plug in a CA lock and run: certbridge-host devices add <library>");
  }
}

async function remove({ home, say }: Cli, path: string): Promise<void> {
  const wanted = resolve(path);
  let found = false;
  await changeEnrolled(home.libraries, (known) => {
    found = known.some((one) => one.path === wanted);
    return known.filter((one) => one.path !== wanted);
  });
  if (!found) throw new UsageError(`没有登记过 ${wanted}。`, `Not enrolled: ${wanted}`);
  say(`已注销 / removed: ${wanted}`);
}

const KEY = "[证书编号、序列号后四位，或应用/名称 / id, last four of a serial, or application/name]";

function addKeyCommands(cli: Cli, devices: Command): void {
  devices
    .command("keys")
    .description("列出插入的CA锁中的证书 / what is in the keys that are plugged in")
    .option("--json", "以JSON输出 / as JSON")
    .action((options: { json?: boolean }) => listKeys(cli, options));
  devices
    .command("change-pin <key>")
    .description(`修改PIN码 / change the PIN ${KEY}`)
    .option("--pin-stdin", "原PIN码、新PIN码从标准输入逐行读取 / read the PIN and the new one from standard input")
    .action((key: string, options: PinOption) => changePin(cli, key, options));
  devices
    .command("import-key <key> <file>")
    .description("导入CA签发的加密密钥（SM2EnvelopedKey） / bring in the encryption key that the CA issued")
    .option("--yes", "替换已有的加密密钥时不再询问 / do not ask before one is replaced")
    .option("--pin-stdin", "PIN码从标准输入读取 / read the PIN from standard input")
    .action((key: string, file: string, options: ReplaceOptions) => importKey(cli, key, file, options));
  devices
    .command("import-certificates <key> <files...>")
    .description("导入CA签发的证书 / bring in the certificates that the CA issued")
    .option("--yes", "替换已有的加密证书时不再询问 / do not ask before one is replaced")
    .option("--pin-stdin", "PIN码从标准输入读取 / read the PIN from standard input")
    .action((key: string, files: string[], options: ReplaceOptions) => importCertificates(cli, key, files, options));
}

/** The report of a library, whether it is enrolled or not. */
async function report(cli: Cli, path: string): Promise<void> {
  const content = await readGivenUpTo(path, LIBRARY_LEN);
  const supervise = (opening: Opening) => cli.superviseLibrary(opening);
  cli.say(JSON.stringify(await reportLibrary(resolve(path), content, cli.version, supervise), null, 2));
}

export function devicesCommand(cli: Cli): Command {
  const devices = new Command("devices").description("CA锁的驱动 / libraries of USB keys");
  devices
    .command("list", { isDefault: true })
    .description("列出已登记的驱动 / list")
    .option("--json", "以JSON输出 / as JSON")
    .action((options: { json?: boolean }) => list(cli, options));
  devices
    .command("add <library>")
    .description("登记厂商的国密接口库（先插入CA锁） / enrol an SKF library, a key plugged in")
    .option("--certificate <files...>", "CA的证书 / certificates of the CAs above the key's")
    .option("--self-test", "用PIN码试签名、试解密一次 / try a signature and a key block, with the PIN")
    .option("--pin-stdin", "PIN码从标准输入读取，并试用 / read the PIN from standard input, and try")
    .action((library: string, options: AddOptions) => add(cli, library, options));
  devices
    .command("report <library>")
    .description("生成不含个人信息的驱动探测报告 / a report for whoever writes its profile; names nobody")
    .action((library: string) => report(cli, library));
  devices
    .command("remove <library>")
    .description("注销驱动 / forget a library")
    .action((library: string) => remove(cli, library));
  addKeyCommands(cli, devices);
  return devices;
}
