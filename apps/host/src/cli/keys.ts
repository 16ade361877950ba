/** `certbridge-host keys …`: the software store by hand. */
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { parseCertificate } from "@certbridge/pki";
import { Command, Option } from "commander";
import { describeKey } from "../holder.ts";
import { encodeNationalPkcs8, encodePem, openKeyFile, readCertificates, readDer } from "../key-files/files.ts";
import type { KeyFileContents } from "../key-files/pkcs12.ts";
import { encodePkcs12 } from "../key-files/pkcs12.ts";
import type { Keeper } from "../stores/software/identities.ts";
import {
  acceptCertificates,
  applyForCertificate,
  exportKeys,
  importKeys,
  renew,
} from "../stores/software/identities.ts";
import type { SoftwareStore } from "../stores/software/store.ts";
import { checkNewPin, keyIdOf } from "../stores/software/store.ts";
import type { Cli } from "./cli.ts";
import { readGiven, writeGiven } from "./cli.ts";
import { UsageError } from "./words.ts";

interface PinOption {
  readonly pinStdin?: boolean;
}

const PIN_STDIN = [
  "--pin-stdin",
  "PIN码从标准输入的第一行读取（文件密码为第二行） / read the PIN from standard input",
] as const;
const KEY = ["--key <id>", "证书编号，或证书序列号后四位 / key id, or the serial's last four digits"] as const;

async function openKeeper(cli: Cli): Promise<Keeper & { readonly store: SoftwareStore }> {
  const { host, store } = await cli.openHost();
  return { gm: host.gm, clock: host.clock, store };
}

/** A person's way to name a key → its id. Retired keys are named by their id. */
async function findKeyId({ gm, store }: Keeper, named: string | undefined): Promise<string> {
  const current = (await store.list()).map(({ keyId, signingCertificate }) => ({
    keyId,
    tail: parseCertificate(signingCertificate).serialNumber.slice(-4),
  }));
  const all = (await store.identities()).flatMap(({ body }) =>
    (body?.pairs ?? []).map(({ signing }) => keyIdOf(gm, decodeBase64Url(signing.certificate))),
  );
  if (named !== undefined && all.includes(named)) return named;
  const fitting = named === undefined ? current : current.filter(({ tail }) => tail === named.toUpperCase());
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return only.keyId;
  throw new UsageError(
    "请用 --key 指明一个证书（编号见 certbridge-host keys list）。",
    "Name one key with --key (certbridge-host keys list shows the ids).",
  );
}

async function list(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
  const { host, store } = await cli.openHost();
  const keys = await store.list();
  const described = await Promise.all(keys.map((key) => describeKey(host, { ...key, carrier: "software" })));
  const identities = await store.identities();
  const pending = identities.flatMap(({ id, body }) =>
    body?.pending ? [{ id, name: body.name, ...body.pending }] : [],
  );
  const history = identities.flatMap(({ body }) =>
    (body?.pairs ?? []).flatMap(({ retiredAt, signing }) =>
      retiredAt === null ? [] : [{ keyId: keyIdOf(host.gm, decodeBase64Url(signing.certificate)), retiredAt }],
    ),
  );
  if (json) {
    const waiting = pending.map(({ id, name, createdAt }) => ({ id, name, createdAt }));
    cli.say(JSON.stringify({ keys: described, pending: waiting, history }));
    return;
  }
  for (const { holder, authority, serialTail, notAfter, state, keyId } of described) {
    cli.say(
      `${holder.name}  ${holder.uscc ?? "—"}  ${authority}  尾号${serialTail}  ${notAfter.slice(0, 10)}  ${state}`,
    );
    cli.say(`  ${keyId}`);
  }
  for (const { name, createdAt } of pending) cli.say(`${name}  等待CA签发 / waits for its certificates (${createdAt})`);
  for (const { keyId, retiredAt } of history) cli.say(`${keyId}  历史证书，保留用于解密 / kept, retired ${retiredAt}`);
  if (described.length + pending.length === 0) cli.say("还没有证书。 / No keys yet.");
}

interface CreateOptions extends PinOption {
  readonly name: string;
  readonly uscc?: string;
  readonly out: string;
  readonly pem?: boolean;
}

const encodeRequest = (request: Uint8Array, pem: boolean | undefined): string | Uint8Array =>
  pem === true ? encodePem("CERTIFICATE REQUEST", request) : request;

async function create(cli: Cli, { name, uscc, out, pem, pinStdin = false }: CreateOptions): Promise<void> {
  const keeper = await openKeeper(cli);
  const pin = await cli.secrets({ pinStdin }).newPin();
  const { id, request } = await applyForCertificate(keeper, { name, uscc: uscc ?? null, pin });
  try {
    await writeGiven(out, encodeRequest(request, pem), 0o644);
  } catch (error) {
    await keeper.store.remove(id);
    throw error;
  }
  cli.say(`已生成密钥和证书申请：${out}。把它交给CA，签发后运行 certbridge-host keys accept。`);
  cli.say(`Made a key and its request ${out}. Give it to the CA, then run: certbridge-host keys accept`);
}

interface RenewOptions extends PinOption {
  readonly key?: string;
  readonly out: string;
  readonly pem?: boolean;
}

