import type { OperationName } from "@certbridge/protocol/page/names";
import type { Params, Result } from "@certbridge/protocol/page";
import type { Progress } from "@certbridge/protocol/page/wire";

/** What every call may take beside its own parameters. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** How long the person may take, in ms; 2 minutes unless told, at most 10. */
  readonly timeoutMs?: number;
}

type Call<N extends OperationName> = keyof Params<N> extends never
  ? (options?: CallOptions) => Promise<Result<N>>
  : (options: Params<N> & CallOptions) => Promise<Result<N>>;

/** `window.sharedCertificate`, version 1. Our own API: the national text is not public, and this does not claim to be it. */
export type SharedCertificate = { readonly [N in OperationName]: Call<N> } & { readonly apiVersion: string };

/** Why there is no API on this page, with the sentence to show. */
export class NotHereError extends Error {
  readonly code: "EXTENSION_MISSING" | "BROWSER_OUTDATED" | "INSECURE_CONTEXT";
  /** What to tell the bidder, in Chinese. */
  readonly words: string;

  constructor(code: NotHereError["code"], words: string) {
    super(code);
    this.name = "NotHereError";
    this.code = code;
    this.words = words;
  }
}

declare global {
  interface Window {
    readonly sharedCertificate?: SharedCertificate;
  }
}

/**
 * The API of this page. It is there before the page's first script; nothing has to be waited for.
 *
 * @throws NotHereError, with one sentence for the bidder
 */
export function sharedCertificate(): SharedCertificate {
  if (window.sharedCertificate !== undefined) return window.sharedCertificate;
  if (typeof structuredClone !== "function") {
    throw new NotHereError("BROWSER_OUTDATED", "当前是兼容模式（或浏览器版本过低），请切换到极速模式。");
  }
  if (!window.isSecureContext) throw new NotHereError("INSECURE_CONTEXT", "请用 https:// 开头的网址打开本页。");
  throw new NotHereError("EXTENSION_MISSING", "未检测到互认通扩展。请安装扩展，然后刷新本页。");
}
