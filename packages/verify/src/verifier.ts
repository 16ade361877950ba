import type { Gm } from "@certbridge/gm";
import { oid, verifySignedData } from "@certbridge/pki";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { RegistrationCredential } from "@certbridge/protocol/credential";
import { type LoginToken, loginToken } from "@certbridge/protocol/page/login";
import { type RegistrationProof, registrationAnswer } from "@certbridge/protocol/page/register";
import {
  DEFAULT_DISTINGUISHING_ID,
  encodeLoginStatement,
  encodeRegistrationStatement,
  LOGIN_FORMAT,
  LOGIN_LABEL,
  REGISTRATION_FORMAT,
  REGISTRATION_LABEL,
} from "@certbridge/protocol/statement";
import * as v from "valibot";
import { createCredentialJudge, type TrustedIssuer } from "./credential.ts";
import { PolicyError, VerificationError } from "./errors.ts";
import type { Nonces } from "./nonces.ts";
import {
  createSignerJudge,
  readCertificate,
  refusal,
  type RevocationSource,
  type TrustedAuthorities,
  type VerifiedSigner,
} from "./signer.ts";

export interface VerifierOptions {
  readonly gm: Gm;
  /** The origins that this server answers for, as browsers serialise them. */
  readonly origins: readonly string[];
  readonly trust: { readonly authorities: TrustedAuthorities; readonly credentialIssuers: readonly TrustedIssuer[] };
  readonly nonces: Nonces;
  readonly revocation?: RevocationSource;
  /** Refuse certificates whose revocation could not be checked. Default: accept, and say "not-checked". */
  readonly requireRevocation?: boolean;
  /** Accept keys that sign with the default distinguishing id only. Default: refuse. */
  readonly allowDefaultId?: boolean;
  readonly clock?: () => number;
}

/** Who asks: this server's own session and origin, never the client's word. */
export interface Challenge {
  readonly session: string;
  readonly origin: string;
}

export interface VerifiedRegistration {
  readonly signer: VerifiedSigner;
  /** What another platform verified; null where the bidder brought nothing. */
  readonly credential: RegistrationCredential | null;
}

export interface VerifiedSignature {
  readonly signer: VerifiedSigner;
  /** Null where it stays outside. */
  readonly content: Uint8Array | null;
  readonly signedAt: Date | null;
}

/** Each method returns what was proved, or throws VerificationError or PolicyError. None returns true. */
export interface Verifier {
  verifyLogin(token: unknown, challenge: Challenge): Promise<VerifiedSigner>;
  verifyRegistration(answer: unknown, challenge: Challenge): Promise<VerifiedRegistration>;
  /** GM/T 0010 SignedData over id-data, as the verb `sign` makes it. */
  verifySignature(cms: Uint8Array, content?: Uint8Array): Promise<VerifiedSignature>;
}

export function createVerifier(options: VerifierOptions): Verifier {
  const { gm, origins, trust, nonces, allowDefaultId = false, clock = Date.now } = options;
  const signers = createSignerJudge({
    gm,
    authorities: trust.authorities,
    revocation: options.revocation ?? null,
    requireRevocation: options.requireRevocation ?? false,
    clock,
  });
  const credentials = createCredentialJudge({ gm, issuers: trust.credentialIssuers, clock });

  /** The nonce is spent before anything else is looked at: one attempt, whatever comes of it. */
  function takeNonce(challenge: Challenge): Uint8Array {
    if (!origins.includes(challenge.origin)) throw new VerificationError("ORIGIN_UNKNOWN");
    return nonces.consume(challenge);
  }

  async function proveSigner(
    token: LoginToken | RegistrationProof,
    expected: {
      readonly format: string;
      readonly label: string;
      readonly statement: (certificate: Uint8Array) => Uint8Array;
    },
  ): Promise<VerifiedSigner> {
    const certificate = readCertificate(decodeBase64Url(token.certificate));
    const chain = (token.chain ?? []).map((der) => readCertificate(decodeBase64Url(der)));
    const usesDefaultId = token.format !== expected.format;
    if (usesDefaultId && !allowDefaultId) throw new PolicyError("DEFAULT_ID_REFUSED");
    const statement = expected.statement(gm.sm3(certificate.der));
    const id = usesDefaultId ? DEFAULT_DISTINGUISHING_ID : expected.label;
    if (!gm.sm2Verify(certificate.publicKey, statement, decodeBase64Url(token.signature), { id })) {
      throw new VerificationError("SIGNATURE_INVALID");
    }
    return signers.judge(certificate, chain);
  }

  const digestsOf = (origin: string, nonce: Uint8Array) => ({
    origin: gm.sm3(new TextEncoder().encode(origin)),
    nonce: gm.sm3(nonce),
  });

  return {
    async verifyLogin(token, challenge) {
      const nonce = takeNonce(challenge);
      const parsed = v.safeParse(loginToken, token);
      if (!parsed.success) throw new VerificationError("TOKEN_MALFORMED");
      const digests = digestsOf(challenge.origin, nonce);
      return proveSigner(parsed.output, {
        format: LOGIN_FORMAT,
        label: LOGIN_LABEL,
        statement: (certificate) => encodeLoginStatement({ ...digests, certificate }),
      });
    },

    async verifyRegistration(answer, challenge) {
      const nonce = takeNonce(challenge);
      const parsed = v.safeParse(registrationAnswer, answer);
      if (!parsed.success) throw new VerificationError("TOKEN_MALFORMED");
      const { credential, proof } = parsed.output;
      const der = credential === null ? null : decodeBase64Url(credential);
      const digests = { ...digestsOf(challenge.origin, nonce), credential: gm.sm3(der ?? new Uint8Array(0)) };
      const signer = await proveSigner(proof, {
        format: REGISTRATION_FORMAT,
        label: REGISTRATION_LABEL,
        statement: (certificate) => encodeRegistrationStatement({ ...digests, certificate }),
      });
      return { signer, credential: der === null ? null : await credentials.judge(der, signer.subject.uscc) };
    },

    async verifySignature(cms, content) {
      let signed: ReturnType<typeof verifySignedData>;
      try {
        signed = verifySignedData(gm, cms, { contentType: oid.gmData, ...(content === undefined ? {} : { content }) });
      } catch (error) {
        throw refusal(error, "TOKEN_MALFORMED");
      }
      const signer = await signers.judge(signed.signer, signed.certificates);
      return { signer, content: signed.content, signedAt: signed.signedAt };
    },
  };
}
