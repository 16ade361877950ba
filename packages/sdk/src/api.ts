/**
 * `window.sharedCertificate` as a page sees it: one method per verb of the grammar, each with one options object. The extension
 * puts it there; this package only names its types. docs/operations/
 */
import type { Params, Result } from "@certbridge/protocol/page";
import type { OperationName } from "@certbridge/protocol/page/names";
import type { Progress } from "@certbridge/protocol/page/wire";

/** What every call may bring beside its own options. */
export interface CallOptions {
  /** Gives up: the call rejects with CANCELLED, and the window closes. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** How long the person may take, up to ten minutes; two minutes unless told. */
  readonly timeoutMs?: number;
}

type Options<N extends OperationName> = Params<N> & CallOptions;
type Answer<N extends OperationName> = Promise<Result<N>>;

type ByOrder = Extract<Params<"decrypt">, { readonly order: string }>;
type OwnPackage = Extract<Params<"decrypt">, { readonly package: Blob }>;

/** Frozen, present at document start in top frames of participating https origins. */
export interface SharedCertificate {
  readonly apiVersion: string;
  /** What is supported here, never who is there. */
  status(options?: CallOptions): Answer<"status">;
  register(options: Options<"register">): Answer<"register">;
  saveRegistration(options: Options<"saveRegistration">): Answer<"saveRegistration">;
  login(options: Options<"login">): Answer<"login">;
  sign(options: Options<"sign">): Answer<"sign">;
  encrypt(options: Options<"encrypt">): Answer<"encrypt">;
  saveReceipt(options: Options<"saveReceipt">): Answer<"saveReceipt">;
  updateNotice(options: Options<"updateNotice">): Answer<"updateNotice">;
  rehearse(options: Options<"rehearse">): Answer<"rehearse">;
  /** At the bid opening: the key, for the room that the order names. */
  decrypt(options: ByOrder & CallOptions): Promise<Extract<Result<"decrypt">, { readonly releasedKey: string }>>;
  /** For the bidder's own use: the extension saves the files, the page gets none. */
  decrypt(options: OwnPackage & CallOptions): Promise<Extract<Result<"decrypt">, { readonly packageId: string }>>;
  jobs(options?: Options<"jobs">): Answer<"jobs">;
}

declare global {
  interface Window {
    readonly sharedCertificate?: SharedCertificate;
  }
}
