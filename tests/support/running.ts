/** Running companion programs of a stage, as the system sees them. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Desk } from "@certbridge/demo/walk";

/** The words of a process's command line; none where it has gone. */
function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Those that a browser started, not those that a person runs beside them. */
export function programsOf({ home }: Pick<Desk, "home">): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const words = wordsOf(pid);
      const fromBrowser = words.some(
        (word) => word.startsWith("chrome-extension://") || word.endsWith("org.certbridge.host.json"),
      );
      return words.includes(home) && fromBrowser;
    })
    .map(Number);
}

/** Sends each of them a signal; gives how many there were. SIGKILL is how the system ends what it has no memory for. */
export function signalPrograms(desk: Pick<Desk, "home">, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): number {
  return programsOf(desk).filter((pid) => {
    try {
      return process.kill(pid, signal);
    } catch {
      // It has ended since it was seen.
      return false;
    }
  }).length;
}

/** Whether a program waits for the keys, or has them: it has their lock's file open. */
export function isAtKeys({ home }: Pick<Desk, "home">): boolean {
  const lock = join(home, "keys.lock");
  return programsOf({ home }).some((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === lock);
    } catch {
      // It has ended since it was seen, or closes what it has open.
      return false;
    }
  });
}
