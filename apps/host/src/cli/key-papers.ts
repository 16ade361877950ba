/** `keys create`, `keys renew`, `keys accept`: to the CA and back. */
import { isUscc } from "@certbridge/pki";
import { readHolder } from "../holder.ts";
import { encodePem, readDer } from "../key-files/files.ts";
import { acceptCertificates, applyForCertificate, renew } from "../stores/software/identities.ts";
import type { Host } from "../host.ts";
import { bids as listBids } from "../verbs/bid/bids.ts";
import type { Cli } from "./cli.ts";
import { readGiven, writeGiven } from "./cli.ts";
import type { PinOption } from "./key-list.ts";
import { findKeyId, openKeeper } from "./key-list.ts";
import { UsageError } from "./words.ts";

export interface CreateOptions extends PinOption {
  readonly name: string;
  readonly uscc?: string;
  readonly out: string;
  readonly pem?: boolean;
}

const encodeRequest = (request: Uint8Array, pem: boolean | undefined): string | Uint8Array =>
  pem === true ? encodePem("CERTIFICATE REQUEST", request) : request;

export async function create(cli: Cli, { name, uscc, out, pem, pinStdin = false }: CreateOptions): Promise<void> {
  if (uscc !== undefined && !isUscc(uscc)) {
    throw new UsageError(
      "统一社会信用代码有误（校验位不符）。请核对营业执照。",
      "This is no unified social credit code: its check digit is wrong. See the business licence.",
    );
  }
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

export interface RenewOptions extends PinOption {
  readonly key?: string;
  readonly out: string;
  readonly pem?: boolean;
}

export async function renewKey(cli: Cli, { key, out, pem, pinStdin = false }: RenewOptions): Promise<void> {
  const keeper = await openKeeper(cli);
  const keyId = await findKeyId(keeper, key);
  const { request } = await renew(keeper, keyId, await cli.secrets({ pinStdin }).pin());
  await writeGiven(out, encodeRequest(request, pem), 0o644);
  cli.say(`已生成新的证书申请：${out}。新证书装入前，原证书继续可用。`);
  cli.say(`Made a new request ${out}. The present certificates stay in use until the new ones are accepted.`);
}

export interface AcceptOptions extends PinOption {
  readonly signing: string;
  readonly encryption: string;
  readonly envelopedKey: string;
  readonly chain?: readonly string[];
}

/** A bid that waits was encrypted for the certificate that was replaced just now. */
async function warnOfBids(cli: Cli, host: Host): Promise<void> {
  const { bids } = await listBids(host)({});
  const renewed = bids.filter(({ results }) =>
    results.some(({ rule, outcome }) => rule === "renewed-certificate" && outcome === "warning"),
  );
  if (renewed.length === 0) return;
  cli.say(`注意：有${renewed.length}份待开标的标书用的是旧证书。旧证书的密钥还在；请试解密，打不开就重新加密并上传。`);
  cli.say(`Note: ${renewed.length} bids that wait need the old certificate. Its key is still here: rehearse them now.`);
}

export async function accept(cli: Cli, options: AcceptOptions): Promise<void> {
  const { signing, encryption, envelopedKey, chain = [], pinStdin = false } = options;
  const keeper = await openKeeper(cli);
  const { host, store } = keeper;
  const issued = {
    signing: await readGiven(signing),
    encryption: await readGiven(encryption),
    envelopedKey: readDer(await readGiven(envelopedKey)),
    chain: await Promise.all(chain.map((path) => readGiven(path))),
  };
  const keyId = await acceptCertificates(keeper, issued, await cli.secrets({ pinStdin }).pin());
  cli.say(`证书已装入：${keyId}`);
  cli.say(`The certificates are installed: ${keyId}`);
  await warnOfBids(cli, host);
  const found = (await store.list()).find((key) => key.keyId === keyId);
  if (found !== undefined && readHolder(host, found).uscc === null) {
    cli.say("注意：名录未说明该CA把统一社会信用代码写在哪里，登记凭证暂不可用。请核对 --chain 和名录。");
    cli.say(
      "Note: the registry does not tell where this CA writes the credit code: no credentials. Check --chain, registry.",
    );
  }
}
