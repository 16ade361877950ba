export type { VerifiedCredential } from "./credential.ts";
export {
  BlamedError,
  isRefusal,
  type PolicyCode,
  PolicyError,
  type RefusalCode,
  type VerificationCode,
  VerificationError,
} from "./errors.ts";
export { createCredentialMaker, type CredentialMaker, type IssuedCredential, type IssuingPlatform } from "./issuer.ts";
export {
  type Clock,
  createNonceMemory,
  createNonces,
  type NonceOwner,
  type NonceRecord,
  type Nonces,
  type NonceStore,
} from "./nonces.ts";
export {
  type AnsweredKey,
  createOpeningDesk,
  type IssuedMessage,
  type OpeningDesk,
  type OpeningPlatform,
  type StampedMessage,
} from "./opening-desk.ts";
export type {
  OpenedBid,
  OpeningExpectation,
  PackageExpectation,
  VerifiedPackage,
  VerifiedReleasedKey,
} from "./package.ts";
export type { OpeningRoom } from "./released-key.ts";
export type { RevocationSource } from "./revocation.ts";
export type { VerifiedSignature } from "./signature.ts";
export type { VerifiedSigner } from "./signer.ts";
export type { TimeStamping } from "./time-stamp.ts";
export type { CredentialIssuer, Trust, TrustedAuthorities } from "./trust.ts";
export { createVerifier, type VerifiedRegistration, type Verifier, type VerifierOptions } from "./verifier.ts";
