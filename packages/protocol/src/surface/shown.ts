import * as v from "valibot";
import { hostKey } from "../host/index.ts";
import { policyNames } from "../policy/index.ts";

/** A site, as every surface names it: never a name without its origin. */
export const platform = v.object({
  /** The browser's serialised origin. */
  origin: v.string(),
  /** Its name in the registry or the policy; null where a person added the site, or a policy by insecureOrigins alone. */
  name: v.nullable(v.string()),
});

export type Platform = v.InferOutput<typeof platform>;

export const policyName = v.picklist(policyNames);

/** A key as it is shown for a choice. */
export const shownKey = v.object({
  ...hostKey.entries,
  /** The policy that forbids it, where one does. */
  blockedBy: v.exactOptional(policyName),
  /** Whether it opens what is to be opened, where that is asked: an expired one does so as well. */
  opens: v.exactOptional(v.boolean()),
});

export type ShownKey = v.InferOutput<typeof shownKey>;
