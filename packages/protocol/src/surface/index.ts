import * as v from "valibot";
import { packageId } from "../bid/index.ts";
import { base64Url } from "../bytes.ts";
import { limits } from "../limits.ts";
import { publicPoint } from "../host/identity.ts";
import {
  credentialSummary,
  hostKey,
  lotSummary,
  openBid,
  preflightResult,
  readiness,
  recipient,
} from "../host/index.ts";
import { sealedPin } from "../host/sealed-pin.ts";
import { instant } from "../instant.ts";
import { requestId } from "../page/wire.ts";
import { policyKeys, policyNames, policyProblemKinds } from "../policy/index.ts";
import { defineVerb } from "../verb.ts";
import { passphrase, typedPassphrase, unreadableCode } from "../workshop/index.ts";
import type { ErrorCode } from "../errors.ts";

const requestHash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Errors that the person can mend in the approval window: the request stays open. After every other one it is over. */
export const mendableCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "PIN_INCORRECT",
  "PIN_LOCKED",
  "PIN_PAUSED",
  "BACKUP_KEY_REFUSED",
  "KEY_NOT_FOUND",
  "CERTIFICATE_UNUSABLE",
  "HOST_MISSING",
  "HOST_FORBIDDEN",
  "HOST_OUTDATED",
  "STORE_BUSY",
  "EXTENSION_OUTDATED",
  "HOST_CHANGED",
  "NOT_PAIRED",
]);

/** An identity of the companion program: its key, as people compare it, and since when it is known here (ISO 8601 in UTC). */
const knownIdentity = v.object({ publicKey: publicPoint, fingerprint: v.string(), since: v.string() });

export type KnownIdentity = v.InferOutput<typeof knownIdentity>;

/** How the companion program is. Each is told apart on every surface, with its own words and buttons. */
export const hostState = v.variant("state", [
  v.object({
    state: v.literal("ready"),
    version: v.string(),
    /** The one that the person trusts, and that the program has just proved. PINs are encrypted for it. */
    identity: knownIdentity,
    /** What lets another program take this one's place. */
    hazards: v.array(v.string()),
  }),
  v.object({ state: v.literal("missing") }),
  v.object({ state: v.literal("forbidden") }),
  v.object({ state: v.literal("failed") }),
  v.object({ state: v.literal("outdated"), found: v.string(), needed: v.string() }),
  /** The extension is the older of the two; `needed` is the program's version. */
  v.object({ state: v.literal("extension-outdated"), found: v.string(), needed: v.string() }),
  /** The browser runs it in a sandbox (Snap, Flatpak), where it sees no certificate and no USB key. */
  v.object({ state: v.literal("sandboxed"), version: v.string() }),
  /** No place is open for this extension. */
  v.object({ state: v.literal("unpaired"), version: v.string() }),
  /** Another identity than the trusted one; no PIN is asked for until the person trusts it. */
  v.object({
    state: v.literal("changed"),
    version: v.string(),
    trusted: knownIdentity,
    /** `since`: when it was first met. */
    found: knownIdentity,
  }),
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
  v.object({
    operation: v.literal("encrypt"),
    lot: lotSummary,
    /** The page's own files; null where the person picks them here, and nobody but the workshop learns which. */
    files: v.nullable(v.array(v.object({ name: v.string(), len: v.number() }))),
  }),
  v.object({
    operation: v.literal("decrypt"),
    lot: v.object({
      platformName: v.string(),
      projectCode: v.string(),
      /** As the bids of this computer have it; null where it made none for this lot. */
      projectName: v.nullable(v.string()),
      lot: v.string(),
      openingTime: instant,
    }),
    /** When the platform's order was stamped. */
    stampedAt: instant,
    /** Only this computer's clock is before the opening: the person sees both times, and decides. */
    clockBehind: v.boolean(),
    /** Of the certificates that open what this computer encrypted for the lot: the last four of their serial numbers. */
    neededTails: v.array(v.string()),
  }),
  /** Null where this computer made no such bid for this platform; the page learns no more than that somebody said no. */
  v.object({ operation: v.literal("rehearse"), bid: v.nullable(openBid) }),
]);

/** What the window says at the end, of the verbs that have more to say than that it is done. */
export const outcome = v.variant("operation", [
  v.object({
    operation: v.literal("encrypt"),
    packageId: v.string(),
    /** Whether a backup key file can be had of it: not where the work was done in the frame inside the page, which is gone by then. */
    hasBackup: v.boolean(),
  }),
  v.object({ operation: v.literal("decrypt"), releasedAt: instant }),
  v.object({ operation: v.literal("rehearse"), readiness, results: v.array(preflightResult) }),
]);

export type Outcome = v.InferOutput<typeof outcome>;

