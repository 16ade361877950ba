/** Errors of the page API, which cross from the extension's world as plain data: they are told by their code, not by their class. */
import type { ErrorCode, ErrorDetails } from "@certbridge/protocol/errors";

/** What this package finds by itself, before there is an extension to ask. */
export interface MissingDetails {
  /** No extension answered: not installed, switched off, or not allowed on this site · install or allow it. */
  EXTENSION_MISSING: undefined;
  /** Compatibility mode (兼容模式, the IE kernel) or a kernel that is too old · switch to 极速模式. */
  BROWSER_UNSUPPORTED: undefined;
}

interface Details extends ErrorDetails, MissingDetails {}

/** Every code that a call of the page API can reject with: the extension's, and those that this package finds by itself. */
export type PageErrorCode = ErrorCode | keyof MissingDetails;

/** The shape that every rejection has. */
export interface PageError<C extends PageErrorCode = PageErrorCode> extends Error {
  readonly code: C;
  readonly details: Details[C] | null;
  readonly retriable: boolean;
}

/** Raised by this package; the extension's own errors have the same shape. */
export class SharedCertificateError<C extends PageErrorCode = PageErrorCode> extends Error implements PageError<C> {
  readonly code: C;
  readonly details: Details[C] | null;
  readonly retriable: boolean;

  constructor(code: C, message: string, options: { readonly retriable: boolean }) {
    super(message);
    this.name = "SharedCertificateError";
    this.code = code;
    this.details = null;
    this.retriable = options.retriable;
  }

  /** Whether something that was thrown is an error of this API, with this code where one is given. */
  static is<C extends PageErrorCode>(error: unknown, code?: C): error is PageError<C> {
    if (typeof error !== "object" || error === null) return false;
    const named = "name" in error && error.name === "SharedCertificateError" && "code" in error;
    return named && typeof error.code === "string" && (code === undefined || error.code === code);
  }
}
