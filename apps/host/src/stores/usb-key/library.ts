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
import { type Quirks, STANDARD } from "./quirks.ts";

type Koffi = typeof import("koffi");

/** A handle of the library's: an address. */
export type Handle = bigint;

/**
 * What the functions take, one letter a parameter: `n` ULONG or BOOL, `h` handle, `s` string, `p` pointer to room, `b` BLOCKCIPHERPARAM by value. The vendors'
 * decryptions have one name for two shapes: what follows the stroke is ours.
 */
const signatures = {
  SKF_EnumDev: "npp",
  SKF_ConnectDev: "sp",
  SKF_DisConnectDev: "h",
  SKF_GetDevInfo: "hp",
  SKF_LockDev: "hn",
  SKF_UnlockDev: "h",
  SKF_WaitForDevEvent: "ppp",
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
  SKF_ECCDecrypt: "hppp",
  "SKF_ECCDecrypt/numbered": "hnppp",
  SKF_PrvKeyDecrypt: "hppp",
  "SKF_PrvKeyDecrypt/numbered": "hnppp",
} as const;

export type FunctionName = keyof typeof signatures;

/** Names that libraries written before 2012 have for functions of the standard. What they call MACInit and the like is not called here. */
const earlierNames: { readonly [N in FunctionName]?: readonly string[] } = {
  SKF_DisConnectDev: ["SKF_DisconnectDev"],
  // It closed whatever there was to close; here that is session keys.
  SKF_CloseHandle: ["SKF_DestroyKey"],
};

const symbolOf = (name: FunctionName): string => name.split("/")[0] ?? name;

/** Names of the functions that this program may call, each with those that it has in earlier libraries. */
export const functionNames: readonly (readonly string[])[] = Array.from(
  new Set(Object.keys(signatures).map((name) => symbolOf(name as FunctionName))),
  (symbol) => [symbol, ...(earlierNames[symbol as FunctionName] ?? [])],
);

type Argument = number | Handle | string | Buffer;

interface Bound {
  (...args: readonly (Argument | object)[]): number;
  readonly async: (...args: readonly unknown[]) => void;
}

/** What a library exports of what is called here. */
export interface Survey {
  /** Functions under another name: the standard's, and the library's. */
  readonly names: Readonly<Record<string, string>>;
  /** Functions that it has under no name. */
  readonly missing: readonly string[];
}

export interface Library {
  has(name: FunctionName): boolean;
  survey(): Survey;
  /** @throws SkfError for every answer but 0, and NOT_SUPPORTED where the library has no such function */
  call(name: FunctionName, ...args: readonly (Argument | Uint8Array)[]): void;
  /** As {@link call}, on a thread of its own: for what waits. @returns the library's answer */
  wait(name: FunctionName, ...args: readonly (Argument | Uint8Array)[]): Promise<number>;
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

/** PR_SET_PDEATHSIG of prctl(2), and SIGKILL. */
const [PARENT_DEATH_SIGNAL, KILL] = [1, 9];

/**
 * This process ends with its parent, also where it hangs in a library: in Linux by the kernel's word. In Windows libuv has it in a job object that ends with the
 * parent; in macOS nothing of the kind is there, and a process that hangs stays until somebody ends it.
 *
 * @param parent its process number
 */
export function endWithParent(parent: number): void {
  if (process.platform !== "linux") return;
  const prctl = loadKoffi().load(null).func("prctl", "int", ["int", "ulong"]) as (
    option: number,
    signal: number,
  ) => number;
  prctl(PARENT_DEATH_SIGNAL, KILL);
  // It ended before that.
  if (process.ppid !== parent) process.exit(0);
}

/** @param path absolute; whoever asks has checked what lies there. @throws Error where the system cannot load it */
export function openLibrary(path: string, layout: Layout, quirks: Quirks = STANDARD): Library {
  const koffi = loadKoffi();
  const library = koffi.load(path);
  const ulong = layout.ulongLen === 4 ? "uint32" : "uint64";
  const cipherParameters = koffi.struct({ iv: koffi.array("uint8", 32), ivLen: ulong, padding: ulong, bits: ulong });
  const types = { n: ulong, h: "uintptr_t", s: "void *", p: "void *", b: cipherParameters } as const;
  const bound = new Map<FunctionName, Bound | null>();

  function bind(name: FunctionName): Bound | null {
    const known = bound.get(name);
    if (known !== undefined) return known;
    const own = quirks.names[name];
    const symbols = own === undefined ? [symbolOf(name), ...(earlierNames[name] ?? [])] : [own];
    let found: Bound | null = null;
    for (const symbol of symbols) found ??= bindAs(name, symbol);
    bound.set(name, found);
    return found;
  }

  /** Null where the library has no function of this name. */
  function bindAs(name: FunctionName, symbol: string): Bound | null {
    const parameters = Array.from(signatures[name], (letter) => types[letter as keyof typeof types]);
    try {
      // Where the convention is stdcall, in 32 bits on Windows, koffi looks for the decorated name as well.
      return library.func(`__${quirks.callConvention}`, symbol, "uint32", parameters) as Bound;
    } catch {
      return null;
    }
  }

  function survey(): Survey {
    const names: Record<string, string> = {};
    const missing: string[] = [];
    for (const name of Object.keys(signatures) as FunctionName[]) {
      if (bindAs(name, symbolOf(name)) !== null) continue;
      const other = earlierNames[name]?.find((symbol) => bindAs(name, symbol) !== null);
      if (other !== undefined) names[name] = other;
      else if (!missing.includes(symbolOf(name))) missing.push(symbolOf(name));
    }
    return { names, missing };
  }

  const decodeParameters = (bytes: Uint8Array): object => koffi.decode(bytes, cipherParameters) as object;

  return {
    has: (name) => bind(name) !== null,
    survey,
    call(name, ...args) {
      const call = bind(name);
      if (call === null) throw new SkfError(symbolOf(name), SAR.NOT_SUPPORTED);
      const letters = signatures[name];
      const passed = args.map((value, place) => {
        const letter = letters[place];
        if (letter === "b" && value instanceof Uint8Array) return decodeParameters(value);
        if (letter === "s" && typeof value === "string") return Buffer.from(`${value}\0`, "utf8");
        return value;
      });
      const code = call(...passed) >>> 0;
      if (code !== SAR.OK) throw new SkfError(symbolOf(name), code);
    },
    wait(name, ...args) {
      const call = bind(name);
      if (call === null) return Promise.resolve(SAR.NOT_SUPPORTED);
      return new Promise((resolve, reject) => {
        const answered = (error: Error | null, code: number) => {
          if (error === null) resolve(code >>> 0);
          else reject(error);
        };
        call.async(...args, answered);
      });
    },
  };
}
