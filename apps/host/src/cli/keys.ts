/** `certbridge-host keys …`: the software store by hand. */
import { Command, Option } from "commander";
import type { Cli } from "./cli.ts";
import { list } from "./key-list.ts";
import type { AcceptOptions, CreateOptions, RenewOptions } from "./key-papers.ts";
import { accept, create, renewKey } from "./key-papers.ts";
import type { ExportOptions, ImportOptions } from "./key-transfer.ts";
import { openForeign, type OpenOptions } from "./open-foreign.ts";
import { exportFile, importFiles, remove } from "./key-transfer.ts";

const PIN_STDIN = [
  "--pin-stdin",
  "PIN码从标准输入的第一行读取（文件密码为第二行） / read the PIN from standard input",
] as const;
const KEY = ["--key <id>", "证书编号，或证书序列号后四位 / key id, or the serial's last four digits"] as const;

export function keysCommand(cli: Cli): Command {
  const keys = new Command("keys").description("管理软件证书 / software keys");
  keys
    .command("list")
    .description("列出证书 / list")
    .option("--json", "以JSON输出 / as JSON")
    .action((options: { json?: boolean }) => list(cli, options));
  keys
    .command("create")
    .description("生成密钥和证书申请 / make a key and a certificate request")
    .requiredOption("--name <name>", "单位名称 / the bidder's name")
    .option("--uscc <code>", "统一社会信用代码 / unified social credit code")
    .requiredOption("--out <file>", "申请文件（PKCS#10） / where the request goes")
    .option("--pem", "以PEM写出 / as PEM")
    .option(...PIN_STDIN)
    .action((options: CreateOptions) => create(cli, options));
  keys
    .command("accept")
    .description("装入CA签发的双证书 / install what the CA issued")
    .requiredOption("--signing <file>", "签名证书 / signing certificate")
    .requiredOption("--encryption <file>", "加密证书 / encryption certificate")
    .requiredOption("--enveloped-key <file>", "加密密钥（SM2EnvelopedKey） / the encryption key")
    .option("--chain <files...>", "上级CA证书 / certificates of the CAs above")
    .option(...PIN_STDIN)
    .action((options: AcceptOptions) => accept(cli, options));
  keys
    .command("renew")
    .description("为更换证书生成新申请 / make a request for new certificates")
    .option(...KEY)
    .requiredOption("--out <file>", "申请文件（PKCS#10） / where the request goes")
    .option("--pem", "以PEM写出 / as PEM")
    .option(...PIN_STDIN)
    .action((options: RenewOptions) => renewKey(cli, options));
  keys
    .command("import <files...>")
    .description("从 .p12 .pfx .p8 文件导入 / from key files")
    .option("--name <name>", "显示的名称 / a name to show")
    .option("--certificate <files...>", "另存的证书 / certificates kept apart")
    .option(...PIN_STDIN)
    .action((files: string[], options: ImportOptions) => importFiles(cli, files, options));
  keys
    .command("export")
    .description("导出到文件，用于备份或换电脑 / to a file")
    .option(...KEY)
    .addOption(new Option("--format <format>", "文件格式 / form").choices(["p12", "p12-gm", "p8-gm"]).default("p12"))
    .addOption(
      new Option("--use <use>", "p8-gm 时导出哪个 / which key").choices(["signing", "encryption"]).default("signing"),
    )
    .requiredOption("--out <file>", "写到 / where it goes")
    .option(...PIN_STDIN)
    .action((options: ExportOptions) => exportFile(cli, options));
  keys
    .command("open <file>")
    .description("打开别的软件加密的旧格式文件 / open a file in the old format that another program made")
    .requiredOption("--out <file>", "写到 / where the content goes")
    .option(...PIN_STDIN)
    .action((file: string, options: OpenOptions) => openForeign(cli, file, options));
  keys
    .command("remove")
    .description("永久删除 / remove for good")
    .option(...KEY)
    .option("--yes", "不再询问 / do not ask")
    .action((options: { key?: string; yes?: boolean }) => remove(cli, options));
  return keys;
}
