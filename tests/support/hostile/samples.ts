/** One genuine message of each verb, for those who alter them. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostVerb } from "@certbridge/protocol/host";
import { party } from "../authority.ts";
import { issueCredential, newId, PLATFORM_ORIGIN } from "../host.ts";

export const nonce = "A".repeat(43);

/** A registration credential by a platform that nobody knows, DER. */
export const credential = issueCredential(party("平台", null, { keyUsage: ["digitalSignature"] }));

const keyId = encodeBase64Url(new Uint8Array(32).fill(7));
/** For a key that nobody has, so that no PIN is stretched ten thousand times. */
const consent = { consentId: newId(), keyId, pin: "246810" };
const shown = { keyId, origin: PLATFORM_ORIGIN, credential: encodeBase64Url(credential) };

export const hostSamples: { readonly [N in HostVerb]: object } = {
  status: { extension: "0.1.0" },
  keys: {},
  login: { ...consent, origin: PLATFORM_ORIGIN, nonce },
  register: { ...consent, origin: PLATFORM_ORIGIN, nonce, credentialId: "credential-0001" },
  readCredential: shown,
  saveCredential: { ...shown, consentId: newId() },
  sign: {
    ...consent,
    origin: PLATFORM_ORIGIN,
    format: "cms-detached",
    items: [1, 2].map((n) => ({ name: `标书${n}.pdf`, digest: nonce })),
  },
};
