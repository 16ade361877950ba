import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { credentialSummary, hostKey } from "../host/index.ts";
import { requestId } from "../page/wire.ts";
import { policyKeys, policyNames, policyProblemKinds } from "../policy/index.ts";
import { unreadableCode } from "../workshop/index.ts";
import type { ErrorCode } from "../errors.ts";

const requestHash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Errors that the person can mend in the approval window: the request stays open. After every other one it is over. */
export const mendableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PIN_INCORRECT",
  "PIN_LOCKED",
  "PIN_PAUSED",
  "KEY_NOT_FOUND",
  "CERTIFICATE_UNUSABLE",
  "HOST_MISSING",
  "HOST_FORBIDDEN",
  "HOST_OUTDATED",
]);

/** How the companion program is. Each is told apart on every surface, with its own words and buttons. */
export const hostState = v.variant("state", [
  v.object({ state: v.literal("ready"), version: v.string() }),
  v.object({ state: v.literal("missing") }),
  v.object({ state: v.literal("forbidden") }),
  v.object({ state: v.literal("failed") }),
  v.object({ state: v.literal("outdated"), found: v.string(), needed: v.string() }),
]);

export type HostState = v.InferOutput<typeof hostState>;

/** What is asked, for the approval window, by verb. */
const asked = v.variant("operation", [
  v.object({ operation: v.literal("login") }),
  v.object({ operation: v.literal("register") }),
  v.object({ operation: v.literal("saveRegistration"), credential: credentialSummary }),
  v.object({
    operation: v.literal("sign"),
    format: v.string(),
    items: v.array(v.object({ name: v.string(), len: v.number(), digest: v.string() })),
    /** Items that will not be signed, by their place among all items, and why. */
    unreadable: v.array(v.object({ index: v.number(), name: v.string(), error: unreadableCode })),
  }),
]);

export type Asked = v.InferOutput<typeof asked>;

const platform = v.object({
  /** The browser's serialised origin. */
  origin: v.string(),
  /** Its name in the registry; null where a person added the site. */
  name: v.nullable(v.string()),
});

export type Platform = v.InferOutput<typeof platform>;

const policyName = v.picklist(policyNames);

/** A key as it is shown for a choice: with the policy that forbids it, where one does. */
const shownKey = v.object({ ...hostKey.entries, blockedBy: v.exactOptional(policyName) });

export type ShownKey = v.InferOutput<typeof shownKey>;

export const approvalView = v.object({
  id: requestId,
  /** SHA-256 over all that the person is shown and for whom, hexadecimal: the consent is for this and nothing else. */
  hash: requestHash,
  platform,
  asked,
  /** False where the person only agrees and no key is used. */
  usesKey: v.boolean(),
  host: hostState,
  keys: v.array(shownKey),
  /** Wrong PINs for this origin reached the hour's limit; the person goes on in the popup. */
  pinPaused: v.boolean(),
  expiresAt: v.number(),
});

export type ApprovalView = v.InferOutput<typeof approvalView>;

const waiting = v.object({ id: requestId, platform, operation: v.string(), tabId: v.number() });

export const popupView = v.object({
  site: v.variant("state", [
    v.object({ state: v.literal("participating"), platform }),
    v.object({ state: v.literal("needs-permission"), platform }),
    v.object({ state: v.literal("not-participating"), origin: v.string() }),
    v.object({ state: v.literal("insecure"), origin: v.string() }),
    v.object({ state: v.literal("blocked"), origin: v.string(), policy: policyName }),
    v.object({ state: v.literal("none") }),
  ]),
  host: hostState,
  keys: v.array(shownKey),
  waiting: v.array(waiting),
  pinPaused: v.boolean(),
});

export type PopupView = v.InferOutput<typeof popupView>;

export const welcomeView = v.object({ host: hostState, waiting: v.nullable(waiting) });

export type WelcomeView = v.InferOutput<typeof welcomeView>;

export const optionsView = v.object({
  sites: v.array(
    v.object({
      platform,
      source: v.picklist(["registry", "policy", "person"]),
      granted: v.boolean(),
      /** The policy that forbids this site, where one does. */
      blockedBy: v.exactOptional(policyName),
    }),
  ),
  /** Origins that the policy forbids to add. */
  blockedOrigins: v.exactOptional(v.array(v.string())),
});

export type OptionsView = v.InferOutput<typeof optionsView>;

/** The policy in force, key by key, as the options page explains it. */
export const policyView = v.object({
  /** As the browser has it now; the last one, while the browser has not read its own yet; none. */
  state: v.picklist(["read", "kept", "none"]),
  /** Set by an administrator: the whole extension was installed by policy. */
  installedByAdministrator: v.boolean(),
  settings: v.array(
    v.object({
      key: v.picklist(policyKeys),
      source: v.picklist(["default", "policy", "last-good", "broken"]),
      /** A line per entry, in the policy's own words. */
      values: v.array(v.string()),
    }),
  ),
  /** In whose name everything is refused now; null where not everything is. */
  refusesAll: v.nullable(policyName),
  problems: v.array(v.object({ place: v.string(), kind: v.picklist(policyProblemKinds), found: v.string() })),
});

export type PolicyView = v.InferOutput<typeof policyView>;

function verb<const P extends v.GenericSchema, const R extends v.GenericSchema>(params: P, result: R) {
  return { params, result };
}

const nothing = v.strictObject({});

/** The one list of what the extension's own windows may ask of the background. A page's sender is refused before parsing. */
export const surfaceVerbs = {
  approval: verb(v.strictObject({ id: requestId }), approvalView),
  accept: verb(
    v.strictObject({
      id: requestId,
      /** As the approval view had it. */
      hash: requestHash,
      /** Null where no key is used. */
      key: v.nullable(
        v.strictObject({
          keyId: base64Url(32, 32),
          pin: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
          credentialId: v.nullable(v.string()),
        }),
      ),
    }),
    v.void(),
  ),
  decline: verb(v.strictObject({ id: requestId }), v.void()),
  popup: verb(v.strictObject({ tabId: v.number(), url: v.string() }), popupView),
  resumePin: verb(v.strictObject({ origin: v.string() }), v.void()),
  showWaiting: verb(v.strictObject({ id: requestId }), v.void()),
  welcome: verb(nothing, welcomeView),
  options: verb(nothing, optionsView),
  policy: verb(nothing, policyView),
  addSite: verb(v.strictObject({ origin: v.string() }), v.void()),
  removeSite: verb(v.strictObject({ origin: v.string() }), v.void()),
} as const;

export type SurfaceVerbs = typeof surfaceVerbs;
export type SurfaceVerb = keyof SurfaceVerbs;
export type SurfaceParams<N extends SurfaceVerb> = v.InferOutput<SurfaceVerbs[N]["params"]>;
export type SurfaceResult<N extends SurfaceVerb> = v.InferOutput<SurfaceVerbs[N]["result"]>;

/** surface → background. */
export const surfaceMessage = v.strictObject({
  v: v.literal(1),
  kind: v.literal("surface"),
  verb: v.picklist(Object.keys(surfaceVerbs) as [SurfaceVerb, ...SurfaceVerb[]]),
  params: v.unknown(),
});

/** background → surfaces: something changed, ask again. */
export const surfaceChange = v.strictObject({
  v: v.literal(1),
  kind: v.literal("surface-change"),
  /** The request that ended, or null where host or keys changed. */
  ended: v.nullable(requestId),
});
