/** `keys list`, and how a person names a key. */
import { parseCertificate } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { describeKey } from "../holder.ts";
import type { Host } from "../host.ts";
import type { Keeper } from "../stores/software/identities.ts";
import { keyIdOf } from "../stores/software/store.ts";
import type { Cli } from "./cli.ts";
import { printable } from "./cli.ts";
import { UsageError } from "./words.ts";

export interface PinOption {
  readonly pinStdin?: boolean;
}

export async function openKeeper(cli: Cli): Promise<Keeper & { readonly host: Host }> {
  const { host, store } = await cli.openHost();
  return { gm: host.gm, clock: host.clock, store, host };
}

/** A person's way to name a key → its id. Retired keys are named by their id. */
export async function findKeyId({ gm, store }: Keeper, named: string | undefined): Promise<string> {
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

export async function list(cli: Cli, { json = false }: { readonly json?: boolean }): Promise<void> {
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
      `${printable(holder.name)}  ${holder.uscc ?? "—"}  ${printable(authority)}  尾号${serialTail}  ${notAfter.slice(0, 10)}  ${state}`,
    );
    cli.say(`  ${keyId}`);
  }
  for (const { id, name, createdAt } of pending)
    cli.say(`${printable(name)}  ${id}  等待CA签发 / waits for its certificates (${createdAt})`);
  for (const { keyId, retiredAt } of history) cli.say(`${keyId}  历史证书，保留用于解密 / kept, retired ${retiredAt}`);
  if (described.length + pending.length === 0) cli.say("还没有证书。 / No keys yet.");
}
