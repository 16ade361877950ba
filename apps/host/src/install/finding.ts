/** What `doctor` found, and the words for it. */

/** `good`: as it should be. `note`: worth knowing. `bad`: something does not work; the exit status says so. */
export type Verdict = "good" | "note" | "bad";

/**
 * What lets another program take this one's place, or its callers: a manifest that browsers find before ours, one that lets other
 * extensions in, a file that others may write. And a sandbox around the program, in which it is of no use. The extension shows
 * these too.
 */
export type Hazard = "shadow" | "manifest" | "permissions" | "sandbox";

export interface Finding {
  /** What was looked at: `home`, `launcher`, `manifest:chromium`, … */
  readonly about: string;
  readonly verdict: Verdict;
  readonly path: string | null;
  readonly hazard: Hazard | null;
  readonly zh: string;
  readonly en: string;
}

export type Words = Pick<Finding, "en" | "zh">;

export const say = (zh: string, en: string): Words => ({ zh, en });

export const REPAIR = say("请重新运行 certbridge-host install", "run certbridge-host install again");

export function finding(
  about: string,
  path: string | null,
  verdict: Verdict,
  what: Words,
  { todo, hazard = null }: { readonly todo?: Words; readonly hazard?: Hazard | null } = {},
): Finding {
  if (todo === undefined) return { about, verdict, path, hazard, ...what };
  return { about, verdict, path, hazard, zh: `${what.zh}。${todo.zh}。`, en: `${what.en}; ${todo.en}` };
}
