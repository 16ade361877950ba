/** The demonstration's bidders, the two CAs they go to, and a bidder's keys made in memory for tests and figures. */
import type { Gm } from "@certbridge/gm";
import { createRequest, encodeName, isUscc, oid, openEnvelopedKey } from "@certbridge/pki";
import type { Clock } from "@certbridge/verify";
import { createTimeStampAuthority, type TimeStampAuthority } from "./time-stamps.ts";
import { type Applicant, type Authority, createAuthority, type IssuedPair, type Validity } from "./authority.ts";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Seventeen characters with the check digit that GB 32100-2015 annex B gives them. */
export function completeUscc(head: string): string {
  const found = Array.from(ALPHABET, (digit) => head + digit).find(isUscc);
  if (found === undefined) throw new RangeError('"head" expected 17 characters of the code');
  return found;
}

/** Companies that do not exist, with codes that are well formed. */
export const demoBidders = {
  jianye: { name: "江南建业工程有限公司（演示）", uscc: completeUscc("91320100MA1DEM001") },
  nanling: { name: "岭北南陵机电有限公司（演示）", uscc: completeUscc("91440101MA5DEM002") },
} as const satisfies Readonly<Record<string, Applicant>>;

/** The platforms' own operators, who get the certificates that sign registration credentials. */
export const platformApplicants = {
  a: { name: "江南公共资源交易中心（演示）", uscc: completeUscc("12320100MB1DEM003") },
  b: { name: "岭北电子招标有限公司（演示）", uscc: completeUscc("91440101MA5DEM004") },
} as const satisfies Readonly<Record<string, Applicant>>;

/** Arc of the demonstration's own identifiers, from the UUID 5d0d2bd7-3a4c-4c0e-9a53-0b6a6b0f1c11. */
const ARC = `2.25.${BigInt("0x5d0d2bd73a4c4c0e9a530b6a6b0f1c11")}`;

/**
 * Two CAs that write the 统一社会信用代码 into different fields, under different certificate policies.
 *
 * @param listsAt where their certificates say that their lists are; nowhere unless told
 */
export function createDemoAuthorities(
  gm: Gm,
  clock?: Clock,
  listsAt?: string,
): { readonly jiangnan: Authority; readonly lingbei: Authority } {
  const timed = { ...(clock === undefined ? {} : { clock }), ...(listsAt === undefined ? {} : { listsAt }) };
  return {
    jiangnan: createAuthority({
      gm,
      id: "demo-jiangnan",
      name: "江南数字证书认证中心（演示）",
      phone: "025-00000000",
      usccPlace: "extension",
      policy: `${ARC}.1`,
      ...timed,
    }),
    lingbei: createAuthority({
      gm,
      id: "demo-lingbei",
      name: "岭北电子认证（演示）",
      phone: "020-00000000",
      usccPlace: "subject",
      policy: `${ARC}.2`,
      ...timed,
    }),
  };
}

/** The one that both platforms ask, under the first CA. */
export function createDemoTimeStamps(gm: Gm, authority: Authority, clock?: Clock): TimeStampAuthority {
  const timed = clock === undefined ? {} : { clock };
  return createTimeStampAuthority({ gm, authority, name: "演示时间戳服务", policy: `${ARC}.3`, ...timed });
}

/** A bidder's key set in memory, as a key store would hold it. */
export interface BidderKeys extends IssuedPair {
  readonly applicant: Applicant;
  readonly signingKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
}

/** Makes a key and its request, has the CA issue the pair, and opens the envelope: what the companion program does on disk. */
export function obtainKeys(gm: Gm, authority: Authority, applicant: Applicant, validity?: Validity): BidderKeys {
  const { privateKey, publicKey } = gm.sm2KeyPair();
  const subject = encodeName([
    [oid.country, "CN"],
    [oid.commonName, applicant.name],
  ]);
  const issued = authority.issue(createRequest(gm, { subject, privateKey, publicKey }), applicant, validity);
  const encryptionKey = openEnvelopedKey(gm, issued.envelopedKey, privateKey);
  if (encryptionKey === null) throw new Error("the enveloped key was made for another signing key");
  return { ...issued, applicant, signingKey: privateKey, encryptionKey };
}
