import { loadGm } from "@certbridge/gm/node";
import type { Gm } from "@certbridge/gm";
import {
  element,
  encodeName,
  issueCertificate,
  oid,
  parseCertificate,
  type Certificate,
  type CertificateContent,
  type Issuer,
} from "@certbridge/pki";

/** A key, its certificate, and what it takes to issue with it. */
export interface Party {
  readonly privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly certificate: Certificate;
  readonly issuer: Issuer;
}

export const DAY = 24 * 3600_000;
/** The instant at which the tests of certificates live. */
export const NOW = new Date("2026-11-23T09:00:00Z");

export const gm: Gm = await loadGm();

let serial = 0x1000;

/** Issues a certificate; self-signed where there is no issuer. */
export function party(
  commonName: string,
  by: Party | null,
  content: Partial<CertificateContent> & Pick<CertificateContent, "keyUsage">,
  organization = "互认测试机构",
): Party {
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const name = encodeName([
    [oid.country, "CN"],
    [oid.organization, organization],
    [oid.commonName, commonName],
  ]);
  const issuer = { name: content.subject ?? name, privateKey, publicKey };
  serial++;
  const der = issueCertificate(
    gm,
    {
      subject: name,
      publicKey,
      serialNumber: Uint8Array.of(0x01, serial >> 8, serial & 0xff),
      notBefore: new Date(NOW.getTime() - DAY),
      notAfter: new Date(NOW.getTime() + 365 * DAY),
      ...content,
    },
    by?.issuer ?? issuer,
  );
  return { privateKey, publicKey, certificate: parseCertificate(der), issuer };
}

/** extendedKeyUsage with timeStamping alone, RFC 3161 clause 2.3. */
const TIME_STAMPING = element(0x30, Uint8Array.of(6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 8));

/** A time stamping authority. */
export function timeStamper(by: Party | null, content: Partial<CertificateContent> = {}): Party {
  const extensions = [{ type: oid.extendedKeyUsage, critical: true, value: TIME_STAMPING }];
  return party("时间戳", by, { keyUsage: ["digitalSignature"], extensions, ...content });
}

/** A root, a sub-CA below it, and a holder's signing certificate below that. */
export function threeTiers() {
  const root = party("根", null, { keyUsage: ["keyCertSign", "cRLSign"], ca: { pathLen: null } });
  const sub = party("子CA", root, { keyUsage: ["keyCertSign", "cRLSign"], ca: { pathLen: 0 } });
  const leaf = party("张三", sub, { keyUsage: ["digitalSignature", "nonRepudiation"] });
  return { root, sub, leaf };
}
