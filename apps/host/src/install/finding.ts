/** What `doctor` found, and the words for it. */

/** `good`: as it should be. `note`: worth knowing. `bad`: something does not work; the exit status says so. */
export type Verdict = "good" | "note" | "bad";

/**
 * What lets another program take this one's place, or its callers: a manifest that browsers find before ours, one that lets other
 * extensions in, a file that others may write. And a sandbox around the program, in which it is of no use. The extension shows
 * these too.
 */
export type Hazard = "shadow" | "manifest" | "permissions" | "sandbox";

/**
 * What stands between a person and their key, by name: with the driver (驱动), the key (CA锁), what lies in it, or around them. The extension has words of its own
 * for each; docs/formats/doctor.md
 */
export type Cause =
  | "no-driver"
  | "drivers-damaged"
  | "driver-missing"
  | "driver-writable"
  | "driver-architecture"
  | "driver-changed"
  | "driver-not-loaded"
  | "driver-ended"
  | "driver-hung"
  | "driver-paused"
  | "driver-own"
  | "no-key"
  | "key-empty"
  | "key-failed"
  | "key-in-use"
  | "no-certificate"
  | "certificate-expired"
  | "certificate-not-yet-valid"
  | "pin-locked"
  | "other-software"
  | "remote-desktop"
  | "policy";

export interface Finding {
  /** What was looked at: `home`, `launcher`, `manifest:chromium`, … */
  readonly about: string;
  readonly verdict: Verdict;
  readonly path: string | null;
  readonly hazard: Hazard | null;
  readonly cause: Cause | null;
  readonly zh: string;
  readonly en: string;
}

export type Words = Pick<Finding, "en" | "zh">;

export const say = (zh: string, en: string): Words => ({ zh, en });

export const REPAIR = say("请重新运行 certbridge-host install", "run certbridge-host install again");

/** What the file system said, as one word. */
export const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "?";

export function finding(
  about: string,
  path: string | null,
  verdict: Verdict,
  what: Words,
  {
    todo,
    hazard = null,
    cause = null,
  }: { readonly todo?: Words; readonly hazard?: Hazard | null; readonly cause?: Cause | null } = {},
): Finding {
  if (todo === undefined) return { about, verdict, path, hazard, cause, ...what };
  return { about, verdict, path, hazard, cause, zh: `${what.zh}。${todo.zh}。`, en: `${what.en}; ${todo.en}` };
}
