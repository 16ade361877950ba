import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { carrier } from "../carrier.ts";
import { limits } from "../limits.ts";
import { pageOrigin } from "../origin.ts";
import { loginToken } from "../page/login.ts";
import { nonce } from "../page/nonce.ts";
import { credential, registrationAnswer } from "../page/register.ts";
import { itemName, signFormat } from "../page/sign.ts";
import { errorRecord, requestId } from "../page/wire.ts";
import { defineVerb } from "../verb.ts";
import { bidVerbs } from "./bid.ts";
import { consented, keyId } from "./consented.ts";
import type { hostVerbNames } from "./request.ts";
import { hostStatus, statusQuestion } from "./status.ts";

/** What people are shown of a registration credential. Instants are ISO 8601 in UTC. */
export const credentialSummary = v.object({
  credentialId: v.string(),
  /** The platform that issued it. Its name is never shown without its origin beside it. */
  issuer: v.object({
    platformId: v.string(),
    /** As the host's registry has it where `listed`; else in the issuer's own words, which may be anybody's. */
    name: v.string(),
    /** Of its pages, as browsers serialise it. */
    origin: v.string(),
    /** Whether the host's registry knows this platform under this origin. A host that does not say so has not looked. */
    listed: v.optional(v.boolean(), false),
  }),
  subject: v.object({ name: v.string(), uscc: v.string() }),
  issuedAt: v.string(),
  expiresAt: v.string(),
});

export type CredentialSummary = v.InferOutput<typeof credentialSummary>;

/** One certificate pair as it is shown for a choice. Instants are ISO 8601 in UTC. */
export const hostKey = v.object({
  keyId: v.string(),
  carrier,
  holder: v.object({ name: v.string(), uscc: v.nullable(v.string()) }),
  /** The CA's name, as people know it. */
  authority: v.string(),
  /** SM3 of the issuing CA's public key, hexadecimal, as the registry names CAs; null where its certificate is not there. */
  issuerKeySm3: v.exactOptional(v.nullable(v.string())),
  /** The last four hexadecimal digits of the certificate's serial number, upper case. */
  serialTail: v.string(),
  notBefore: v.string(),
  notAfter: v.string(),
  state: v.picklist(["usable", "expired", "not-yet-valid", "no-signing-use"]),
  pin: v.object({ triesLeft: v.number(), retryAt: v.nullable(v.string()) }),
  /** The CA's customer service, where the registry has it: for a key that is locked. */
  authorityPhone: v.exactOptional(v.nullable(v.string())),
  /** Another program has it, such as another browser: which, for which platform, and since when. Whoever asks for it waits. */
  usedBy: v.exactOptional(v.object({ by: v.string(), since: v.string() })),
  /** Unexpired credentials of this holder. */
  credentials: v.array(credentialSummary),
});

export type HostKey = v.InferOutput<typeof hostKey>;

/** What stands between a person and their key: kinds that `certbridge-host doctor` explains, each once. A newer program may name others. */
export const diagnosis = v.object({
  findings: v.array(v.object({ cause: v.string(), verdict: v.picklist(["good", "note", "bad"]) })),
});

export type Diagnosis = v.InferOutput<typeof diagnosis>;

/**
 * The one list of what the background may ask of the host. `status` is open to everyone whom the browser lets in; every other verb
 * only to an extension that was paired. Params are strict but for `status`; results may say more than is known here.
 */
export const hostVerbs = {
  status: defineVerb(statusQuestion, hostStatus),
  keys: defineVerb(v.strictObject({}), v.object({ keys: v.array(hostKey) })),
  /** Answers once other keys are plugged in than at the mark that was seen, or after a while; at once where none was. Null where no key can come: no library is enrolled. */
  awaitKeys: defineVerb(
    v.strictObject({ seen: v.nullable(v.pipe(v.string(), v.maxLength(64))) }),
    v.object({ mark: v.nullable(v.pipe(v.string(), v.maxLength(64))) }),
  ),
  /** Looks at drivers, USB keys and what is around them, which takes seconds where one hangs. Opens nothing. */
  diagnose: defineVerb(v.strictObject({}), diagnosis),
  login: defineVerb(v.strictObject({ ...consented, origin: pageOrigin, nonce }), v.object({ token: loginToken })),
  register: defineVerb(
    v.strictObject({ ...consented, origin: pageOrigin, nonce, credentialId: v.nullable(v.string()) }),
    registrationAnswer,
  ),
  /** Checks signature, that the issuer is the platform of this origin, dates, and that the bidder is the key's; says what would be kept. Keeps nothing. */
  readCredential: defineVerb(v.strictObject({ keyId, origin: pageOrigin, credential }), credentialSummary),
  /** As readCredential, then keeps it: one per issuer and bidder, the newest. */
  saveCredential: defineVerb(
    v.strictObject({ consentId: requestId, keyId, origin: pageOrigin, credential }),
    credentialSummary,
  ),
  sign: defineVerb(
    v.strictObject({
      ...consented,
      origin: pageOrigin,
      format: signFormat,
      items: v.pipe(
        v.array(
          v.strictObject({
            name: itemName,
            /** SM3 of the content: the messageDigest attribute. */
            digest: base64Url(32, 32),
          }),
        ),
        v.minLength(1),
        v.maxLength(limits.signItems),
      ),
    }),
    v.object({
      /** Per item, in order: SignedData without content (DER, base64url), or the code of what failed. */
      results: v.array(v.union([v.object({ cms: v.string() }), v.object({ error: v.string() })])),
    }),
  ),
  ...bidVerbs,
} as const satisfies Record<(typeof hostVerbNames)[number], unknown>;

export {
  bidVerbs,
  isAwaited,
  type FailedOutside,
  failedOutside,
  lotSummary,
  neededKey,
  type NeededKey,
  openBid,
  type OpenBid,
  recipient,
} from "./bid.ts";
export {
  preflightResult,
  type PreflightResult,
  type PreflightRule,
  preflightRules,
  readiness,
  type Readiness,
} from "./preflight.ts";
export { hostRequest, hostVerbNames } from "./request.ts";
export { HOST_PROTOCOL, hostGreeting } from "./status.ts";

export type HostVerbs = typeof hostVerbs;
export type HostVerb = keyof HostVerbs;
export type HostParams<N extends HostVerb> = v.InferOutput<HostVerbs[N]["params"]>;
export type HostResult<N extends HostVerb> = v.InferOutput<HostVerbs[N]["result"]>;

/** host → background. Answers may come in another order than the requests. */
export const hostAnswer = v.variant("ok", [
  v.object({ v: v.literal(1), id: requestId, ok: v.literal(true), result: v.unknown() }),
  v.object({ v: v.literal(1), id: requestId, ok: v.literal(false), error: errorRecord }),
]);

export type HostAnswer = v.InferOutput<typeof hostAnswer>;
