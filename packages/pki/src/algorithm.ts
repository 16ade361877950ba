import { element, malformed, NULL, objectIdentifier, oidOf, partsOf, SEQUENCE } from "./der.ts";
import { oid } from "./oid.ts";

/** AlgorithmIdentifier (算法标识), RFC 5280 clause 4.1.1.2: a name and, for some, parameters. */

/** Without parameters, as SM2 signatures in certificates are marked. */
export const bareAlgorithm = (name: string): Uint8Array<ArrayBuffer> => element(SEQUENCE, objectIdentifier(name));

/** With NULL as its parameters. */
export const nullAlgorithm = (name: string): Uint8Array<ArrayBuffer> =>
  element(SEQUENCE, objectIdentifier(name), element(NULL));

/** id-ecPublicKey with the SM2 curve as its parameter, as every key of ours is marked. */
export const keyAlgorithm = (): Uint8Array<ArrayBuffer> =>
  element(SEQUENCE, objectIdentifier(oid.ecPublicKey), objectIdentifier(oid.sm2));

/** The name of an algorithm whose parameters are absent or NULL: both occur. @throws OperationError MALFORMED */
export function algorithmOf(der: Uint8Array | undefined, what: string): string {
  const [name, parameters, more] = partsOf(der, SEQUENCE, what);
  if (more !== undefined || (parameters !== undefined && parameters[0] !== NULL)) throw malformed(what);
  return oidOf(name, what);
}

/**
 * Refuses what is no SM2 key's algorithm: id-ecPublicKey with the SM2 curve, or the SM2 name alone, as some CAs write it.
 *
 * @throws OperationError MALFORMED
 */
export function checkKeyAlgorithm(der: Uint8Array | undefined, what: string): void {
  const [name, parameters, more] = partsOf(der, SEQUENCE, what);
  const type = oidOf(name, what);
  const plain = parameters === undefined || parameters[0] === NULL;
  const curve = plain ? null : oidOf(parameters, what);
  const known = type === oid.ecPublicKey ? curve === oid.sm2 : type === oid.sm2 && (plain || curve === oid.sm2);
  if (!known || more !== undefined) throw malformed(what);
}
