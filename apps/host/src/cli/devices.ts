/** `certbridge-host devices …`: the vendors' libraries that USB keys (CA锁) are reached by. docs/devices.md */
import { resolve } from "node:path";
import { Command } from "commander";
import { parseCertificate } from "@certbridge/pki";
import { changeEnrolled, readEnrolled } from "../stores/usb-key/enrolled.ts";
import { enrolLibrary, type Enrolment } from "../stores/usb-key/enrol.ts";
import { readText } from "../stores/usb-key/text.ts";
import type { Cli } from "./cli.ts";
import { printable, readGiven } from "./cli.ts";
import { UsageError } from "./words.ts";

interface AddOptions {
  readonly certificate?: readonly string[];
  readonly selfTest?: boolean;
  readonly pinStdin?: boolean;
}

const layoutWords = ({ library }: Enrolment): string => {
  const { layout, signInput } = library.profile;
  return `ULONG ${layout.ulongLen}, ${layout.packing}, sign ${signInput}`;
};

async function add(cli: Cli, path: string, options: AddOptions): Promise<void> {
  const gm = await cli.openCore();
  const chain = await Promise.all((options.certificate ?? []).map(readGiven));
  for (const der of chain) parseCertificate(der);
  const isTested = options.selfTest === true || options.pinStdin === true;
  const pin = isTested ? new TextEncoder().encode(await cli.secrets(options).pin()) : null;
  const enrolment = await enrolLibrary({
    gm,
    path: resolve(path),
    chain,
    pin,
    supervise: (opening) => cli.superviseLibrary(opening),
  });
  const { library, devices } = enrolment;
  await changeEnrolled(cli.home.libraries, (known) => [...known.filter((one) => one.path !== library.path), library]);
  for (const { info } of devices) {
    cli.say(`${printable(readText(info.label))}  ${printable(readText(info.manufacturer))}`);
  }
  cli.say(`已登记驱动：${library.path}（${layoutWords(enrolment)}）`);
  cli.say(`Enrolled: ${library.path} (${layoutWords(enrolment)})`);
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
    const { layout, signInput } = profile;
    say(`${path}  ULONG ${layout.ulongLen}, ${layout.packing}, sign ${signInput}`);
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
    .option("--self-test", "用PIN码试签一次 / try one signature, with the PIN")
    .option("--pin-stdin", "PIN码从标准输入读取，并试签 / read the PIN from standard input, and try")
    .action((library: string, options: AddOptions) => add(cli, library, options));
  devices
    .command("remove <library>")
    .description("注销驱动 / forget a library")
    .action((library: string) => remove(cli, library));
  return devices;
}
