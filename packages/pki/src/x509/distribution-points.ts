/**
 * Where a certificate says that its CA publishes the revocation list (CRL发布点), RFC 5280 clause 4.2.1.13. Lists of some reasons only, and those
 * that another authority signs, are left out: taken for complete ones they would hide revocations.
 */
import { AsnConvert } from "@peculiar/asn1-schema";
import { CRLDistributionPoints, DistributionPoint, DistributionPointName, GeneralName } from "@peculiar/asn1-x509";
import { limits } from "@certbridge/protocol/limits";
import { checkDer } from "../der.ts";
import { oid } from "../oid.ts";
import type { Certificate } from "./certificate.ts";

/** Characters of an address. */
const URL_LEN = 2048;
const SCHEMES: readonly string[] = ["http:", "https:"];

/** Whether it is an address of the web, without a name or password in it. */
function isWebUrl(text: string): boolean {
  if (text.length > URL_LEN) return false;
  try {
    const { protocol, username, password } = new URL(text);
    return SCHEMES.includes(protocol) && username === "" && password === "";
  } catch {
    return false;
  }
}

/**
 * The addresses of its issuer's complete list, `http:` and `https:` only, in the certificate's order. None where there is no such extension, or it
 * cannot be read: then nobody is asked, and nothing is refused.
 */
export function readListUrls(certificate: Certificate): readonly string[] {
  const value = certificate.extension(oid.crlDistributionPoints);
  if (value === null) return [];
  try {
    checkDer(value, limits.certificateLen, "distribution points");
    return AsnConvert.parse(value, CRLDistributionPoints).flatMap(({ distributionPoint, reasons, cRLIssuer }) => {
      if (reasons !== undefined || cRLIssuer !== undefined) return [];
      return (distributionPoint?.fullName ?? []).flatMap(({ uniformResourceIdentifier: url = "" }) =>
        isWebUrl(url) ? [url] : [],
      );
    });
  } catch {
    return [];
  }
}

/** The extension's value, DER: one point for each address. */
export function encodeListUrls(urls: readonly string[]): Uint8Array<ArrayBuffer> {
  const points = urls.map((url) => {
    const fullName = [new GeneralName({ uniformResourceIdentifier: url })];
    return new DistributionPoint({ distributionPoint: new DistributionPointName({ fullName }) });
  });
  return new Uint8Array(AsnConvert.serialize(new CRLDistributionPoints(points)));
}
