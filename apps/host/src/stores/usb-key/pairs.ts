/** The pairs of certificates on a device (双证书): a container that holds one for signing, and where it is. */
import type { Gm } from "@certbridge/gm";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import type { StoredKey } from "../../key-store.ts";
import { certificateIn } from "./certificates.ts";
import { type Holding, ownerOf, type ShownPair } from "./queue.ts";
import type { ContainerPath, FoundDevice } from "./wire.ts";

export interface Pair {
  readonly path: ContainerPath;
  readonly key: StoredKey;
}

/** A container as it was read, by whomever. */
interface Read {
  readonly path: ContainerPath;
  readonly signing: Uint8Array | null;
  readonly encryption: Uint8Array | null;
  readonly triesLeft: number;
}

export interface PairReader {
  ofDevice(device: FoundDevice): readonly Pair[];
  /** Of a device that another program has, which says what lies there and who it is. */
  ofHolding(device: Uint8Array, holding: Holding): readonly Pair[];
  /** Of a device that this program has. */
  ofOwn(device: Uint8Array, pairs: readonly ShownPair[]): readonly Pair[];
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** @param chain DER of the certificates above, as they were enrolled with the library */
export function createPairReader(gm: Gm, chain: readonly Uint8Array[]): PairReader {
  function pairOf({ path, triesLeft, ...read }: Read): Pair | null {
    const signing = certificateIn(read.signing);
    if (signing === null) return null;
    const key: StoredKey = {
      keyId: encodeBase64Url(gm.sm3(signing.der)),
      signingCertificate: signing.der,
      encryptionCertificate: certificateIn(read.encryption)?.der ?? null,
      earlierEncryption: [],
      chain,
      pin: { triesLeft, retryAt: null },
    };
    return { path, key };
  }

  const ofOwn: PairReader["ofOwn"] = (device, pairs) =>
    pairs.flatMap(({ application, container, signingCertificate, encryptionCertificate, triesLeft }) => {
      const path = { device, application: bytesOf(application), container: bytesOf(container) };
      const encryption = encryptionCertificate === null ? null : bytesOf(encryptionCertificate);
      return pairOf({ path, signing: bytesOf(signingCertificate), encryption, triesLeft }) ?? [];
    });

  return {
    ofDevice: ({ name: device, applications }) =>
      applications.flatMap(({ name: application, pin, containers }) =>
        containers.flatMap(({ name: container, signingCertificate, encryptionCertificate }) => {
          const path = { device, application, container };
          const { triesLeft } = pin;
          return pairOf({ path, signing: signingCertificate, encryption: encryptionCertificate, triesLeft }) ?? [];
        }),
      ),
    ofOwn,
    ofHolding: (device, holding) =>
      ofOwn(device, holding.pairs).map(({ path, key }) => ({ path, key: { ...key, usedBy: ownerOf(holding) } })),
  };
}

/** As another program is told of it. */
export function shownPair({ path, key }: Pair): ShownPair {
  return {
    application: textOf(path.application),
    container: textOf(path.container),
    signingCertificate: textOf(key.signingCertificate),
    encryptionCertificate: key.encryptionCertificate === null ? null : textOf(key.encryptionCertificate),
    triesLeft: key.pin.triesLeft,
  };
}
