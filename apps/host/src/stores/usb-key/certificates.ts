/** Certificates as keys hold them: a key may hold anything, and RSA beside SM2. */
import { type Certificate, parseCertificate } from "@certbridge/pki";

/** Null where there are no bytes, or where they are no certificate that is read here. */
export function certificateIn(der: Uint8Array | null): Certificate | null {
  if (der === null) return null;
  try {
    return parseCertificate(der);
  } catch {
    return null;
  }
}
