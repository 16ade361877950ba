/**
 * What the program and a library's worker say to each other: bytes as bytes, never through text. Both are this program; but in the worker's memory a vendor's
 * library has been at work, so that what comes from there is checked where it is used (store.ts).
 */
import type { Layout } from "./layout.ts";
import type { CipherParts, DeviceInfo } from "./structures.ts";

/** Names as the library has them: in which encoding nobody says. */
export interface ContainerPath {
  readonly device: Uint8Array;
  readonly application: Uint8Array;
  readonly container: Uint8Array;
}

export interface FoundContainer {
  readonly name: Uint8Array;
  /** DER; null where there is none. */
  readonly signingCertificate: Uint8Array | null;
  readonly encryptionCertificate: Uint8Array | null;
}

export interface FoundApplication {
  readonly name: Uint8Array;
  readonly pin: { readonly triesLeft: number; readonly triesMax: number };
  readonly containers: readonly FoundContainer[];
}

export interface FoundDevice {
  readonly name: Uint8Array;
  readonly info: DeviceInfo;
  readonly applications: readonly FoundApplication[];
}

/** A PIN that did not open; or, the last try, one that was not tried. */
export type OpenedPin =
  | { readonly pin: "incorrect"; readonly triesLeft: number }
  | { readonly pin: "locked" }
  | { readonly pin: "last-try" }
  /** Nor was it tried: another key lies there by now. */
  | { readonly pin: "another-key" };

/** A library, and what it was when it was enrolled. */
export interface LibraryFile {
  /** Absolute. */
  readonly path: string;
  /** SHA-256 of the file, 32 bytes. */
  readonly sha256: Uint8Array;
}

/** What a worker does, and what comes of it. */
export interface TokenVerbs {
  /** GetDevInfo of the first key that is plugged in, twice, into poisoned room; null where there is none. */
  probe: { params: Record<string, never>; result: readonly [Uint8Array, Uint8Array] | null };
  list: { params: Record<string, never>; result: readonly FoundDevice[] };
  /** The devices that are plugged in. */
  names: { params: Record<string, never>; result: readonly Uint8Array[] };
  /** What lies on one device. */
  read: { params: { readonly device: Uint8Array }; result: FoundDevice };
  /** `pin` is UTF-8. Sessions of one application share its login, which ends with the last of them. No session's number comes twice. */
  open: {
    params: {
      readonly path: ContainerPath;
      /** The signing certificate that is expected there, DER: no other key gets the PIN. */
      readonly signingCertificate: Uint8Array;
      readonly pin: Uint8Array;
      readonly mayUseLastTry: boolean;
    };
    result: OpenedPin | { readonly session: number };
  };
  sign: { params: { readonly session: number; readonly input: Uint8Array }; result: Uint8Array };
  decrypt: {
    params: {
      readonly session: number;
      readonly key: CipherParts;
      readonly iv: Uint8Array;
      readonly content: Uint8Array;
    };
    result: Uint8Array;
  };
  close: { params: { readonly session: number }; result: null };
  logOut: { params: { readonly path: Omit<ContainerPath, "container"> }; result: null };
}

export type TokenVerb = keyof TokenVerbs;

/** The first message to a worker: what to open, and how it is laid out. */
export interface Opening {
  readonly library: LibraryFile;
  readonly layout: Layout;
  /** Nothing is asked of this worker: it tells which devices are plugged in, again and again ({@link Plugged}). */
  readonly watches?: true;
}

/** Which devices are plugged in by now. */
export interface Plugged {
  readonly names: readonly Uint8Array[];
}

export interface Call<V extends TokenVerb = TokenVerb> {
  readonly id: number;
  readonly verb: V;
  readonly params: TokenVerbs[V]["params"];
}

/** Why a call came to nothing: the function that the library answered with a code, or the worker's own word. */
export type Failure =
  | { readonly kind: "skf"; readonly call: string; readonly code: number }
  | {
      readonly kind: "worker";
      readonly what: "library-changed" | "not-loaded" | "structure" | "no-session" | "internal";
    };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };
