import * as v from "valibot";
import { base64Url } from "../bytes.ts";
import { credentialSummary, hostKey, pin } from "../host/index.ts";
import { requestId } from "../page/wire.ts";
import { defineVerb } from "../verb.ts";
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
  "STORE_BUSY",
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
    /** What is to be signed: its length in bytes, and its SM3 as the host will sign it, base64url. */
    items: v.array(v.object({ name: v.string(), len: v.number(), digest: v.string() })),
    /** Items that will not be signed, by their place among all items, and why. */
    unreadable: v.array(v.object({ index: v.number(), name: v.string(), error: unreadableCode })),
  }),
]);

export type Asked = v.InferOutput<typeof asked>;

/** A site, as every surface names it: never a name without its origin. */
const platform = v.object({
  /** The browser's serialised origin. */
  origin: v.string(),
  /** Its name in the registry; null where a person added the site. */
  name: v.nullable(v.string()),
});

export type Platform = v.InferOutput<typeof platform>;

/** All that the approval window shows, for one request. */
export const approvalView = v.object({
  id: requestId,
  /** SHA-256 over all that the person is shown and for whom, hexadecimal: the consent is for this and nothing else. */
  hash: requestHash,
  platform,
  asked,
  /** False where the person only agrees and no key is used. */
  usesKey: v.boolean(),
  host: hostState,
  keys: v.array(hostKey),
  /** Wrong PINs for this origin reached the hour's limit; the person goes on in the popup. */
  pinPaused: v.boolean(),
  /** When the window closes by itself; milliseconds since 1970. */
  expiresAt: v.number(),
});

export type ApprovalView = v.InferOutput<typeof approvalView>;

/** A request whose approval window is open, and the tab that asked. */
const waiting = v.object({ id: requestId, platform, operation: v.string(), tabId: v.number() });

/** What the toolbar button opens: this tab's site, program and keys, and what waits. */
export const popupView = v.object({
  site: v.variant("state", [
    v.object({ state: v.literal("participating"), platform }),
    v.object({ state: v.literal("needs-permission"), platform }),
    v.object({ state: v.literal("not-participating"), origin: v.string() }),
    v.object({ state: v.literal("insecure"), origin: v.string() }),
    v.object({ state: v.literal("none") }),
  ]),
  host: hostState,
  keys: v.array(hostKey),
  waiting: v.array(waiting),
  /** Wrong PINs for this site reached the hour's limit; the person goes on here. */
  pinPaused: v.boolean(),
});

export type PopupView = v.InferOutput<typeof popupView>;

/** The page that is opened after an installation: is the program there, and who waits for it. */
export const welcomeView = v.object({ host: hostState, waiting: v.nullable(waiting) });

export type WelcomeView = v.InferOutput<typeof welcomeView>;

/** The sites, and who named each: the registry, or the person. */
export const optionsView = v.object({
  sites: v.array(
    v.object({
      platform,
      source: v.picklist(["registry", "person"]),
      /** Whether the browser lets the extension work there. */
      granted: v.boolean(),
    }),
  ),
});

export type OptionsView = v.InferOutput<typeof optionsView>;

const nothing = v.strictObject({});

/** The one list of what the extension's own windows may ask of the background. A page's sender is refused before parsing. */
export const surfaceVerbs = {
  approval: defineVerb(v.strictObject({ id: requestId }), approvalView),
  accept: defineVerb(
    v.strictObject({
      id: requestId,
      /** As the approval view had it. */
      hash: requestHash,
      /** Null where no key is used. */
      key: v.nullable(
        v.strictObject({
          keyId: base64Url(32, 32),
          pin,
          credentialId: v.nullable(v.string()),
        }),
      ),
    }),
    v.void(),
  ),
  decline: defineVerb(v.strictObject({ id: requestId }), v.void()),
  popup: defineVerb(v.strictObject({ tabId: v.number(), url: v.string() }), popupView),
  resumePin: defineVerb(v.strictObject({ origin: v.string() }), v.void()),
  showWaiting: defineVerb(v.strictObject({ id: requestId }), v.void()),
  welcome: defineVerb(nothing, welcomeView),
  options: defineVerb(nothing, optionsView),
  addSite: defineVerb(v.strictObject({ origin: v.string() }), v.void()),
  removeSite: defineVerb(v.strictObject({ origin: v.string() }), v.void()),
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
