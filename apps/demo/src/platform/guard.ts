/** What stands before every route of a platform: its own host, strict headers, no posts from foreign pages, errors by code. */
import { isRefusal } from "@certbridge/verify";
import type { Context, MiddlewareHandler } from "hono";
import { type AnswerCode, PlatformError } from "./refusals.ts";

/** No script but the platform's own files; Trusted Types leave no way to make one from text. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

/** The same for a page that hashes what it uploads: WebAssembly of the platform's own. */
const WITH_WEBASSEMBLY = CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'");

export function setSecurityHeaders(context: Context, { wasm = false }: { readonly wasm?: boolean } = {}): void {
  context.header("Content-Security-Policy", wasm ? WITH_WEBASSEMBLY : CONTENT_SECURITY_POLICY);
  context.header("Cross-Origin-Opener-Policy", "same-origin");
  context.header("Referrer-Policy", "no-referrer");
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Cache-Control", "no-store");
}

const READING: readonly string[] = ["GET", "HEAD"];

/** Answers under its own name only, and is changed by its own pages only: the Origin header is the browser's word. */
export function guard(origin: string): MiddlewareHandler {
  const { host } = new URL(origin);
  return async (context, next) => {
    if (context.req.header("host") !== host) return context.text("this server answers for another name", 421);
    setSecurityHeaders(context);
    if (!READING.includes(context.req.method) && context.req.header("origin") !== origin)
      throw new PlatformError("FOREIGN_PAGE");
    return next();
  };
}

const STATUS: Readonly<Partial<Record<AnswerCode, 400 | 401 | 404 | 409 | 413 | 503>>> = {
  TOKEN_MALFORMED: 400,
  SIGNATURE_MALFORMED: 400,
  CREDENTIAL_MALFORMED: 400,
  INVALID_FORM: 400,
  NOT_SIGNED_IN: 401,
  NOT_OPERATOR: 401,
  LOT_UNKNOWN: 404,
  UPLOAD_UNKNOWN: 404,
  NOT_SUBMITTED: 404,
  PART_DAMAGED: 400,
  PACKAGE_MALFORMED: 400,
  RELEASED_KEY_MALFORMED: 400,
  UPLOAD_INCOMPLETE: 409,
  PACKAGE_ID_TAKEN: 409,
  HALL_NOT_OPEN: 409,
  HALL_CLOSED: 409,
  OPENING_BEGUN: 409,
  OPENING_ONLY_LATER: 409,
  OPENING_NOT_BEGUN: 409,
  TIME_STAMP_REFUSED: 503,
  NOT_REGISTERED: 409,
  REGISTRATION_MISSING: 409,
  FILE_TOO_LARGE: 413,
  REVOCATION_UNAVAILABLE: 503,
  CREDENTIAL_STATUS_UNAVAILABLE: 503,
};

/** The page learns the code; everything else stays here. */
export function answerError(error: Error, context: Context): Response {
  if (error instanceof PlatformError || isRefusal(error)) {
    return context.json({ ok: false, code: error.code }, STATUS[error.code] ?? 403);
  }
  process.stderr.write(`platform: ${error.stack ?? error.message}\n`);
  return context.json({ ok: false, code: "PLATFORM_FAILED" satisfies AnswerCode }, 500);
}
