import * as v from "valibot";
import { openBid } from "../host/index.ts";
import { requestId } from "../page/wire.ts";
import { policyKeys, policyProblemKinds } from "../policy/index.ts";
import { hostState } from "./host-state.ts";
import { platform, policyName, shownKey } from "./shown.ts";

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
  /** The bid that is opened next, where that is within three days. */
  next: v.exactOptional(v.nullable(v.object({ packageId: v.string(), openingTime: v.string() }))),
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

/** The bids of this computer that wait for their opening. */
export const bidsView = v.object({ host: hostState, keys: v.array(shownKey), bids: v.array(openBid) });

export type BidsView = v.InferOutput<typeof bidsView>;
