export { issueCredential, issueStatusList, type IssuingKey, type TrustedIssuer } from "./credential.ts";
export { PolicyError, type PolicyCode, type VerificationCode, VerificationError } from "./errors.ts";
export { createNonces, type Nonces } from "./nonces.ts";
export type { RevocationSource, TrustedAuthorities, VerifiedSigner } from "./signer.ts";
export {
  type Challenge,
  createVerifier,
  type VerifiedRegistration,
  type VerifiedSignature,
  type Verifier,
  type VerifierOptions,
} from "./verifier.ts";
