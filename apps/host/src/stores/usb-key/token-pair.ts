/** What is put into a container that is open and logged in to, and its public keys: GM/T 0016-2012 clauses 7.5 and 7.6. */
import { SAR, SkfError } from "./codes.ts";
import { type Handle, type Library, outNumber } from "./library.ts";
import { type EnvelopedKeyParts, StructureError, type Structures } from "./structures.ts";

/** 04 ‖ x ‖ y, 65 bytes; null where the container has no such key, or one of another kind. */
export function publicKeyIn(
  { call }: Library,
  structures: Structures,
  container: Handle,
  isSigning: boolean,
): Uint8Array | null {
  const room = structures.room("ECCPUBLICKEYBLOB");
  try {
    call("SKF_ExportPublicKey", container, isSigning ? 1 : 0, room, outNumber(room.length).room);
    return structures.publicKey(room);
  } catch (error) {
    if (error instanceof SkfError && error.code === SAR.DEVICE_REMOVED) throw error;
    // What is answered where there is none differs from vendor to vendor; an RSA key fills the structure with what cannot be there.
    if (error instanceof SkfError || error instanceof StructureError) return null;
    throw error;
  }
}

/** The encryption pair, encrypted for the container's signing key. It takes the place of the one that is there. @throws SkfError */
export function importPair(
  { call }: Library,
  structures: Structures,
  container: Handle,
  envelope: EnvelopedKeyParts,
): void {
  call("SKF_ImportECCKeyPair", container, structures.envelopedKey(envelope));
}

/** DER. @throws SkfError */
export function importCertificate({ call }: Library, container: Handle, isSigning: boolean, der: Uint8Array): void {
  call("SKF_ImportCertificate", container, isSigning ? 1 : 0, Buffer.from(der), der.length);
}
