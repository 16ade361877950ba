/** The time stamp beside a platform's signature (时间戳). docs/formats/notice-and-order.md, Time stamp */
import type { Gm } from "@certbridge/gm";
import { oid, parseSignedData, ProofError, verifyTimeStampToken } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";

/**
 * The time of the one stamp beside the one signature. Without an authority that the registry believes there is none.
 *
 * @param trusted SM3 of the authorities' public keys, hexadecimal
 * @param refuse  what is thrown where no stamp holds
 */
export function readStamp(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  der: Uint8Array,
  trusted: readonly string[],
  refuse: (cause?: unknown) => OperationError,
): Date {
  const [signer] = parseSignedData(der).signers;
  const [token, another] = signer?.unsignedAttributes(oid.signatureTimeStamp) ?? [];
  if (signer === undefined || token === undefined || another !== undefined) throw refuse();
  try {
    const imprint = gm.sm3(signer.signatureOctets);
    return verifyTimeStampToken(gm, token, { imprint, trusted }).genTime;
  } catch (cause) {
    if (cause instanceof ProofError || OperationError.is(cause, "MALFORMED")) throw refuse(cause);
    throw cause;
  }
}
