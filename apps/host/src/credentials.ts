/**
 * Registration credentials (登记凭证) of this computer's bidders: one per issuer and bidder, the newest, in the home folder.
 * A credential is no secret, and worth nothing without its holder's key; it is read here as strictly from the folder as from a
 * page. docs/formats/registration-credential.md
 */
import { join } from "node:path";
import type { Gm } from "@certbridge/gm";
import { ProofError, hexOf } from "@certbridge/pki";
import { decodeBase64Url, encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { CredentialSummary } from "@certbridge/protocol/host";
import { limits } from "@certbridge/protocol/limits";
import { readCredential } from "@certbridge/trust";
import type { Registry, SignedCredential } from "@certbridge/trust";
import * as v from "valibot";
import { describeIssuer } from "./authorities.ts";
import type { Clock } from "./clock.ts";
import { namesIn, readIfThere, writeWhole } from "./disk.ts";
import { withLock } from "./lock.ts";

const FILE = /^[0-9a-f]{64}\.json$/;

const record = v.strictObject({
  format: v.literal("certbridge-credential-file:1"),
  credential: v.pipe(v.string(), v.maxLength(Math.ceil((limits.credentialLen * 4) / 3))),
});

/** A credential and its bytes. */
export type KeptCredential = Pick<SignedCredential, "der" | "said">;

export interface Credentials {
  /** Unexpired ones of this bidder. */
  of(uscc: string): Promise<readonly KeptCredential[]>;
  /** Keeps it where none of the same issuer and bidder is newer. */
  keep(credential: KeptCredential): Promise<void>;
}

/**
 * What a credential says, once its signature holds by the certificate that it carries. Whether that certificate is a
 * platform's is the server's to judge, which gets it at the next registration.
 *
 * @throws OperationError MALFORMED
 */
export function parseCredential(gm: Gm, der: Uint8Array): KeptCredential {
  try {
    return readCredential(gm, der);
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new OperationError("MALFORMED", { what: `credential: ${error.code}` }, { cause: error });
  }
}

/** Whether it is in force. The clock may be behind the issuer's by limits.clockSkewMs. */
export function isInForce({ said }: KeptCredential, now: number): boolean {
  return Date.parse(said.issuedAt) <= now + limits.clockSkewMs && now < Date.parse(said.expiresAt);
}

export function summarize(registry: Registry, { said }: KeptCredential): CredentialSummary {
  const { credentialId, issuer, subject, issuedAt, expiresAt } = said;
  return { credentialId, issuer: describeIssuer(registry, issuer), subject, issuedAt, expiresAt };
}

/** @param folder where the files are; made by whoever prepares the home */
export function openCredentials(options: {
  readonly gm: Gm;
  readonly folder: string;
  readonly clock: Clock;
}): Credentials {
  const { gm, folder, clock } = options;

  async function load(path: string): Promise<KeptCredential | null> {
    const content = await readIfThere(path);
    if (content === null) return null;
    try {
      const { credential } = v.parse(record, JSON.parse(content.toString("utf8")));
      return parseCredential(gm, decodeBase64Url(credential));
    } catch {
      // A damaged file hides one credential, which its platform issues again; it must not hide the others.
      return null;
    }
  }

  function fileOf({ said }: KeptCredential): string {
    const name = hexOf(gm.sm3(Buffer.from(`${said.issuer.origin}\n${said.subject.uscc}`, "utf8")));
    return join(folder, `${name}.json`);
  }

  return {
    async of(uscc) {
      const names = (await namesIn(folder)).filter((name) => FILE.test(name));
      const found = await Promise.all(names.map((name) => load(join(folder, name))));
      return found.flatMap((kept) =>
        kept !== null && kept.said.subject.uscc === uscc && isInForce(kept, clock()) ? [kept] : [],
      );
    },
    async keep(credential) {
      const path = fileOf(credential);
      await withLock(folder, async () => {
        const kept = await load(path);
        const isOlder =
          kept !== null &&
          Date.parse(credential.said.issuedAt) < Date.parse(kept.said.issuedAt) &&
          isInForce(kept, clock());
        if (isOlder) return;
        const content = { format: "certbridge-credential-file:1", credential: encodeBase64Url(credential.der) };
        await writeWhole(path, `${JSON.stringify(content)}\n`);
      });
    },
  };
}
