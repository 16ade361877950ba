/**
 * Profile of a vendor's SKF library (厂商接口库配置): in what it differs from the others, as data. GM/T 0016-2012 leaves the layout of structures open, and
 * libraries heed the rest differently; what is written down here was seen, by the probe and by the self-test at enrolment. docs/devices.md
 *
 * A field that is left out says what the standard says, so that profiles written before the field was known are read as they were meant.
 */
import * as v from "valibot";

/** Names of functions, the standard's and the library's. */
const functionName = v.pipe(v.string(), v.regex(/^SKF_[A-Za-z]{1,60}$/));

const fields = {
  /** ULONG in bytes, and whether structures have gaps. */
  layout: v.strictObject({ ulongLen: v.picklist([4, 8]), packing: v.picklist(["packed", "natural"]) }),
  /** What ECCSignData is given: e = SM3(Z ‖ M), as the standard has it, or the message, which the key then hashes under the default id itself. */
  signInput: v.picklist(["digest", "message"]),
  /** Which ids it has for SM2: those of GM/T 0016-2012 (signing 0x20100), of GM/T 0006-2012 (0x20200), or 0x20300 for all. */
  algorithms: v.optional(v.picklist(["2012", "0006", "0300"]), "2012"),
  /** What ImportSessionKey takes: an ECCCIPHERBLOB, as the standard has it, or 04 ‖ x ‖ y ‖ C3 ‖ C2; `none` where it opens neither. */
  sessionKey: v.optional(v.picklist(["blob", "raw", "none"]), "blob"),
  /**
   * A private-key decryption beside the standard: A ECCDecrypt(container, blob, out, length), B ECCDecrypt(container, number, blob, out, length), C and D
   * PrvKeyDecrypt in the same two shapes. Tried where ImportSessionKey opens nothing.
   */
  decrypt: v.optional(v.picklist(["none", "A", "B", "C", "D"]), "none"),
  /** How many bytes ImportECCKeyPair takes `cbEncryptedPriKey` for: the whole array, zeros before the key, or the key alone. */
  envelopedPlainLen: v.optional(v.picklist([64, 32]), 64),
  /** In what DEVINFO's texts are written; `auto` where they were all ASCII, and each is judged by itself. */
  strings: v.optional(v.picklist(["auto", "utf8", "gbk"]), "auto"),
  /** Whether WaitForDevEvent waits; where it is missing or comes back at once, the list of devices is asked for again and again. */
  wait: v.optional(v.picklist(["blocking", "poll"]), "blocking"),
  /** How its functions are called: tells anything in 32 bits on Windows only, where stdcall also decorates names (`_SKF_VerifyPIN@16`). */
  callConvention: v.optional(v.picklist(["cdecl", "stdcall"]), "cdecl"),
  /** The processor that the file is built for, by the names of Node's; null where the file did not tell. */
  architecture: v.optional(
    v.nullable(v.picklist(["x64", "ia32", "arm64", "arm", "loong64", "riscv64", "ppc64"])),
    null,
  ),
  /** Functions that it has under another name: the standard's, and its own. */
  names: v.optional(v.record(functionName, functionName), {}),
} as const;

/** How it was found out: by the poisoned buffers, in the file, among the names it exports, by a trial with the PIN, by a key that was imported. */
const evidence = v.picklist(["probe", "file", "exports", "self-test", "import"]);

export const deviceProfile = v.strictObject({
  ...fields,
  /** Of each field how it was found out; what has no word here is what the standard says, and nobody tried. */
  evidence: v.optional(v.record(v.picklist(Object.keys(fields) as (keyof typeof fields)[]), evidence), {}),
});

export type DeviceProfile = v.InferOutput<typeof deviceProfile>;
