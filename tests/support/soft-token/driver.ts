/** Drives a library with SKF's functions as plainly as can be, for the tests of the token itself: numbers and bytes, no meaning. */
import koffi from "koffi";
import { LAYOUTS } from "./variants.ts";
import type { Layout } from "./variants.ts";

/** Arguments: h a handle, u a ULONG, p an address (or a text), b a BLOCKCIPHERPARAM by value. From clause 7 of GM/T 0016-2012. */
export const SIGNATURES = {
  WaitForDevEvent: "ppp",
  CancelWaitForDevEvent: "",
  EnumDev: "upp",
  ConnectDev: "pp",
  DisConnectDev: "h",
  GetDevState: "pp",
  SetLabel: "hp",
  GetDevInfo: "hp",
  LockDev: "hu",
  UnlockDev: "h",
  Transmit: "hpupp",
  ChangeDevAuthKey: "hpu",
  DevAuth: "hpu",
  ChangePIN: "huppp",
  GetPINInfo: "huppp",
  VerifyPIN: "hupp",
  UnblockPIN: "hppp",
  ClearSecureState: "h",
  CreateApplication: "hppupuup",
  EnumApplication: "hpp",
  DeleteApplication: "hp",
  OpenApplication: "hpp",
  CloseApplication: "h",
  CreateFile: "hpuuu",
  DeleteFile: "hp",
  EnumFiles: "hpp",
  GetFileInfo: "hpp",
  ReadFile: "hpuupp",
  WriteFile: "hpupu",
  CreateContainer: "hpp",
  DeleteContainer: "hp",
  EnumContainer: "hpp",
  OpenContainer: "hpp",
  CloseContainer: "h",
  GetContainerType: "hp",
  ImportCertificate: "hupu",
  ExportCertificate: "hupp",
  GenRandom: "hpu",
  GenRSAKeyPair: "hup",
  ImportRSAKeyPair: "hupupu",
  RSASignData: "hpupp",
  RSAVerify: "hppupu",
  RSAExportSessionKey: "hupppp",
  GenECCKeyPair: "hup",
  ImportECCKeyPair: "hp",
  ECCSignData: "hpup",
  ECCVerify: "hppup",
  ECCExportSessionKey: "huppp",
  ExtECCEncrypt: "hppup",
  GenerateAgreementDataWithECC: "huppup",
  GenerateKeyWithECC: "hpppup",
  GenerateAgreementDataAndKeyWithECC: "huppppupup",
  ExportPublicKey: "hupp",
  ImportSessionKey: "hupup",
  EncryptInit: "hb",
  Encrypt: "hpupp",
  EncryptUpdate: "hpupp",
  EncryptFinal: "hpp",
  DecryptInit: "hb",
  Decrypt: "hpupp",
  DecryptUpdate: "hpupp",
  DecryptFinal: "hpp",
  DigestInit: "huppup",
  Digest: "hpupp",
  DigestUpdate: "hpu",
  DigestFinal: "hpp",
  MacInit: "hpp",
  Mac: "hpupp",
  MacUpdate: "hpu",
  MacFinal: "hpp",
  CloseHandle: "h",
} as const;

export type Name = keyof typeof SIGNATURES;
type Argument = bigint | number | string | Uint8Array | Out | null | CipherParameter;

/** A function of a library. */
type Bound = ReturnType<ReturnType<typeof koffi.load>["func"]>;

/** BLOCKCIPHERPARAM. */
export interface CipherParameter {
  readonly IV: readonly number[];
  readonly IVLen: number;
  readonly PaddingType: number;
  readonly FeedBitLen: number;
}

/** Room for a number or a handle that comes back. It begins as ones, so that what is not written is seen. */
export class Out {
  readonly bytes = Buffer.alloc(8, 0xff);
  readonly #wide: boolean;

  constructor(wide: boolean, value?: number) {
    this.#wide = wide;
    if (value !== undefined) this.bytes.writeBigUInt64LE(BigInt(value));
  }

  get handle(): bigint {
    return this.bytes.readBigUInt64LE();
  }

  get value(): number {
    return this.#wide ? Number(this.bytes.readBigUInt64LE()) : this.bytes.readUInt32LE();
  }
}

export function openLibrary(path: string, layout: Layout) {
  const { ulong, packed } = LAYOUTS.find(({ name }) => name === layout) ?? LAYOUTS[0];
  const wide = ulong === 8;
  const library = koffi.load(path);
  const number = wide ? "uint64_t" : "uint32_t";
  const fields = { IV: "uint8_t[32]", IVLen: number, PaddingType: number, FeedBitLen: number };
  const parameter = packed ? koffi.pack(fields) : koffi.struct(fields);
  const types = { h: "uint64_t", u: number, p: "void *", b: parameter };
  const bound = new Map<string, Bound>();

  function bind(name: string, signature: string): Bound {
    const known = bound.get(name);
    if (known !== undefined) return known;
    const made = library.func(
      `SKF_${name}`,
      number,
      Array.from(signature, (letter) => types[letter as keyof typeof types]),
    );
    bound.set(name, made);
    return made;
  }

  const plain = (argument: Argument) => {
    if (argument instanceof Out) return argument.bytes;
    return typeof argument === "string" ? Buffer.from(`${argument}\0`) : argument;
  };

  return {
    wide,
    out: (value?: number) => new Out(wide, value),
    has(name: string): boolean {
      try {
        bind(name, "");
        bound.delete(name);
        return true;
      } catch {
        return false;
      }
    },
    /** Calls and gives the code. */
    call: (name: Name, ...args: Argument[]): number => Number(bind(name, SIGNATURES[name])(...args.map(plain))),
    /** A function that is not the standard's. */
    callAs: (name: string, signature: string, ...args: Argument[]): number =>
      Number(bind(name, signature)(...args.map(plain))),
    /** On another thread. */
    callLater: (name: Name, ...args: Argument[]): Promise<number> =>
      new Promise((done, fail) => {
        bind(name, SIGNATURES[name]).async(...args.map(plain), (error: unknown, code: number | bigint) =>
          error === null || error === undefined ? done(Number(code)) : fail(error),
        );
      }),
    layout: () => library.func("const char *SoftToken_Layout()")() as string,
  };
}

export type Library = ReturnType<typeof openLibrary>;

/** A list of names as clause 7 gives it. */
export const namesIn = (bytes: Uint8Array): string[] =>
  Buffer.from(bytes)
    .toString()
    .split("\0")
    .filter((name) => name !== "");
