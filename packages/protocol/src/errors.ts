/**
 * Every error that crosses a boundary, by code. Codes are added, never renamed. The words for people stand in the
 * extension's locales under `error_<CODE>`; what a site may do is told by {@link isRetriable}.
 *
 * Each docstring says: what it means · who raises it · what the person does.
 */
export interface ErrorDetails {
  /** The companion program (互认通程序) is not installed or its manifest is not found · background · install it. */
  HOST_MISSING: undefined;
  /**
   * The browser refuses to let this extension start the program (Firefox does not tell this from a missing one) · background · repair
   * by `certbridge-host install`.
   */
  HOST_FORBIDDEN: undefined;
  /** The program is older than the extension needs · background · update it. */
  HOST_OUTDATED: { readonly found: string; readonly needed: string };
  /** The extension is older than the program needs · background · update it. */
  EXTENSION_OUTDATED: { readonly found: string; readonly needed: string };
  /** The program that answers has another identity than the one that the person trusts · background · trust it, or repair. */
  HOST_CHANGED: undefined;
  /** The program does not know this extension, and no place is open for it · host · run `certbridge-host install` again. */
  NOT_PAIRED: undefined;
  /** The program ended or sent what is no answer · background · try again, else `certbridge-host doctor`. */
  HOST_FAILED: undefined;
  /** The extension or the browser was interrupted after the person had agreed; nothing was delivered · background · ask again. */
  INTERRUPTED: undefined;
  /** The verb, format or option is not known here · relay, background, host · update. */
  UNSUPPORTED_OPERATION: { readonly operation: string };
  /** The caller is no secure top-level page with an origin of its own · relay, background · open the page over https. */
  INSECURE_CONTEXT: undefined;
  /** The document is not the one in front in its window · background · show the page and ask again. */
  NOT_IN_FRONT: undefined;
  /** The request is not of the documented shape · page, relay, background, host · the site's developer. */
  INVALID_REQUEST: { readonly path: string };
  /** A limit of size was passed · relay, background, host · the site's developer. */
  TOO_LARGE: { readonly limit: number };
  /** Too many requests at once or in a minute · background · wait. */
  TOO_MANY_REQUESTS: { readonly limit: number };
  /** A picked file or Blob can no longer be read, or has other bytes than it had · workshop, bid · pick it again. */
  CONTENT_UNREADABLE: { readonly name: string };
  /** The browser has no room for the encrypted package · workshop · free some, then ask again. */
  STORAGE_FULL: undefined;
  /** The person said no, or closed the window · background · ask again if it was a mistake. */
  USER_DECLINED: undefined;
  /** This origin is not in the registry, or the person or an administrator withdrew it · background · options page. */
  SITE_NOT_ALLOWED: undefined;
  /** The administrator's policy forbids it, by the key that is named · background · ask the administrator. */
  BLOCKED_BY_POLICY: { readonly policy: string };
  /** Nobody answered in time; or what was begun by a consent is over, and its key closed · background, host · ask again. */
  CONSENT_EXPIRED: undefined;
  /** The page gave up (its signal), or the document went away · page, background · nothing. */
  CANCELLED: undefined;
  /** No key that fits is present. To a site without consent this reads as USER_DECLINED · host · insert or import one. */
  KEY_NOT_FOUND: undefined;
  /** The certificate cannot be used for this · host · renew it or choose another. */
  CERTIFICATE_UNUSABLE: { readonly reason: "expired" | "not-yet-valid" | "wrong-usage" };
  /** Wrong PIN. Only ever shown to the person, never to a site · host · type it again. */
  PIN_INCORRECT: { readonly triesLeft: number; readonly retryAt: string | null };
  /** Too many wrong PINs: the key is locked for good, or (software) until `retryAt` · host · wait, or the CA's service. */
  PIN_LOCKED: { readonly retryAt: string | null };
  /** Wrong PINs on behalf of this origin reached the limit of an hour · background · go on in the popup. */
  PIN_PAUSED: undefined;
  /** One try is left before the key (CA锁) is locked; the PIN was not tried · host · be sure of it, say so, and type it again. Never shown to a site. */
  PIN_LAST_TRY: undefined;
  /** The key (CA锁) was pulled while it was used · host · plug it in and type the PIN again. Never shown to a site. */
  DEVICE_REMOVED: undefined;
  /** Another program has the key (CA锁): which, for which platform, and since when (ISO 8601), where it says so · host · close it, or wait, then try again. */
  DEVICE_BUSY: { readonly by: string | null; readonly since: string | null };
  /** The key (CA锁) answered with an error that no other code is for: `call`, a function of SKF, and `code`, its answer · host · the CA's service. */
  DEVICE_FAILED: { readonly call: string; readonly code: string };
  /**
   * The vendor's library (驱动) ended or hung, `paused` after it did so again and again; it is another file than was enrolled, one that others can write, cannot
   * be loaded, or is built for another architecture than this program · host · try again, else reinstall the driver and enrol it.
   */
  DRIVER_FAILED: {
    readonly fault: "ended" | "hung" | "paused" | "changed" | "writable" | "not-loaded" | "wrong-architecture";
  };
  /** The key store's file is damaged or was altered · host · restore from the exported copy. */
  STORE_DAMAGED: undefined;
  /** Another companion program is using the keys' files, for longer than one waits · host · try again. */
  STORE_BUSY: undefined;
  /** The credential's issuer is not the platform that asks to save it · background, host · the platform's support. */
  CREDENTIAL_NOT_OF_THIS_PLATFORM: undefined;
  /** The credential speaks of another bidder than the certificate just used · host · use the certificate it was issued to. */
  CREDENTIAL_NOT_OF_THIS_BIDDER: undefined;
  /** A notice, order or receipt is not signed by the platform of the page that brings it, as the registry has it · host · the platform's support. */
  PLATFORM_UNPROVED: { readonly what: "notice" | "order" | "receipt" };
  /** A newer notice of this lot was seen, or one of the same number that says something else · host · reload the page. */
  NOTICE_OUTDATED: undefined;
  /** What a notice names cannot be used: the rescue committee's certificate is none that can be encrypted to; nothing was encrypted · host · the platform's support. */
  NOTICE_REFUSED: { readonly rule: "committee-certificate" };
  /** The order does not fit the bid, its time stamp does not hold, or it is not its time; no key was released · host · the platform's support. */
  ORDER_REFUSED: {
    readonly rule: "lot" | "opening" | "time-stamp" | "too-early" | "too-late" | "room-certificate";
  };
  /** A check before a bid is handed in (投标前检查) proved something to be wrong; no bid was signed · host · put it right, then encrypt again. */
  BID_REFUSED: { readonly rule: string };
  /** As many bids are being encrypted as may be at once; the PIN was not tried. Never shown to a site · host · let one of them come to its end, then try again. */
  BIDS_IN_THE_MAKING: { readonly limit: number };
  /**
   * This computer's clock is before the opening, by the time stamp of the order it is past; all else holds · host · compare both times, set
   * the clock or go on. Never shown to a site.
   */
  CLOCK_BEHIND: { readonly stampedAt: string; readonly localAt: string };
  /** Bytes are not what they claim to be (certificate, credential, message, bid package) · pki, bid, host · the sender. */
  MALFORMED: { readonly what: string };
  /**
   * A bid package or key block did not open: another key, or altered. One answer for every failure of key, segments and what is in
   * them · bid · another of the bidder's keys, or the copy that the platform has.
   */
  BID_NOT_OPENED: undefined;
  /**
   * A backup key file (备用密钥文件) with this passphrase gave no key for this order: `not-opened`, a wrong passphrase or a damaged file, one
   * answer; or `another-bid`, made for another lot. Never shown to a site · bid, background · type it again, from `retryAt` on; or pick the right file.
   */
  BACKUP_KEY_REFUSED: { readonly fault: "not-opened" | "another-bid"; readonly retryAt: string | null };
  /**
   * A notice asks for the legacy profile (旧格式), and the registry does not mark its platform for it; nothing was encrypted · host · the
   * platform's support.
   */
  LEGACY_NOT_REGISTERED: undefined;
  /**
   * A package in the legacy profile that another program made: with a key in a device only a private function of its vendor decrypts so large an
   * envelope, and a page has no bid in it · bid, host · open it with the program that made it; with a key in a file, by `certbridge-host keys open`.
   */
  VENDOR_DECRYPT_NEEDED: undefined;
  /** Our own fault · anyone · report it with the id. */
  INTERNAL: { readonly reportId: string };
}

