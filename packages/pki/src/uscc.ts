import type { Gm } from "@certbridge/gm";
import { checkDer, contentOf, hexOf, OCTET_STRING } from "./der.ts";
import type { Certificate } from "./x509/certificate.ts";

/** How an extension holds the code: as a string type of ASN.1, as one inside an OCTET STRING, or as text without any tag. */
export type UsccEncoding = "string" | "octet-string" | "bare";

/**
 * Where one CA puts the unified social credit code (统一社会信用代码), for the certificates of one policy. The field differs by CA
 * and year, and the same OID means different things at different CAs: without a rule there is no code, and nothing is guessed.
 */
export interface UsccRule {
  /** SM3 of the issuing CA's public key (65 bytes), hexadecimal. */
  readonly issuerKeySm3: string;
  /** A certificate policy that must be named; null for certificates of any policy. */
  readonly policy: string | null;
  readonly from:
    /**
     * The extension's value: a `string` type of ASN.1 (the default), one inside an `octet-string`, or `bare` text without any tag.
     * CAs differ, so that the rule says which.
     */
    | { readonly extension: string; readonly encoding?: UsccEncoding }
    /** An attribute of the subject, after this prefix. */
    | { readonly subjectAttribute: string; readonly prefix: string };
}

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** Weights of GB 32100-2015 clause 5.5: 3^(i−1) mod 31. */
const WEIGHTS = Array.from({ length: 17 }, (_, i) => 3 ** i % 31);

/** Whether 18 characters of the code's alphabet carry the right check digit, GB 32100-2015 annex B. */
export function isUscc(code: string): boolean {
  if (code.length !== 18) return false;
  const values = Array.from(code, (letter) => ALPHABET.indexOf(letter));
  if (values.includes(-1)) return false;
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * (values[i] ?? 0), 0);
  return values[17] === (31 - (sum % 31)) % 31;
}

/** String types: UTF8String, NumericString, PrintableString, IA5String; GM/T 0015 leaves the choice to the CA. */
const STRINGS: readonly number[] = [0x0c, 0x12, 0x13, 0x16];

/** Longest value that is looked at, bytes. */
const MAX_LEN = 256;

/** The contents of an element whose tag is one of these; null for anything else. */
function contentsIn(value: Uint8Array, tags: readonly number[]): Uint8Array | null {
  try {
    checkDer(value, MAX_LEN, "extension");
  } catch {
    return null;
  }
  return tags.includes(value[0] ?? 0) ? contentOf(value) : null;
}

function readText(value: Uint8Array | null, encoding: UsccEncoding): string | null {
  const inner = value !== null && encoding === "octet-string" ? contentsIn(value, [OCTET_STRING]) : value;
  if (inner === null || inner.length > MAX_LEN) return null;
  const text = encoding === "bare" ? inner : contentsIn(inner, STRINGS);
  return text === null ? null : new TextDecoder().decode(text);
}

/**
 * The code of the certificate's holder by the rules; null where no rule fits or the check digit is wrong.
 *
 * @param issuerKey public key of the CA that issued it, 65 bytes
 */
export function readUscc(
  gm: Pick<Gm, "sm3">,
  certificate: Certificate,
  issuerKey: Uint8Array,
  rules: readonly UsccRule[],
): string | null {
  const issuer = hexOf(gm.sm3(issuerKey));
  const rule = rules.find(
    ({ issuerKeySm3, policy }) => issuerKeySm3 === issuer && (policy === null || certificate.policies.includes(policy)),
  );
  if (rule === undefined) return null;
  let code: string | null;
  if ("extension" in rule.from) {
    code = readText(certificate.extension(rule.from.extension), rule.from.encoding ?? "string");
  } else {
    const { subjectAttribute, prefix } = rule.from;
    const text = certificate.subject.attribute(subjectAttribute);
    code = text !== null && text.startsWith(prefix) ? text.slice(prefix.length) : null;
  }
  return code !== null && isUscc(code) ? code : null;
}
