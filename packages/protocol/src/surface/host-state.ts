import * as v from "valibot";
import { publicPoint } from "../host/identity.ts";

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
