/** The part of a library's profile that the worker needs for its calls. */
import type { DeviceProfile } from "@certbridge/trust";

export type Quirks = Pick<
  DeviceProfile,
  "architecture" | "callConvention" | "decrypt" | "names" | "sessionKey" | "wait"
>;

/** What the standard says. */
export const STANDARD: Quirks = {
  architecture: null,
  callConvention: "cdecl",
  decrypt: "none",
  names: {},
  sessionKey: "blob",
  wait: "blocking",
};

/** How a key block can be opened: two forms of ImportSessionKey, four of the vendors' own decryptions. */
export const ways = ["blob", "raw", "A", "B", "C", "D"] as const;

export type Way = (typeof ways)[number];

/** The standard's way first. */
export function waysOf({ sessionKey, decrypt }: Pick<Quirks, "decrypt" | "sessionKey">): readonly Way[] {
  return [sessionKey, decrypt].filter((way): way is Way => way !== "none");
}

/** What a profile says of the way that was seen to open. */
export const profileOf = (way: Way): Pick<DeviceProfile, "decrypt" | "sessionKey"> =>
  way === "blob" || way === "raw" ? { sessionKey: way, decrypt: "none" } : { sessionKey: "none", decrypt: way };
