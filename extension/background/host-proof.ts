import type { Gm } from "@certbridge/gm";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import type { HostIdentity } from "@certbridge/protocol/host/identity";
import { encodeHostStatement, HOST_LABEL } from "@certbridge/protocol/statement";

/** Whether whoever answered has the key that it names, and has just used it over this challenge. docs/formats/host-pairing.md */
export function provesIdentity(
  gm: Gm,
  challenge: Uint8Array,
  { publicKey, session, signature }: HostIdentity,
): boolean {
  const statement = encodeHostStatement({ challenge: gm.sm3(challenge), session: gm.sm3(decodeBase64Url(session)) });
  return gm.sm2Verify(decodeBase64Url(publicKey), statement, decodeBase64Url(signature), { id: HOST_LABEL });
}
