/** The verifier of a platform's server: what comes from a browser goes in as `unknown`, who is there comes out, or an error. */
import { type ByteSource, type FileSink, type JobOptions, openInPool } from "@certbridge/bid";
import type { Gm } from "@certbridge/gm";
import type { GmPool } from "@certbridge/gm/pool";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { isOrigin } from "@certbridge/protocol/origin";
import { loginToken } from "@certbridge/protocol/page/login";
import { registrationAnswer } from "@certbridge/protocol/page/register";
import * as v from "valibot";
import { createCredentialCheck, type VerifiedCredential } from "./credential.ts";
import { PolicyError, VerificationError } from "./errors.ts";
import type { Clock, NonceOwner, Nonces } from "./nonces.ts";
import {
  type OpenedBid,
  openPackageOf,
  type OpeningExpectation,
  type PackageExpectation,
  type VerifiedPackage,
  type VerifiedReleasedKey,
  verifyPackageOf,
  verifyReleasedKeyOf,
} from "./package.ts";
import { verifyStatement } from "./proof.ts";
import { type EnvelopeRecipient, openEnvelopeOf, type OpenedEnvelope } from "./recipient.ts";
import type { OpeningRoom } from "./released-key.ts";
import type { RevocationSource } from "./revocation.ts";
import { type VerifiedSignature, verifySignatureOf } from "./signature.ts";
import { createSignerCheck, type VerifiedSigner } from "./signer.ts";
import { readTrust, type Trust } from "./trust.ts";

/** What a server brings: its own names, whom it believes, its challenges. */
export interface VerifierOptions {
  /** The cryptography. Default: the one of `@certbridge/gm/node`, loaded at the first use. */
  readonly gm?: Gm;
  /** The server's own origins, as browsers serialise them. */
  readonly origins: readonly string[];
  readonly trust: Trust;
  /** Those that the same server issues from: a statement is good for an outstanding one only. */
  readonly nonces: Nonces;
  /** Without it every certificate's revocation is "not-checked". */
  readonly revocation?: RevocationSource;
  /** Default: `Date.now`. */
  readonly clock?: Clock;
  /** Take statements made with the default distinguishing id. Default false. */
  readonly allowDefaultId?: boolean;
  /** Age at which an issuer's status list is fetched anew. Default five minutes. */
  readonly statusMaxAgeMs?: number;
  /** Opens packages on other cores; of `@certbridge/gm/pool/node`, closed by whoever made it. Default: in this thread. */
  readonly pool?: Pick<GmPool, "gcmDecryptRun">;
}

/** Who registers, and what another platform has verified of the same bidder. docs/operations/register.md */
export interface VerifiedRegistration {
  readonly signer: VerifiedSigner;
  /** Null where the bidder showed none. */
  readonly credential: VerifiedCredential | null;
}

/** The checks of one server. Each gives who it was, or throws; none says "true". */
export interface Verifier {
  /**
   * The bidder who signed this token for this origin and this session's nonce, which is used up by the attempt.
   *
   * @param token as the page posted it
   * @throws VerificationError · PolicyError
   */
  verifyLogin(token: unknown, owner: NonceOwner): Promise<VerifiedSigner>;
  /**
   * As verifyLogin, with what another platform verified of the same bidder. The nonce is used up likewise.
   *
   * @param answer as the page posted it: `{ credential, proof }`
   * @throws VerificationError · PolicyError, those of the credential among them
   */
  verifyRegistration(answer: unknown, owner: NonceOwner): Promise<VerifiedRegistration>;
  /**
   * The signer of a document.
   *
   * @param cms     GM/T 0010 SignedData, DER
   * @param content the document, where the signature came without it
   * @throws VerificationError · PolicyError
   */
  verifySignature(cms: Uint8Array, content?: Uint8Array): Promise<VerifiedSignature>;
  /**
   * A bid package as it is handed in, for this lot and before its opening: whose it is. Needs no key; reads the package once.
   *
   * @param source read at any place; flat memory
   * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH, CHAIN_INVALID · PolicyError
   *   PACKAGE_OF_ANOTHER_LOT, PACKAGE_NOTICE_UNKNOWN, PACKAGE_LATE, and those of the signer's certificate
   */
  verifyPackage(source: ByteSource, expected: PackageExpectation): Promise<VerifiedPackage>;
  /**
   * Whether a released key is this package's, before anything of it is decrypted.
   *
   * @throws as openPackage, but PACKAGE_PAYLOAD_MISMATCH and PACKAGE_CONTENT_INVALID
   */
  verifyReleasedKey(
    source: ByteSource,
    releasedKey: Uint8Array,
    room: OpeningRoom,
    expected: OpeningExpectation,
  ): Promise<VerifiedReleasedKey>;
  /**
   * Opens the package that was received, with the key that its bidder released to this room. What the sink got is genuine only when the
   * promise is kept; else it is to be thrown away.
   *
   * @param releasedKey SignedData, DER, or canonical JSON out of a backup key file, as it came; the caller keeps it as evidence
   * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH (the server's own copy is
   *   damaged), RELEASED_KEY_MALFORMED, RELEASED_KEY_SIGNATURE_INVALID · BlamedError RELEASED_KEY_WRONG, PACKAGE_CONTENT_INVALID: the
   *   bidder's own work, by whose certificate · PolicyError OPENING_NOT_BEGUN, PACKAGE_OF_ANOTHER_LOT, PACKAGE_NOT_RECEIVED,
   *   RELEASED_KEY_OF_ANOTHER_SIGNER, …_PACKAGE, …_ORDER, RELEASED_KEY_UNSIGNED, RELEASED_KEY_LATE, and those of a spare or renewed certificate · what the
   *   sink throws
   */
  openPackage(
    source: ByteSource,
    releasedKey: Uint8Array,
    room: OpeningRoom,
    expected: OpeningExpectation & JobOptions & { readonly sink: FileSink },
  ): Promise<OpenedBid>;
  /**
   * Opens a package in the legacy profile as a recipient of its envelope, whoever made it. Reads it twice. What the sink got is genuine only
   * when the promise is kept. For which lot it is, when it came and whether it may be opened yet is the caller's to know.
   *
   * @throws VerificationError PACKAGE_MALFORMED, PACKAGE_SIGNATURE_INVALID, PACKAGE_PAYLOAD_MISMATCH, CHAIN_INVALID, PACKAGE_NOT_OPENED ·
   *   PolicyError of the signer's certificate · what sink and key throw
   */
  openEnvelope(
    source: ByteSource,
    recipient: EnvelopeRecipient,
    options: JobOptions & { readonly sink: FileSink },
  ): Promise<OpenedEnvelope>;
}

