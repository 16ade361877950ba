/**
 * Real policy files for one browser process. Browsers read policies from /etc, which is everybody's: the browser is therefore
 * started in a mount namespace of its own, where /etc is a copy and its policy folders are the test's. Nothing outside sees it,
 * nothing remains when the process ends.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** What a machine lacks for this, with the command that brings it; null where nothing is missing. */
export function missingForPrivatePolicies(programs: readonly string[]): string | null {
  const found = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  const lacking = ["unshare", "mount", ...programs].filter((program) => !found(program));
  if (lacking.length > 0) {
    const packages = lacking.map((program) => (program === "unshare" || program === "mount" ? "util-linux" : program));
    return `${lacking.join(", ")} not found: sudo apt-get install -y ${packages.join(" ")}`;
  }
  const tried = spawnSync("unshare", ["--mount", "--propagation", "private", "true"], { encoding: "utf8" });
  return tried.status === 0
    ? null
    : `no mount namespace (${tried.stderr.trim()}): run the tests as root, sudo npm test`;
}

/** A policy file of one browser. */
export interface PrivatePolicies {
  /** Start the browser by this program, as if it were the browser. */
  readonly executable: string;
  /** Writes the file whole; the browser that runs sees it change. */
  write(content: unknown): void;
  /** Writes these very bytes. */
  writeText(content: string): void;
  remove(): void;
}

const PLACES = {
  chromium: { folder: "/etc/chromium/policies", file: "managed/certbridge.json", program: "/usr/bin/chromium" },
  "firefox-esr": { folder: "/etc/firefox/policies", file: "policies.json", program: "/usr/bin/firefox-esr" },
} as const;

/** @param folder the test's own; made if missing */
export function openPrivatePolicies(browser: keyof typeof PLACES, folder: string): PrivatePolicies {
  const place = PLACES[browser];
  const [policies, etc, script] = ["policies", "etc", "browser"].map((name) => resolve(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [policies, etc]) mkdirSync(path, { recursive: true });
  const file = join(policies, place.file);
  mkdirSync(join(file, ".."), { recursive: true });
  // The copy of /etc lies in memory, and the real one is not written to even by mkdir.
  const steps = [
    `mount -t tmpfs tmpfs '${etc}'`,
    `cp -a /etc/. '${etc}'`,
    `mount --bind '${etc}' /etc`,
    `mkdir -p ${place.folder}`,
    `mount --bind '${policies}' ${place.folder}`,
    `exec ${place.program} "$@"`,
  ];
  const inside = steps.join(" && ").replaceAll("'", String.raw`'\''`);
  writeFileSync(script, `#!/bin/sh\nexec unshare --mount --propagation private sh -c '${inside}' sh "$@"\n`, {
    mode: 0o755,
  });
  const writeText = (content: string) => writeFileSync(file, content);
  return {
    executable: script,
    write: (content) => writeText(JSON.stringify(content, null, 2)),
    writeText,
    remove: () => rmSync(file, { force: true }),
  };
}
