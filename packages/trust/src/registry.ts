import type { UsccRule } from "@certbridge/pki";
import { origin } from "@certbridge/protocol/origin";
import * as v from "valibot";

/**
 * The registry (名录): which origins belong to which platform, and which CAs are recognised. Data, never code: a platform or a
 * CA is added by a row. It ships inside the extension and the host; an administrator may give the host another one.
 */

const id = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/));
const name = v.pipe(v.string(), v.nonEmpty(), v.maxLength(255));

const dotted = v.pipe(v.string(), v.regex(/^[0-2](\.(0|[1-9][0-9]*))+$/));

const keySm3 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** In clear, too: what comes from there is signed. */
const webUrl = v.pipe(v.string(), v.maxLength(2048), v.regex(/^https?:\/\/[\w.-]+(:\d{1,5})?(\/[!-~]*)?$/));

const usccRule: v.GenericSchema<UsccRule> = v.strictObject({
  issuerKeySm3: keySm3,
  policy: v.nullable(dotted),
  from: v.union([
    v.strictObject({
      extension: dotted,
      encoding: v.exactOptional(v.picklist(["string", "octet-string", "bare"])),
    }),
    v.strictObject({ subjectAttribute: dotted, prefix: v.pipe(v.string(), v.maxLength(64)) }),
  ]),
});

const registry = v.strictObject({
  platforms: v.array(
    v.strictObject({
      id,
      name,
      origins: v.pipe(v.array(origin), v.minLength(1)),
      /** SM3 of the public keys (65 bytes) that sign its notices and orders, hexadecimal; two while it changes over. */
      signingKeysSm3: v.exactOptional(v.array(keySm3)),
      /** True where it takes bids in the legacy profile (旧格式); nobody else's notice may ask for it. */
      legacyPackages: v.exactOptional(v.boolean()),
      /** SM3 of the public keys (65 bytes) of its rescue committees, hexadecimal, one for each that bids may still be encrypted for. */
      committeeKeysSm3: v.exactOptional(v.array(keySm3)),
      /** False for origins that are weakly attested: they wait for a person or an administrator. */
      enabled: v.boolean(),
    }),
  ),
  authorities: v.array(
    v.strictObject({
      id,
      name,
      /** Customer service, as printed on its site. */
      phone: v.optional(v.pipe(v.string(), v.maxLength(32))),
      /** SM3 of the public keys (65 bytes) of its issuing CAs, hexadecimal. */
      issuerKeysSm3: v.array(keySm3),
      usccRules: v.array(usccRule),
    }),
  ),
  /** SM3 of the public keys (65 bytes) of the time-stamping authorities that are believed, hexadecimal. */
  timeStampKeysSm3: v.exactOptional(v.array(keySm3)),
  /** Where these authorities answer (RFC 3161 clause 3.4): a computer's clock is held against a fresh stamp of theirs. */
  timeStampUrls: v.exactOptional(v.pipe(v.array(webUrl), v.maxLength(4))),
  /** False where no CA and no time-stamping authority is to be asked from here. True unless said. */
  networkChecks: v.exactOptional(v.boolean()),
});

/** The registry as a whole: a JSON file that {@link parseRegistry} reads. */
export type Registry = v.InferOutput<typeof registry>;
/** A platform: its id, its name as people know it, and exactly the origins under which its pages are. */
export type RegisteredPlatform = Registry["platforms"][number];
/** A CA (电子认证服务机构): the keys that it issues with, and where it writes the 统一社会信用代码. */
export type RegisteredAuthority = Registry["authorities"][number];

/** @throws v.ValiError naming the place that is wrong; RangeError where one origin belongs to two platforms */
export function parseRegistry(json: unknown): Registry {
  const parsed = v.parse(registry, json);
  const origins = parsed.platforms.flatMap((platform) => platform.origins);
  if (new Set(origins).size !== origins.length) throw new RangeError("registry: one origin belongs to two platforms");
  return parsed;
}

/** The platform of an origin, exactly; null where none is enabled for it. */
export function findPlatform(from: Registry, of: string): RegisteredPlatform | null {
  return from.platforms.find((platform) => platform.enabled && platform.origins.includes(of)) ?? null;
}

/** The authority whose issuing CA has this key (SM3, hexadecimal). */
export function findAuthority(from: Registry, issuerKeySm3: string): RegisteredAuthority | null {
  return from.authorities.find((authority) => authority.issuerKeysSm3.includes(issuerKeySm3)) ?? null;
}
