/**
 * How a library lays out the structures of SKF (GM/T 0016-2012 clause 6.4) in memory. The standard prints the fields and no rule of packing, and says
 * that ULONG has 32 bits, which libraries built for 64-bit Linux do not all heed: so a library's layout is a fact about it, found by the probe (probe.ts)
 * and kept in its profile. Nothing here calls a library.
 */

/** Bytes of ULONG and of a structure's alignment: `packed` lets no gap, `natural` aligns each field to its own size. */
export interface Layout {
  readonly ulongLen: 4 | 8;
  readonly packing: "packed" | "natural";
}

/** Every layout that has been seen. */
export const layouts = [
  { ulongLen: 4, packing: "packed" },
  { ulongLen: 4, packing: "natural" },
  { ulongLen: 8, packing: "packed" },
  { ulongLen: 8, packing: "natural" },
] as const satisfies readonly Layout[];

/** A field: ULONG, so many bytes, or a structure inside. */
type Kind = "ulong" | number | Fields;
type Fields = { readonly [name: string]: Kind };

/** Bytes of a coordinate, a scalar or a hash block in every structure: room for 512 bits, of which SM2 uses the last 256. */
export const SLOT_LEN = 64;

const NAME_LEN = 64;
const LABEL_LEN = 32;

const version = { major: 1, minor: 1 } as const;
const publicKey = { bits: "ulong", x: SLOT_LEN, y: SLOT_LEN } as const;
/** `cipher` is as long as `cipherLen` says; one byte of it counts for the structure's size. */
const cipher = { x: SLOT_LEN, y: SLOT_LEN, hash: 32, cipherLen: "ulong", cipher: 1 } as const;

/** The structures that cross our calls, by the names of GM/T 0016-2012 clause 6.4. */
const structures = {
  DEVINFO: {
    version,
    manufacturer: NAME_LEN,
    issuer: NAME_LEN,
    label: LABEL_LEN,
    serialNumber: LABEL_LEN,
    hardware: version,
    firmware: version,
    symmetricAlgorithms: "ulong",
    asymmetricAlgorithms: "ulong",
    hashAlgorithms: "ulong",
    authAlgorithm: "ulong",
    totalSpace: "ulong",
    freeSpace: "ulong",
    maxEccBuffer: "ulong",
    maxBuffer: "ulong",
    reserved: 64,
  },
  ECCPUBLICKEYBLOB: publicKey,
  ECCSIGNATUREBLOB: { r: SLOT_LEN, s: SLOT_LEN },
  ECCCIPHERBLOB: cipher,
  BLOCKCIPHERPARAM: { iv: 32, ivLen: "ulong", padding: "ulong", feedbackBits: "ulong" },
  ENVELOPEDKEYBLOB: {
    version: "ulong",
    symmetricAlgorithm: "ulong",
    bits: "ulong",
    encryptedPrivateKey: SLOT_LEN,
    publicKey,
    cipher,
  },
} as const satisfies { readonly [name: string]: Fields };

export type StructureName = keyof typeof structures;

export const structureNames = Object.keys(structures) as readonly StructureName[];

/** Where a field lies. */
export interface Span {
  readonly at: number;
  readonly len: number;
}

/** A structure in memory: its size with what the compiler adds at the end, and its fields; those of a structure inside as `outer.inner`. */
export interface Structure {
  readonly len: number;
  readonly align: number;
  readonly fields: ReadonlyMap<string, Span>;
}

const roundUp = (at: number, align: number): number => Math.ceil(at / align) * align;

function lay(fields: Fields, layout: Layout): Structure {
  const { ulongLen, packing } = layout;
  const spans = new Map<string, Span>();
  let [at, widest] = [0, 1];
  const place = (len: number, align: number): number => {
    const own = packing === "packed" ? 1 : align;
    widest = Math.max(widest, own);
    const start = roundUp(at, own);
    at = start + len;
    return start;
  };
  for (const [name, kind] of Object.entries(fields)) {
    if (typeof kind === "object") {
      const inner = lay(kind, layout);
      const start = place(inner.len, inner.align);
      for (const [innerName, span] of inner.fields) {
        spans.set(`${name}.${innerName}`, { at: start + span.at, len: span.len });
      }
    } else {
      const len = kind === "ulong" ? ulongLen : kind;
      spans.set(name, { at: place(len, kind === "ulong" ? ulongLen : 1), len });
    }
  }
  return { len: roundUp(at, widest), align: widest, fields: spans };
}

/** A structure as a library of this layout has it. */
export function structureOf(name: StructureName, layout: Layout): Structure {
  return lay(structures[name], layout);
}
