import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { carrier } from "../carrier.ts";
import { limits } from "../limits.ts";
import { loginToken } from "../page/login.ts";
import { nonce } from "../page/nonce.ts";
import { credential, registrationAnswer } from "../page/register.ts";
import { itemName, signFormat } from "../page/sign.ts";
import { errorRecord, requestId } from "../page/wire.ts";

/** The grammar between extension and host. The host refuses another; verbs and keys are added without changing it. */
export const HOST_PROTOCOL = 1;

/** A serialised origin as the browser gave it: ASCII, scheme and host, no path. */
export const origin = v.pipe(v.string(), v.maxLength(512), v.regex(/^https?:\/\/[!-.0-~]+$/));

/** A file name is not to be trusted with more than this: SM3 of the signing certificate, base64url. */
const keyId = base64Url(32, 32);

const pin = v.pipe(v.string(), v.minLength(1), v.maxLength(64));

/** What a consent authorises: named once, used once, by this verb with these params. */
const consented = { consentId: requestId, keyId, pin };

export const credentialSummary = v.object({
  credentialId: v.string(),
  /** Platform that issued it: its id in the registry, its name in its own words, its origin. */
  issuer: v.object({ platformId: v.string(), name: v.string(), origin: v.string() }),
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
  /** Unexpired credentials of this holder. */
  credentials: v.array(credentialSummary),
});

export type HostKey = v.InferOutput<typeof hostKey>;

function verb<const P extends v.GenericSchema, const R extends v.GenericSchema>(params: P, result: R) {
  return { params, result };
}

/** The one list of what the background may ask of the host. Params are strict; results may say more than is known here. */
export const hostVerbs = {
  status: verb(
    v.strictObject({ extension: v.string() }),
    v.object({
      version: v.string(),
      protocol: v.number(),
      operations: v.array(v.string()),
      carriers: v.array(carrier),
    }),
  ),
  keys: verb(v.strictObject({}), v.object({ keys: v.array(hostKey) })),
  login: verb(v.strictObject({ ...consented, origin, nonce }), v.object({ token: loginToken })),
  register: verb(
    v.strictObject({ ...consented, origin, nonce, credentialId: v.nullable(v.string()) }),
    registrationAnswer,
  ),
  /** Checks signature, issuer's origin, dates and that the bidder is the key's; says what would be kept. Keeps nothing. */
  readCredential: verb(v.strictObject({ keyId, origin, credential }), credentialSummary),
  /** As readCredential, then keeps it: one per issuer and bidder, the newest. */
  saveCredential: verb(v.strictObject({ consentId: requestId, keyId, origin, credential }), credentialSummary),
  sign: verb(
    v.strictObject({
      ...consented,
      origin,
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
} as const;

export type HostVerbs = typeof hostVerbs;
export type HostVerb = keyof HostVerbs;
export type HostParams<N extends HostVerb> = v.InferOutput<HostVerbs[N]["params"]>;
export type HostResult<N extends HostVerb> = v.InferOutput<HostVerbs[N]["result"]>;

export const hostVerbNames = Object.keys(hostVerbs) as readonly HostVerb[];

/** background → host, as JSON in a native-messaging frame of at most 512 KiB. */
export const hostRequest = v.strictObject({
  v: v.literal(1),
  id: requestId,
  operation: v.pipe(v.string(), v.maxLength(64)),
  params: v.unknown(),
});

/** host → background. Answers may come in another order than the requests. */
export const hostAnswer = v.variant("ok", [
  v.object({ v: v.literal(1), id: requestId, ok: v.literal(true), result: v.unknown() }),
  v.object({ v: v.literal(1), id: requestId, ok: v.literal(false), error: errorRecord }),
]);

export type HostAnswer = v.InferOutput<typeof hostAnswer>;
