/**
 * The door of native messaging: the one verb that extensions and programs of every grammar have in common. docs/protocol.md,
 * "Old and new beside each other"
 */
import * as v from "valibot";
import { carrier } from "../carrier.ts";
import { challenge, hostIdentity, publicPoint } from "./identity.ts";

/**
 * The grammar between extension and host. Verbs, and keys of results, are added without changing it; where a verb changes its
 * params or its meaning it becomes one more. Each side speaks one grammar.
 */
export const HOST_PROTOCOL = 2;

/** Never strict: a newer extension may say more. What is not understood is left out. */
export const statusQuestion = v.object({
  extension: v.pipe(v.string(), v.maxLength(64)),
  challenge: v.optional(challenge),
  /** The extension's public key. Where `install` has opened a place for it, it is paired now. */
  client: v.optional(publicPoint),
});

/** What every grammar's answer holds: enough to tell which side is the older one. */
export const hostGreeting = v.object({ version: v.string(), protocol: v.number() });

/** The answer of this grammar. */
export const hostStatus = v.object({
  ...hostGreeting.entries,
  operations: v.array(v.string()),
  carriers: v.array(carrier),
  /** Null where no challenge was sent. */
  identity: v.nullable(hostIdentity),
  /** Whether the extension that asks is known. */
  paired: v.boolean(),
  /** What lets another program take this one's place, or leaves it without use; kinds that `certbridge-host doctor` explains. */
  hazards: v.array(v.string()),
});