/** The closed union of the codes. */
export type ErrorCode = keyof ErrorDetails;

/** What a site may do: ask again as it is (true), or change something first (false). The compiler keeps the list whole. */
const RETRIABLE: Readonly<Record<ErrorCode, boolean>> = {
  HOST_MISSING: true,
  HOST_FORBIDDEN: false,
  HOST_OUTDATED: false,
  EXTENSION_OUTDATED: false,
  HOST_CHANGED: false,
  NOT_PAIRED: false,
  HOST_FAILED: true,
  INTERRUPTED: true,
  UNSUPPORTED_OPERATION: false,
  INSECURE_CONTEXT: false,
  NOT_IN_FRONT: true,
  INVALID_REQUEST: false,
  TOO_LARGE: false,
  TOO_MANY_REQUESTS: true,
  CONTENT_UNREADABLE: true,
  STORAGE_FULL: true,
  USER_DECLINED: true,
  SITE_NOT_ALLOWED: false,
  BLOCKED_BY_POLICY: false,
  CONSENT_EXPIRED: true,
  CANCELLED: true,
  KEY_NOT_FOUND: true,
  CERTIFICATE_UNUSABLE: false,
  PIN_INCORRECT: true,
  PIN_LOCKED: false,
  PIN_PAUSED: false,
  PIN_LAST_TRY: true,
  DEVICE_REMOVED: true,
  DEVICE_BUSY: true,
  DEVICE_FAILED: false,
  DRIVER_FAILED: true,
  STORE_DAMAGED: false,
  STORE_BUSY: true,
  CREDENTIAL_NOT_OF_THIS_PLATFORM: false,
  CREDENTIAL_NOT_OF_THIS_BIDDER: false,
  PLATFORM_UNPROVED: false,
  NOTICE_OUTDATED: false,
  NOTICE_REFUSED: false,
  ORDER_REFUSED: false,
  BID_REFUSED: false,
  BIDS_IN_THE_MAKING: true,
  CLOCK_BEHIND: true,
  MALFORMED: false,
  BID_NOT_OPENED: false,
  BACKUP_KEY_REFUSED: true,
  LEGACY_NOT_REGISTERED: false,
  VENDOR_DECRYPT_NEEDED: false,
  INTERNAL: false,
};

