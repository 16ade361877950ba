/**
 * The log file of the home folder, for the person who gives help. A line says when, what kind of thing went wrong and where
 * in the program; never an error's message, since messages of libraries may quote what they were given, nor a request's
 * content, a PIN, a key or a subject.
 */
import { appendFile, rename, stat } from "node:fs/promises";
import type { Clock } from "./clock.ts";
import { instantOf } from "./clock.ts";

/** Beyond this the log becomes the old log; two are kept. */
const LOG_LEN = 256 * 1024;

/** Innermost frames kept of a stack. */
const FRAMES = 6;

/** What a line may hold: names chosen by us, not by a caller. */
export interface LogLine {
  readonly event: string;
  readonly operation?: string;
  readonly reportId?: string;
  readonly error?: unknown;
}

export type Log = (line: LogLine) => Promise<void>;

/** `file.ts:12:3` of each frame: neither folders of the person nor text of the message. */
function whereOf(stack: string | undefined): readonly string[] {
  const places = (stack ?? "").split("\n").flatMap((line) => {
    const match = /^\s+at .*?([\w.-]+:\d+:\d+)\)?$/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
  return places.slice(0, FRAMES);
}

function describe(error: unknown): { error?: string; at?: readonly string[] } {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: /^\w{1,40}$/.test(error.name) ? error.name : "Error", at: whereOf(error.stack) };
}

async function turn(path: string): Promise<void> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > LOG_LEN) await rename(path, `${path}.old`);
}

/** A log that never fails the operation it reports on. */
export function openLog(path: string, clock: Clock): Log {
  return async ({ event, operation, reportId, error }) => {
    const line = { time: instantOf(clock()), event, operation, reportId, ...describe(error) };
    try {
      await turn(path);
      await appendFile(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch {
      process.stderr.write("certbridge-host: the log cannot be written\n");
    }
  };
}
