/** The companion program by itself, started as a browser starts it, without a browser's noise around it. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { encodeFrame, readFrames } from "./frames.ts";

export interface Program {
  /** Asks one verb; gives its result and how long it took, in ms. */
  ask(operation: string, params: object): Promise<{ readonly result: unknown; readonly ms: number }>;
  close(): void;
}

interface Reply {
  readonly id: string;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error?: { readonly code: string };
}

export const newId = (): string => randomBytes(16).toString("base64url");

export function startProgram(launcher: string): Program {
  const child = spawn(launcher, [`chrome-extension://${CHROMIUM_EXTENSION_ID}/`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const waiting = new Map<string, (reply: Reply) => void>();
  child.stdout.on(
    "data",
    readFrames((message) => {
      const reply = message as Reply;
      waiting.get(reply.id)?.(reply);
    }),
  );
  return {
    ask(operation, params) {
      const id = newId();
      const startedAt = performance.now();
      return new Promise((resolve, reject) => {
        waiting.set(id, ({ ok, result, error }) => {
          if (ok) resolve({ result, ms: performance.now() - startedAt });
          else reject(new Error(`${operation}: ${error?.code ?? "no code"}`));
        });
        child.stdin.write(encodeFrame({ v: 1, id, operation, params }));
      });
    },
    close: () => child.stdin.end(),
  };
}