const STATUS_MAX_AGE_MS = 5 * 60_000;

/** What is made once, at the first use; made anew where that failed. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = null;
      throw error;
    });
    return made;
  };
}

async function loadNodesOwn(): Promise<Gm> {
  const { loadGm } = await import("@certbridge/gm/node");
  return loadGm();
}

/** @throws RangeError for an origin that is none · OperationError MALFORMED for a trusted certificate that cannot be read */
export function createVerifier(options: VerifierOptions): Verifier {
  const { origins, nonces, revocation, clock = Date.now, allowDefaultId = false } = options;
  for (const origin of origins) {
    if (!isOrigin(origin)) throw new RangeError(`"origins" expected serialised https origins, got ${origin}`);
  }
  const trust = readTrust(options.trust);
  const server = { allowDefaultId, known: [...trust.intermediates, ...trust.anchors] };
  const checks = lazily(async () => {
    const { pool } = options;
    const gm = options.gm ?? (await loadNodesOwn());
    const statusMaxAgeMs = options.statusMaxAgeMs ?? STATUS_MAX_AGE_MS;
    return {
      gm,
      clock,
      open: pool === undefined ? undefined : openInPool(pool),
      signerOf: createSignerCheck({ gm, trust, revocation, clock }),
      credentialOf: createCredentialCheck({ gm, issuers: trust.credentialIssuers, clock, statusMaxAgeMs }),
    };
  });

  /** The nonce goes first, before anything is waited for, so that no attempt, however broken, can be made twice. */
  function consumeNonce(owner: NonceOwner): Uint8Array {
    if (!origins.includes(owner.origin)) throw new PolicyError("ORIGIN_UNKNOWN");
    return nonces.consume(owner);
  }

  function parse<const S extends v.GenericSchema>(schema: S, input: unknown): v.InferOutput<S> {
    const read = v.safeParse(schema, input);
    if (!read.success) throw new VerificationError("TOKEN_MALFORMED", v.getDotPath(read.issues[0]) ?? undefined);
    return read.output;
  }

  return {
    async verifyLogin(token, owner) {
      const nonce = consumeNonce(owner);
      const read = parse(loginToken, token);
      const { gm, signerOf } = await checks();
      const { certificate, brought } = verifyStatement(gm, read, { origin: owner.origin, nonce }, server);
      return signerOf(certificate, brought, true);
    },
    async verifyRegistration(answer, owner) {
      const nonce = consumeNonce(owner);
      const { credential: text, proof } = parse(registrationAnswer, answer);
      const { gm, signerOf, credentialOf } = await checks();
      const credential = text === null ? null : decodeBase64Url(text);
      const expected = { origin: owner.origin, nonce, credential: credential ?? new Uint8Array(0) };
      const { certificate, brought } = verifyStatement(gm, proof, expected, server);
      const signer = await signerOf(certificate, brought, true);
      return { signer, credential: credential === null ? null : await credentialOf(credential, signer.subject.uscc) };
    },
    async verifySignature(cms, content) {
      const { gm, signerOf } = await checks();
      return verifySignatureOf(gm, signerOf, cms, content);
    },
    verifyPackage: async (source, expected) => verifyPackageOf(await checks(), source, expected),
    verifyReleasedKey: async (source, releasedKey, room, expected) =>
      verifyReleasedKeyOf(await checks(), source, releasedKey, room, expected),
    openPackage: async (source, releasedKey, room, expected) =>
      openPackageOf(await checks(), source, releasedKey, room, expected),
    openEnvelope: async (source, recipient, options) => openEnvelopeOf(await checks(), source, recipient, options),
  };
}
