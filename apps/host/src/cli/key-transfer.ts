/** `keys import`, `keys export`, `keys remove`. */
import { encodeNationalPkcs8, encodePem, openKeyFile, readCertificates } from "../key-files/files.ts";
import type { KeyFileContents } from "../key-files/pkcs12.ts";
import { encodePkcs12 } from "../key-files/pkcs12.ts";
import { exportKeys, importKeys } from "../stores/software/identities.ts";
import { checkNewPin } from "../stores/software/store.ts";
import type { Cli } from "./cli.ts";
import { readGiven, writeGiven } from "./cli.ts";
import type { PinOption } from "./key-list.ts";
import { findKeyId, openKeeper } from "./key-list.ts";
import { UsageError } from "./words.ts";

export interface ImportOptions extends PinOption {
  readonly name?: string;
  readonly certificate?: readonly string[];
}

export async function importFiles(cli: Cli, paths: readonly string[], options: ImportOptions): Promise<void> {
  const { name = null, certificate = [], pinStdin = false } = options;
  const keeper = await openKeeper(cli);
  const files = await Promise.all(paths.map((path) => readGiven(path)));
  const beside = (await Promise.all(certificate.map((path) => readGiven(path)))).flatMap(readCertificates);
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

export interface ExportOptions extends PinOption {
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

export async function exportFile(cli: Cli, { key, format, use, out, pinStdin = false }: ExportOptions): Promise<void> {
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
        ? encodePem(
            "ENCRYPTED PRIVATE KEY",
            await encodeNationalPkcs8(cli.random, one.privateKey, one.publicKey, passphrase),
          )
        : await encodePkcs12(cli.random, format === "p12" ? "wide" : "national", pairs, chain, passphrase);
    await writeGiven(out, content, 0o600);
  } finally {
    for (const { privateKey } of pairs) privateKey.fill(0);
  }
  cli.say(`已导出：${out}。可由下列程序读取 / Exported, readable by: ${READERS[format]}`);
}

export async function remove(
  cli: Cli,
  { key, yes = false }: { readonly key?: string; readonly yes?: boolean },
): Promise<void> {
  const keeper = await openKeeper(cli);
  const waiting = (await keeper.store.identities()).find(({ id, body }) => id === key && body !== null)?.body;
  const body = waiting ?? (await keeper.store.identityOf(await findKeyId(keeper, key)));
  if (body === null) throw new UsageError("没有这个证书。", "There is no such key.");
  if (!yes) {
    const question = `将永久删除“${body.name}”的全部密钥，包括历史密钥。输入 DELETE 确认 / type DELETE to remove it for good:`;
    const word = await cli.secrets({}).confirmation(question);
    if (word !== "DELETE") throw new UsageError("已取消，什么都没有删除。", "Cancelled; nothing was removed.");
  }
  await keeper.store.remove(body.id);
  cli.say(`已删除：${body.name} / Removed.`);
}
