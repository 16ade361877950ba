/** What a library or its worker came to, as one of the program's errors. */
import { OperationError } from "@certbridge/protocol/errors";
import { SAR } from "./codes.ts";
import { TokenFailure } from "./supervisor.ts";
import type { OpenedPin } from "./wire.ts";

type Fault = "ended" | "hung" | "paused" | "changed" | "writable" | "not-loaded" | "wrong-architecture";

const driver = (fault: Fault, cause: TokenFailure) => new OperationError("DRIVER_FAILED", { fault }, { cause });

function ofWorker(what: string, cause: TokenFailure): OperationError {
  if (what === "library-changed") return driver("changed", cause);
  if (what === "not-loaded" || what === "writable" || what === "wrong-architecture") return driver(what, cause);
  // Its worker ended in between, and with it what was open.
  if (what === "no-session") return driver("ended", cause);
  return new OperationError("DEVICE_FAILED", { call: "worker", code: what }, { cause });
}

function ofLibrary(call: string, code: number, cause: TokenFailure): OperationError {
  switch (code) {
    case SAR.DEVICE_REMOVED:
      return new OperationError("DEVICE_REMOVED", undefined, { cause });
    case SAR.PIN_LOCKED:
      return new OperationError("PIN_LOCKED", { retryAt: null }, { cause });
    default:
      // Waiting for the lock is all that is waited for; which code says that it was in vain differs. A library without locks says so.
      if (call === "SKF_LockDev" && code !== SAR.NOT_SUPPORTED)
        return new OperationError("DEVICE_BUSY", { by: null, since: null }, { cause });
      return new OperationError("DEVICE_FAILED", { call, code: codeWords(code) }, { cause });
  }
}

/** A library's answer as it is told. */
export const codeWords = (code: number): string => `0x${code.toString(16).padStart(8, "0")}`;

/** What a PIN came to that did not open. */
export function pinError(opened: OpenedPin): OperationError {
  switch (opened.pin) {
    case "locked":
      return new OperationError("PIN_LOCKED", { retryAt: null });
    case "another-key":
      return new OperationError("KEY_NOT_FOUND");
    case "last-try":
      return new OperationError("PIN_LAST_TRY");
    case "incorrect":
      return new OperationError("PIN_INCORRECT", { triesLeft: opened.triesLeft, retryAt: null });
  }
}

/** Anything else comes back as it is. */
export function deviceError(error: unknown): unknown {
  if (!(error instanceof TokenFailure)) return error;
  const { failure } = error;
  switch (failure.kind) {
    case "skf":
      return ofLibrary(failure.call, failure.code, error);
    case "worker":
      return ofWorker(failure.what, error);
    case "died":
      return driver("ended", error);
    case "late":
      return driver("hung", error);
    case "quarantined":
      return driver("paused", error);
  }
}
