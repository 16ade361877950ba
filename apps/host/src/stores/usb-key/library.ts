/**
 * A vendor's library, opened: its functions bound by name when they are first called, so that a missing one is a missing feature and no more. Runs in a worker
 * only, for a wrong pointer ends the process. GM/T 0016-2012 clause 7.
 *
 * ULONGs that a library writes come back in eight zeroed bytes, of which the lower four count: one that believes ULONG wider than it is does no harm.
 * Handles are pointers, and never looked into.
 */
import { createRequire } from "node:module";
import type { Layout } from "./layout.ts";
import { SAR, SkfError } from "./codes.ts";

type Koffi = typeof import("koffi");

/** A handle of the library's: an address. */
export type Handle = bigint;

/** What the functions take, one letter a parameter: `n` ULONG or BOOL, `h` handle, `s` string, `p` pointer to room, `b` BLOCKCIPHERPARAM by value. */
const signatures = {
  SKF_EnumDev: "npp",
  SKF_ConnectDev: "sp",
  SKF_DisConnectDev: "h",
  SKF_GetDevInfo: "hp",
  SKF_LockDev: "hn",
  SKF_UnlockDev: "h",
  SKF_WaitForDevEvent: "ppp",
  SKF_CancelWaitForDevEvent: "",
  SKF_ChangePIN: "hnssp",
  SKF_GetPINInfo: "hnppp",
  SKF_VerifyPIN: "hnsp",
  SKF_ClearSecureState: "h",
  SKF_EnumApplication: "hpp",
  SKF_OpenApplication: "hsp",
  SKF_CloseApplication: "h",
  SKF_EnumContainer: "hpp",
  SKF_OpenContainer: "hsp",
  SKF_CloseContainer: "h",
  SKF_ExportCertificate: "hnpp",
  SKF_ImportCertificate: "hnpn",
  SKF_ExportPublicKey: "hnpp",
  SKF_ECCSignData: "hpnp",
  SKF_ImportECCKeyPair: "hp",
  SKF_ImportSessionKey: "hnpnp",
  SKF_DecryptInit: "hb",
  SKF_Decrypt: "hpnpp",
  SKF_CloseHandle: "h",
} as const;

export type FunctionName = keyof typeof signatures;

type Argument = number | Handle | string | Buffer;

type Bound = (...args: readonly (Argument | object)[]) => number;

export interface Library {
  has(name: FunctionName): boolean;
  /** @throws SkfError for every answer but 0, and NOT_SUPPORTED where the library has no such function */
  call(name: FunctionName, ...args: readonly (Argument | Uint8Array)[]): void;
  close(): void;
}

/** A ULONG for a library to write, and what it wrote. */
export function outNumber(start = 0): { readonly room: Buffer; value(): number } {
  const room = Buffer.alloc(16);
  room.writeUInt32LE(start, 0);
  return { room, value: () => room.readUInt32LE(0) };
}

export function outHandle(): { readonly room: Buffer; value(): Handle } {
  const room = Buffer.alloc(16);
  return { room, value: () => room.readBigUInt64LE(0) };
}

/**
 * koffi is not bundled: it is a library of the machine's own code, beside the program. The package of this system holds all that is called here; koffi's own
 * loader would give the same, and takes several times as long to find it, in every start of a worker.
 */
function loadKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    return require(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
  } catch {
    return require("koffi") as Koffi;
  }
}

/** @param path absolute; whoever asks has checked what lies there. @throws Error where the system cannot load it */
export function openLibrary(path: string, layout: Layout): Library {
  const koffi = loadKoffi();
  const library = koffi.load(path);
  const ulong = layout.ulongLen === 4 ? "uint32" : "uint64";
  const cipherParameters = koffi.struct({ iv: koffi.array("uint8", 32), ivLen: ulong, padding: ulong, bits: ulong });
  const types = { n: ulong, h: "uintptr_t", s: "void *", p: "void *", b: cipherParameters } as const;
  const bound = new Map<FunctionName, Bound | null>();

  function bind(name: FunctionName): Bound | null {
    const known = bound.get(name);
    if (known !== undefined) return known;
    let found: Bound | null = null;
    try {
      const parameters = Array.from(signatures[name], (letter) => types[letter as keyof typeof types]);
      found = library.func(name, "uint32", parameters) as Bound;
    } catch {
      // The library has no function of this name.
    }
    bound.set(name, found);
    return found;
  }

  const decodeParameters = (bytes: Uint8Array): object => koffi.decode(bytes, cipherParameters) as object;

  return {
    has: (name) => bind(name) !== null,
    call(name, ...args) {
      const call = bind(name);
      if (call === null) throw new SkfError(name, SAR.NOT_SUPPORTED);
      const letters = signatures[name];
      const passed = args.map((value, place) => {
        const letter = letters[place];
        if (letter === "b" && value instanceof Uint8Array) return decodeParameters(value);
        if (letter === "s" && typeof value === "string") return Buffer.from(`${value}\0`, "utf8");
        return value;
      });
      const code = call(...passed) >>> 0;
      if (code !== SAR.OK) throw new SkfError(name, code);
    },
    close: () => library.unload(),
  };
}
