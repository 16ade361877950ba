/** A bidder's computer with the real companion program: a home of its own, and a key that was brought there in a file. */
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { BidderKeys } from "@certbridge/demo/bidders";
import { parseCertificate } from "@certbridge/pki";
import { hostVerbs, type HostParams, type HostResult, type HostVerb } from "@certbridge/protocol/host";
import { expect } from "vitest";
import { encodePkcs12 } from "../../../apps/host/src/key-files/pkcs12.ts";
import { conform, PIN, runHost, type Schema } from "../../support/host.ts";
import { type Served, serveHost } from "../../support/served.ts";

const PASSPHRASE = "journey-of-a-key";

export interface Computer {
  /** Its home folder. */
  readonly home: string;
  ask<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  readonly host: Served;
}

/** @param home where nothing is yet */
export async function importInto(home: string, keys: BidderKeys, registryPath: string): Promise<Computer> {
  const pairs = [
    [keys.signing, keys.signingKey],
    [keys.encryption, keys.encryptionKey],
  ] as const;
  const named = pairs.map(([certificate, privateKey]) => {
    const { publicKey } = parseCertificate(certificate);
    return { certificate, privateKey, publicKey, friendlyName: keys.applicant.name };
  });
  const file = `${home}.p12`;
  await writeFile(file, await encodePkcs12(randomBytes, "wide", named, keys.chain, PASSPHRASE));
  const imported = await runHost(["--home", home, "keys", "import", file, "--pin-stdin"], {
    input: `${PIN}\n${PASSPHRASE}\n`,
  });
  expect(imported).toMatchObject({ status: 0, stderr: "" });
  const install = ["--home", home, "install", "--browser-profile", `${home} profile`, "--registry", registryPath];
  expect(await runHost(install)).toMatchObject({ status: 0 });
  const host = serveHost(home);
  await host.met();
  return {
    home,
    host,
    async ask<N extends HostVerb>(verb: N, params: HostParams<N>) {
      const { result }: { result: Schema<HostResult<N>> } = hostVerbs[verb] as never;
      return conform(result, await host.ask(verb, params));
    },
  };
}
