/**
 * What the program and a library's worker say to each other: bytes as bytes, never through text. Both are this program; but in the worker's memory a vendor's
 * library has been at work, so that what comes from there is checked where it is used (store.ts).
 */
import type { Layout } from "./layout.ts";
import type { Survey } from "./library.ts";
import type { Quirks, Way } from "./quirks.ts";
import type { CipherParts, DeviceInfo, EnvelopedKeyParts } from "./structures.ts";

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
  /** Which functions it has, and under which names. */
  survey: { params: Record<string, never>; result: Survey };
  /** Waits for something to be plugged in or pulled: comes back only where the library does not wait. */
  tryWait: { params: Record<string, never>; result: null };
  /** The devices that are plugged in. */
  names: { params: Record<string, never>; result: readonly Uint8Array[] };
  /** What lies on one device. */
  read: { params: { readonly device: Uint8Array }; result: FoundDevice };
  /** `pin` is UTF-8. Sessions of one application share its login, which ends with the last of them. No session's number comes twice. */
  open: {
    params: {
      readonly path: ContainerPath;
      /** The signing certificate that is expected there, DER, null where there is none: no other key gets the PIN. */
      readonly signingCertificate: Uint8Array | null;
      /** Of the device; compared where there is no certificate to know the key by. */
      readonly serialNumber?: Uint8Array;
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
      /** This way alone; by default those of the profile. */
      readonly way?: Way;
    };
    result: Uint8Array;
  };
  /** 04 ‖ x ‖ y; null where there is none. */
  publicKey: { params: { readonly session: number; readonly isSigning: boolean }; result: Uint8Array | null };
  importPair: { params: { readonly session: number; readonly envelope: EnvelopedKeyParts }; result: null };
  importCertificate: {
    params: { readonly session: number; readonly isSigning: boolean; readonly der: Uint8Array };
    result: null;
  };
  /** PINs are UTF-8; the old one opened the session. */
  changePin: {
    params: { readonly session: number; readonly oldPin: Uint8Array; readonly newPin: Uint8Array };
    result: null;
  };
  close: { params: { readonly session: number }; result: null };
  logOut: { params: { readonly path: Omit<ContainerPath, "container"> }; result: null };
  /** The same for whatever is logged in to on a device: by a program that ended without doing so. */
  logOutAll: { params: { readonly device: Uint8Array }; result: null };
}

export type TokenVerb = keyof TokenVerbs;

/** The first message to a worker: what to open, how it is laid out, and in what else it differs. */
export interface Opening {
  readonly library: LibraryFile;
  readonly layout: Layout;
  /** What the standard says, by default. */
  readonly quirks?: Quirks;
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
      readonly what:
        | "library-changed"
        | "writable"
        | "not-loaded"
        | "wrong-architecture"
        | "structure"
        | "no-session"
        | "internal";
    };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: Failure };
