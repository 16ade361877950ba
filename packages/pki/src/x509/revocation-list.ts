import type { Gm } from "@certbridge/gm";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  CertificateList,
  CRLNumber,
  Extension,
  Name as AsnName,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
} from "@peculiar/asn1-x509";
import { bufferOf, checkDer, elementsOf, hexOf, malformed, sameBytes } from "../der.ts";
import { oid } from "../oid.ts";
import { ProofError } from "../proof-error.ts";
import { encodeSignature, parseSignature } from "../sm2/signature.ts";
import type { Certificate } from "./certificate.ts";
import { type Issuer, sm2WithSm3 } from "./issue.ts";

/** A certificate revocation list (证书吊销列表), RFC 5280 clause 5. */
export interface RevocationList {
  readonly issuer: Uint8Array;
  readonly number: number;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Serial numbers as in {@link Certificate.serialNumber}. */
  readonly revoked: ReadonlySet<string>;
}

const MAX_LEN = 8 * 1024 * 1024;

export function issueRevocationList(
  gm: Gm,
  content: {
    readonly number: number;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
    readonly revoked: readonly { readonly serialNumber: Uint8Array; readonly at: Date }[];
  },
  issuer: Issuer,
): Uint8Array<ArrayBuffer> {
  const tbs = new TBSCertList({
    version: Version.v2,
    signature: sm2WithSm3(),
    issuer: AsnConvert.parse(issuer.name, AsnName),
    thisUpdate: new Time(content.thisUpdate),
    nextUpdate: new Time(content.nextUpdate),
    crlExtensions: [
      new Extension({
        extnID: oid.crlNumber,
        critical: false,
        extnValue: new OctetString(AsnConvert.serialize(new CRLNumber(content.number))),
      }),
    ],
  });
  if (content.revoked.length > 0) {
    tbs.revokedCertificates = content.revoked.map(
      ({ serialNumber, at }) =>
        new RevokedCertificate({ userCertificate: bufferOf(serialNumber), revocationDate: new Time(at) }),
    );
  }
  const signature = gm.sm2Sign(issuer.privateKey, new Uint8Array(AsnConvert.serialize(tbs)));
  const list = new CertificateList({
    tbsCertList: tbs,
    signatureAlgorithm: sm2WithSm3(),
    signature: encodeSignature(signature).buffer,
  });
  return new Uint8Array(AsnConvert.serialize(list));
}

/**
 * The list, as signed by this issuer and in force at this instant.
 *
 * @throws OperationError MALFORMED · ProofError SIGNATURE_INVALID, CHAIN_UNTRUSTED (another issuer), CHAIN_CONSTRAINT, REVOCATION_STALE
 */
export function verifyRevocationList(
  gm: Pick<Gm, "sm2Verify">,
  der: Uint8Array,
  issuer: Certificate,
  at: Date,
): RevocationList {
  checkDer(der, MAX_LEN, "revocation list");
  const [tbs] = elementsOf(der);
  const [, , issuerName] = tbs === undefined ? [] : elementsOf(tbs);
  if (tbs === undefined || issuerName === undefined) throw malformed("revocation list");
  let parsed: CertificateList;
  try {
    parsed = AsnConvert.parse(der, CertificateList);
  } catch (error) {
    throw malformed("revocation list", error);
  }
  const { tbsCertList } = parsed;
  if (parsed.signatureAlgorithm.algorithm !== oid.sm2WithSm3) throw malformed("revocation list");
  if (!sameBytes(issuerName, issuer.subject.der)) throw new ProofError("CHAIN_UNTRUSTED");
  if (issuer.keyUsage !== null && !issuer.keyUsage.has("crlSign"))
    throw new ProofError("CHAIN_CONSTRAINT", "cRLSign missing");
  const signature = parseSignature(new Uint8Array(parsed.signature));
  if (!gm.sm2Verify(issuer.publicKey, tbs, signature)) throw new ProofError("SIGNATURE_INVALID");
  const thisUpdate = tbsCertList.thisUpdate.getTime();
  const nextUpdate = tbsCertList.nextUpdate?.getTime();
  if (nextUpdate === undefined || at < thisUpdate || at > nextUpdate) throw new ProofError("REVOCATION_STALE");
  const numberDer = tbsCertList.crlExtensions?.find((extension) => extension.extnID === oid.crlNumber)?.extnValue;
  return {
    issuer: issuerName,
    number: numberDer === undefined ? 0 : AsnConvert.parse(numberDer.buffer, CRLNumber).value,
    thisUpdate,
    nextUpdate,
    revoked: new Set(
      (tbsCertList.revokedCertificates ?? []).map((entry) =>
        hexOf(new Uint8Array(entry.userCertificate)).toUpperCase(),
      ),
    ),
  };
}