/** Every code, for those who must have words or answers for each. */
export const errorCodes = Object.keys(RETRIABLE) as readonly ErrorCode[];

/** Whether it is a code of this list; one of a newer peer is not. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(RETRIABLE, code);
}

/** Whether a site may ask again as it is. */
export function isRetriable(code: ErrorCode): boolean {
  return RETRIABLE[code];
}

/** An error as plain data, for every hop. */
export interface ErrorRecord<C extends ErrorCode = ErrorCode> {
  readonly code: C;
  readonly details: ErrorDetails[C] | null;
  readonly message: string;
  readonly retriable: boolean;
}

type Words<C extends ErrorCode> = ErrorDetails[C] extends undefined
  ? [details?: undefined, options?: ErrorOptions & { message?: string }]
  : [details: ErrorDetails[C], options?: ErrorOptions & { message?: string }];

/** An expected failure of an operation, inside our own programs. The message is for developers and holds nobody's data. */
export class OperationError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly details: ErrorDetails[C] | undefined;

  constructor(code: C, ...[details, options]: Words<C>) {
    super(options?.message ?? code, options);
    this.name = "OperationError";
    this.code = code;
    this.details = details;
  }

  get retriable(): boolean {
    return isRetriable(this.code);
  }

  static is<C extends ErrorCode>(error: unknown, code: C): error is OperationError<C> {
    return error instanceof OperationError && error.code === code;
  }

  toRecord(): ErrorRecord<C> {
    return {
      code: this.code,
      details: this.details ?? null,
      message: this.message,
      retriable: this.retriable,
    };
  }

  /** The inverse of {@link toRecord}, for the receiving side of a hop. An unknown code of a newer peer becomes INTERNAL. */
  static fromRecord(record: { code: string; details?: unknown; message?: string | undefined }): OperationError {
    if (!isErrorCode(record.code)) {
      return new OperationError("INTERNAL", { reportId: "unknown-code" }, { message: record.code });
    }
    const words = [record.details ?? undefined, { message: record.message ?? record.code }];
    return new OperationError(record.code, ...(words as Words<ErrorCode>));
  }
}