export type Asked = v.InferOutput<typeof asked>;

/** A site, as every surface names it: never a name without its origin. */
const platform = v.object({
  /** The browser's serialised origin. */
  origin: v.string(),
  /** Its name in the registry or the policy; null where a person added the site, or a policy by insecureOrigins alone. */
  name: v.nullable(v.string()),
});

export type Platform = v.InferOutput<typeof platform>;

const policyName = v.picklist(policyNames);

/** A key as it is shown for a choice. */
const shownKey = v.object({
  ...hostKey.entries,
  /** The policy that forbids it, where one does. */
  blockedBy: v.exactOptional(policyName),
  /** Whether it opens what is to be opened, where that is asked: an expired one does so as well. */
  opens: v.exactOptional(v.boolean()),
});

export type ShownKey = v.InferOutput<typeof shownKey>;

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
  keys: v.array(shownKey),
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
    v.object({ state: v.literal("blocked"), origin: v.string(), policy: policyName }),
    v.object({ state: v.literal("none") }),
  ]),
  host: hostState,
  keys: v.array(shownKey),
  waiting: v.array(waiting),
  /** Wrong PINs for this site reached the hour's limit; the person goes on here. */
  pinPaused: v.boolean(),
});

export type PopupView = v.InferOutput<typeof popupView>;

/** The page that is opened after an installation: is the program there, and who waits for it. */
export const welcomeView = v.object({ host: hostState, waiting: v.nullable(waiting) });

export type WelcomeView = v.InferOutput<typeof welcomeView>;

/** The sites, and who named each: the registry, the administrator's policy, or the person. */
export const optionsView = v.object({
  sites: v.array(
    v.object({
      platform,
      source: v.picklist(["registry", "policy", "person"]),
      /** Whether the browser lets the extension work there. */
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

/** Who will be able to open a bid that this key makes, and what is known to be wrong with it beforehand. */
export const preparedBid = v.object({
  keyId: v.string(),
  recipients: v.array(v.omit(recipient, ["certificate"])),
  results: v.array(preflightResult),
});

export type PreparedBid = v.InferOutput<typeof preparedBid>;

/** The bids of this computer that wait for their opening. */
export const bidsView = v.object({ host: hostState, keys: v.array(shownKey), bids: v.array(openBid) });

export type BidsView = v.InferOutput<typeof bidsView>;

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
          sealedPin,
          credentialId: v.nullable(v.string()),
          /** Of decrypt: the person saw both times, and goes on. */
          clockAccepted: v.exactOptional(v.boolean()),
        }),
      ),
      /** Of decrypt: in place of a key. */
      backup: v.exactOptional(
        v.strictObject({
          file: base64Url(1, limits.backupKeyLen),
          passphrase: typedPassphrase,
          clockAccepted: v.exactOptional(v.boolean()),
        }),
      ),
    }),
    v.optional(outcome),
  ),
  /** Of encrypt: what this key would mean. From then on the consent is for that, too, under a new hash. */
  prepareBid: defineVerb(
    v.strictObject({ id: requestId, keyId: base64Url(32, 32) }),
    v.object({ hash: requestHash, prepared: preparedBid }),
  ),
  /** Of encrypt, once it is done: the backup key file, and the passphrase that the person is shown once. */
  backupKey: defineVerb(
    v.strictObject({ id: requestId }),
    v.object({ file: base64Url(1, limits.backupKeyLen), passphrase }),
  ),
  /** Also ends an encrypting that was begun. */
  decline: defineVerb(v.strictObject({ id: requestId }), v.void()),
  popup: defineVerb(v.strictObject({ tabId: v.number(), url: v.string() }), popupView),
  resumePin: defineVerb(v.strictObject({ origin: v.string() }), v.void()),
  showWaiting: defineVerb(v.strictObject({ id: requestId }), v.void()),
  welcome: defineVerb(nothing, welcomeView),
  /** The whole report, as it is shown and saved. `browser`: what the browser says of itself. */
  report: defineVerb(v.strictObject({ browser: v.pipe(v.string(), v.maxLength(512)) }), v.object({ text: v.string() })),
  bids: defineVerb(nothing, bidsView),
  /** The person tries a bid without a site. The id is drawn by the page; the PIN is sealed for it. */
  rehearseBid: defineVerb(
    v.strictObject({ consentId: requestId, packageId, keyId: base64Url(32, 32), sealedPin }),
    openBid,
  ),
  options: defineVerb(nothing, optionsView),
  policy: defineVerb(nothing, policyView),
  /** The companion program alone. */
  program: defineVerb(nothing, hostState),
  /** The person trusts the identity that they were shown. */
  trustHost: defineVerb(v.strictObject({ publicKey: publicPoint }), v.void()),
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
