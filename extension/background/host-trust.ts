import { publicPoint } from "@certbridge/protocol/host/identity";
import type { KnownIdentity } from "@certbridge/protocol/surface";
import * as v from "valibot";
import type { Table } from "../platform/storage.ts";

/** Which program this browser profile trusts: the first one that it was paired with, and then the one that the person says. */
export interface HostTrust {
  /** Trusts it where none was trusted before. */
  judge(publicKey: string): Promise<Judgement>;
  /** The person trusts this one from now on. */
  trust(publicKey: string): Promise<void>;
}

/** `found` is null where the program is the trusted one. */
export interface Judgement {
  readonly trusted: KnownIdentity;
  readonly found: KnownIdentity | null;
}

const remembered = v.object({ publicKey: publicPoint, since: v.number() });

type Remembered = v.InferOutput<typeof remembered>;

/** @param fingerprint of a public key, as people compare it */
export function openHostTrust(
  table: Table,
  fingerprint: (publicKey: string) => Promise<string>,
  now: () => number,
): HostTrust {
  async function read(slot: "trusted" | "met"): Promise<Remembered | null> {
    const parsed = v.safeParse(remembered, await table.get(slot));
    return parsed.success ? parsed.output : null;
  }

  async function write(slot: "trusted" | "met", publicKey: string): Promise<Remembered> {
    const fresh = { publicKey, since: now() };
    await table.set(slot, fresh);
    return fresh;
  }

  const show = async ({ publicKey, since }: Remembered): Promise<KnownIdentity> => ({
    publicKey,
    fingerprint: await fingerprint(publicKey),
    since: new Date(since).toISOString(),
  });

  return {
    async judge(publicKey) {
      const trusted = (await read("trusted")) ?? (await write("trusted", publicKey));
      if (trusted.publicKey === publicKey) return { trusted: await show(trusted), found: null };
      const before = await read("met");
      const met = before?.publicKey === publicKey ? before : await write("met", publicKey);
      return { trusted: await show(trusted), found: await show(met) };
    },
    async trust(publicKey) {
      await write("trusted", publicKey);
      await table.remove("met");
    },
  };
}
