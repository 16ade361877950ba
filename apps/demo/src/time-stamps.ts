/**
 * A demonstration time-stamping authority (时间戳机构), of the family of authority.ts: its key lives in memory and is made anew at each
 * start. It answers in the form of GM/T 0033 or in RFC 3161's.
 */
import type { Gm } from "@certbridge/gm";
import {
  encodeTimeStampResponse,
  hexOf,
  issueTimeStampToken,
  parseCertificate,
  parseTimeStampRequest,
  type SignedDataFamily,
} from "@certbridge/pki";
import type { Clock, TimeStamping } from "@certbridge/verify";
import type { Authority } from "./authority.ts";

export interface TimeStampAuthority {
  readonly name: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** SM3 of its public key, hexadecimal: for the registry. */
  readonly keySm3: string;
  /** A token over this SM3, as a platform of the same house asks for it. */
  stamp(imprint: Uint8Array, family?: SignedDataFamily): Uint8Array<ArrayBuffer>;
  /** What it answers to a TimeStampReq, DER: a TimeStampResp, DER. RFC 3161 clause 3.4 carries both over HTTP. */
  answer(request: Uint8Array, family?: SignedDataFamily): Uint8Array<ArrayBuffer>;
  /** As a platform uses it. */
  readonly timeStamping: TimeStamping;
}

const SERIAL_LEN = 16;

/** @param authority the CA that its certificate is of */
export function createTimeStampAuthority(options: {
  readonly gm: Gm;
  readonly authority: Authority;
  readonly name: string;
  /** OID of its policy. */
  readonly policy: string;
  /** Default GM/T 0033. */
  readonly family?: SignedDataFamily;
  readonly clock?: Clock;
}): TimeStampAuthority {
  const { gm, authority, name, policy, clock = Date.now } = options;
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const der = authority.issueForTimeStamping(publicKey, name);
  const certificate = parseCertificate(der);
  const keySm3 = hexOf(gm.sm3(publicKey));
  const usual = options.family ?? "gm";

  const common = (family: SignedDataFamily) => ({
    genTime: new Date(clock()),
    serialNumber: crypto.getRandomValues(new Uint8Array(SERIAL_LEN)),
    policy,
    certificate,
    privateKey,
    family,
  });
  const stamp = (imprint: Uint8Array, family = usual) => issueTimeStampToken(gm, { imprint, ...common(family) });

  return {
    name,
    certificate: der,
    keySm3,
    stamp,
    answer(asked, family = usual) {
      try {
        const token = issueTimeStampToken(gm, { request: parseTimeStampRequest(asked), ...common(family) });
        return encodeTimeStampResponse({ status: "granted", token });
      } catch {
        return encodeTimeStampResponse({ status: "rejected", failure: "badRequest", text: null });
      }
    },
    timeStamping: { stamp: async (imprint) => stamp(imprint), keysSm3: [keySm3] },
  };
}
