import * as v from "valibot";
import { packageId } from "../bid/index.ts";
import { base64Url } from "../bytes.ts";
import { publicPoint } from "../host/identity.ts";
import { diagnosis, hostVerbs, openBid } from "../host/index.ts";
import { consented, keyId } from "../host/consented.ts";
import { sealedPin } from "../host/sealed-pin.ts";
import { limits } from "../limits.ts";
import { pageOrigin } from "../origin.ts";
import { requestId } from "../page/wire.ts";
import { defineVerb } from "../verb.ts";
import { passphrase, typedPassphrase } from "../workshop/index.ts";
import { approvalView, requestHash } from "./approval.ts";
import { outcome, preparedBid } from "./asked.ts";
import { hostState } from "./host-state.ts";
import { bidsView, optionsView, ownPackageView, policyView, popupView, welcomeView } from "./pages.ts";

export * from "./approval.ts";
export * from "./asked.ts";
export * from "./host-state.ts";
export * from "./pages.ts";
export * from "./shown.ts";

const nothing = v.strictObject({});

/** `unknown`: this build may not ask there. */
const reached = v.object({
  site: v.picklist(["answers", "silent", "unknown"]),
  /** By the site's clock, to the second; null where it did not say, or the browser does not tell. Nobody signed it. */
  at: v.nullable(v.string()),
});

export type Reached = v.InferOutput<typeof reached>;

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
          mayUseLastTry: v.exactOptional(v.literal(true)),
          /** Of decrypt by an order: the person saw both times, and goes on. */
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
  /** Answers once other keys are plugged in than at the mark that was seen, or after a while; at once where none was. */
  awaitKeys: hostVerbs.awaitKeys,
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
  /** Of decrypt for one's own use, once it is done: what there is to save. The request itself is over by then. */
  openedFiles: defineVerb(
    v.strictObject({ id: requestId }),
    v.object({ files: v.array(v.object({ name: v.string(), size: v.number() })) }),
  ),
  /** Also ends an encrypting or an opening for one's own use that was begun. */
  decline: defineVerb(v.strictObject({ id: requestId }), v.void()),
  popup: defineVerb(v.strictObject({ tabId: v.number(), url: v.string() }), popupView),
  resumePin: defineVerb(v.strictObject({ origin: v.string() }), v.void()),
  showWaiting: defineVerb(v.strictObject({ id: requestId }), v.void()),
  welcome: defineVerb(nothing, welcomeView),
  /** What stands between the person and their key; nothing where the program is not ready or cannot tell. */
  diagnose: defineVerb(nothing, diagnosis),
  /** The whole report, as it is shown and saved. `browser`: what the browser says of itself. */
  report: defineVerb(v.strictObject({ browser: v.pipe(v.string(), v.maxLength(512)) }), v.object({ text: v.string() })),
  /** `ask`: the person has just asked for it (开标急救): CAs and a time-stamping authority are asked now. */
  bids: defineVerb(v.strictObject({ ask: v.exactOptional(v.literal(true)) }), bidsView),
  /** The person tries a bid without a site. The id is drawn by the page; the PIN is sealed for it. */
  rehearseBid: defineVerb(v.strictObject({ ...consented, packageId }), openBid),
  /** The evidence report of one bid, as it is saved. docs/formats/evidence.md */
  bidEvidence: defineVerb(v.strictObject({ packageId }), v.object({ html: v.string() })),
  /** Without a site: the person picked a package in our own page, which drew the id. Asked again it says which keys are there by then. */
  ownPackage: defineVerb(v.strictObject({ id: requestId }), ownPackageView),
  /** Opens it. The PIN is sealed for the id. */
  openOwnPackage: defineVerb(
    v.strictObject({
      id: requestId,
      /** As the view had it. */
      signatureSm3: base64Url(32, 32),
      by: v.union([
        v.strictObject({ keyId, sealedPin, mayUseLastTry: v.exactOptional(v.literal(true)) }),
        v.strictObject({ file: base64Url(1, limits.backupKeyLen), passphrase: typedPassphrase }),
      ]),
    }),
    v.object({ files: v.number() }),
  ),
  /** The person chose another, or none. */
  leaveOwnPackage: defineVerb(v.strictObject({ id: requestId }), v.void()),
  /** An open bid for another computer, and one that comes from there: as the file has it, and as the companion program judges it. */
  exportBid: hostVerbs.exportBid,
  importBid: hostVerbs.importBid,
  /** The person saved a backup key file of this package. */
  noteBackup: defineVerb(v.strictObject({ packageId }), v.void()),
  /** Whether a listed platform's site answers, and what time it has. The person asked for it; it is asked for its headers alone, without cookies. */
  reach: defineVerb(v.strictObject({ origin: pageOrigin }), reached),
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