async function renewKey(cli: Cli, { key, out, pem, pinStdin = false }: RenewOptions): Promise<void> {
  const keeper = await openKeeper(cli);
  const keyId = await findKeyId(keeper, key);
  const { request } = await renew(keeper, keyId, await cli.secrets({ pinStdin }).pin());
  await writeGiven(out, encodeRequest(request, pem), 0o644);
  cli.say(`已生成新的证书申请：${out}。新证书装入前，原证书继续可用。`);
  cli.say(`Made a new request ${out}. The present certificates stay in use until the new ones are accepted.`);
}

interface AcceptOptions extends PinOption {
  readonly signing: string;
  readonly encryption: string;
  readonly envelopedKey: string;
  readonly chain?: readonly string[];
}

async function accept(cli: Cli, options: AcceptOptions): Promise<void> {
  const { signing, encryption, envelopedKey, chain = [], pinStdin = false } = options;
  const keeper = await openKeeper(cli);
  const issued = {
    signing: await readGiven(signing),
    encryption: await readGiven(encryption),
    envelopedKey: readDer(await readGiven(envelopedKey)),
    chain: await Promise.all(chain.map(readGiven)),
  };
  const keyId = await acceptCertificates(keeper, issued, await cli.secrets({ pinStdin }).pin());
  cli.say(`证书已装入：${keyId}`);
  cli.say(`The certificates are installed: ${keyId}`);
}

interface ImportOptions extends PinOption {
  readonly name?: string;
  readonly certificate?: readonly string[];
}

async function importFiles(cli: Cli, paths: readonly string[], options: ImportOptions): Promise<void> {
  const { name = null, certificate = [], pinStdin = false } = options;
  const keeper = await openKeeper(cli);
  const files = await Promise.all(paths.map(readGiven));
  const beside = (await Promise.all(certificate.map(readGiven))).flatMap(readCertificates);
  const secrets = cli.secrets({ pinStdin });
  const pin = await secrets.newPin();
  checkNewPin(pin);
  const passphrase = await secrets.passphrase();
  const opened: KeyFileContents[] = [];
  for (const file of files) {
    const contents = await openKeyFile(file, passphrase);
    if (contents === null) {
      throw new UsageError("文件密码不对，或文件已损坏。", "The file's password is wrong, or the file is damaged.");
    }
    opened.push(contents);
  }
  const contents = {
    keys: opened.flatMap(({ keys }) => keys),
    certificates: [...opened.flatMap(({ certificates }) => certificates), ...beside],
  };
  try {
    const keyId = await importKeys(keeper, contents, { name, pin });
    cli.say(`已导入：${keyId}`);
    cli.say(`Imported: ${keyId}`);
  } finally {
    for (const key of contents.keys) key.fill(0);
  }
}

interface ExportOptions extends PinOption {
  readonly key?: string;
  readonly format: "p12" | "p12-gm" | "p8-gm";
  readonly use: "encryption" | "signing";
  readonly out: string;
}

/** Which program reads the file, said with each export. */
const READERS: Readonly<Record<ExportOptions["format"], string>> = {
  p12: "多数程序 / most programs: AES-256, SHA-256",
  "p12-gm": "OpenSSL 3 及以上、本程序 / OpenSSL 3 and this program: SM4, SM3",
  "p8-gm": "GmSSL、本程序 / GmSSL and this program: PBES2, HMAC-SM3, SM4",
};

async function exportFile(cli: Cli, { key, format, use, out, pinStdin = false }: ExportOptions): Promise<void> {
  const keeper = await openKeeper(cli);
  const keyId = await findKeyId(keeper, key);
  const secrets = cli.secrets({ pinStdin });
  const pin = await secrets.pin();
  const passphrase = await secrets.newPassphrase();
  if (passphrase.length < 8) {
    throw new UsageError("文件密码须至少8个字符。", "The file's password needs 8 characters at least.");
  }
  const { signing, encryption, chain } = await exportKeys(keeper, keyId, pin);
  const pairs = encryption === null ? [signing] : [signing, encryption];
  try {
    const one = use === "signing" ? signing : encryption;
    if (one === null) throw new UsageError("没有加密证书。", "There is no encryption certificate.");
    const content =
      format === "p8-gm"
        ? encodePem("ENCRYPTED PRIVATE KEY", await encodeNationalPkcs8(one.privateKey, one.publicKey, passphrase))
        : await encodePkcs12(format === "p12" ? "wide" : "national", pairs, chain, passphrase);
    await writeGiven(out, content, 0o600);
  } finally {
    for (const { privateKey } of pairs) privateKey.fill(0);
  }
  cli.say(`已导出：${out}。可由下列程序读取 / Exported, readable by: ${READERS[format]}`);
}

async function remove(
  cli: Cli,
  { key, yes = false }: { readonly key?: string; readonly yes?: boolean },
): Promise<void> {
  const keeper = await openKeeper(cli);
  const keyId = await findKeyId(keeper, key);
  const body = await keeper.store.identityOf(keyId);
  if (body === null) throw new UsageError("没有这个证书。", "There is no such key.");
  if (!yes) {
    const question = `将永久删除“${body.name}”的全部密钥，包括历史密钥。输入 DELETE 确认 / type DELETE to remove it for good:`;
    const word = await cli.secrets({}).confirmation(question);
    if (word !== "DELETE") throw new UsageError("已取消，什么都没有删除。", "Cancelled; nothing was removed.");
  }
  await keeper.store.remove(body.id);
  cli.say(`已删除：${body.name} / Removed.`);
}

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
    .command("remove")
    .description("永久删除 / remove for good")
    .option(...KEY)
    .option("--yes", "不再询问 / do not ask")
    .action((options: { key?: string; yes?: boolean }) => remove(cli, options));
  return keys;
}
