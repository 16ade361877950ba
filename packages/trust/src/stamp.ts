/** The time stamp beside a platform's signature (时间戳). docs/formats/notice-and-order.md, Time stamp */
import type { Gm } from "@certbridge/gm";
import { oid, ProofError, type SignerInfo, verifyTimeStampToken } from "@certbridge/pki";
import { OperationError } from "@certbridge/protocol/errors";

/** When an authority saw something: by its clock, and the earliest instant that it may have been, as far as the stamp says how exact that is. */
export interface StampTime {
  readonly at: Date;
  readonly earliest: Date;
}

/**
 * The time of the one stamp beside the one signature. Without an authority that the registry believes there is none.
 *
 * @param trusted SM3 of the authorities' public keys, hexadecimal
 * @param refuse  what is thrown where no stamp holds
 */
export function readStamp(
  gm: Pick<Gm, "sm2Verify" | "sm3">,
  signer: SignerInfo,
  trusted: readonly string[],
  refuse: (cause?: unknown) => OperationError,
): StampTime {
  const [token, another] = signer.unsignedAttributes(oid.signatureTimeStamp);
  if (token === undefined || another !== undefined) throw refuse();
  try {
    const imprint = gm.sm3(signer.signatureOctets);
    const { genTime: at, accuracyMs } = verifyTimeStampToken(gm, token, { imprint, trusted });
    return { at, earliest: new Date(at.getTime() - (accuracyMs ?? 0)) };
  } catch (cause) {
    if (cause instanceof ProofError || OperationError.is(cause, "MALFORMED")) throw refuse(cause);
    throw cause;
  }
}
