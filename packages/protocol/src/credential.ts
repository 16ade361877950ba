import * as v from "valibot";
import { instant } from "./instant.ts";
import { limits } from "./limits.ts";
import { origin } from "./origin.ts";
import { wholeRecord } from "./record.ts";

/** The name of the format, its first field. A reader refuses another. docs/formats/registration-credential.md */
export const REGISTRATION_CREDENTIAL_FORMAT = "shared-certificate-credential:1";

const words = v.pipe(v.string(), v.nonEmpty(), v.maxLength(limits.nameLen));

/** 统一社会信用代码, 18 characters, GB 32100-2015: its shape. The check digit is the reader's to verify. */
const uscc = v.pipe(v.string(), v.regex(/^[0-9A-HJ-NP-RTUWXY]{18}$/));

/**
 * What a registration credential says: the content, JSON in UTF-8, of a GM/T 0010 SignedData by the issuing platform whose
 * content type is REGISTRATION_CREDENTIAL; at most 8 KiB as a whole. docs/formats/registration-credential.md
 *
 * One reading everywhere: the companion program keeps what this schema takes, and a server believes nothing else.
 */
export const registrationCredential = v.pipe(
  v.strictObject({
    format: v.literal(REGISTRATION_CREDENTIAL_FORMAT),
    /** Unique with this issuer, chosen by it. */
    credentialId: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{8,64}$/)),
    issuer: v.strictObject({
      /** Its id in the registry, its name in its own words, the origin of its pages. */
      platformId: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/)),
      name: words,
      origin,
    }),
    subject: v.strictObject({ name: words, uscc }),
    /** What the issuer verified, and nothing that it only was told: fact → value. */
    facts: wholeRecord(
      v.pipe(v.string(), v.regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/)),
      v.pipe(v.string(), v.maxLength(1024)),
    ),
    issuedAt: instant,
    expiresAt: instant,
    /** Where the issuer's signed status list is, and which of its bits is this credential's. */
    status: v.strictObject({
      list: v.pipe(v.string(), v.maxLength(1024), v.regex(/^https:\/\/[!-~]+$/)),
      index: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xff_ff_ff)),
    }),
  }),
  v.check((said) => {
    const life = Date.parse(said.expiresAt) - Date.parse(said.issuedAt);
    return life > 0 && life <= limits.credentialLifeMs;
  }, "it ends after it begins, and lives a year at most"),
);

/** A credential's content, read. */
export type RegistrationCredential = v.InferOutput<typeof registrationCredential>;
