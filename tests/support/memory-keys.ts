/** Key pairs of bidders in this process, with real cryptography and without the rounds that a PIN of a file costs. */
import { parseCertificate } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import type { KeyCertificates, KeyStore } from "../../apps/host/src/key-store.ts";
import { openInMemory } from "../../apps/host/src/stores/software/open-key.ts";
import { DAY, gm, type Party } from "./authority.ts";
import { issuePair, PIN } from "./host.ts";

interface Pair {
  readonly signing: { readonly der: Uint8Array; readonly privateKey: Uint8Array };
  readonly encryption: { readonly der: Uint8Array; readonly privateKey: Uint8Array };
}

export interface PairOptions {
  readonly name?: string;
  readonly uscc?: string;
  readonly at?: number;
  readonly lifeMs?: number;
  readonly listUrls?: readonly string[];
}

export interface MemoryStore extends KeyStore {
  /** A new holder's pair; its key id. */
  add(options?: PairOptions): string;
  /** A new pair in the place of this one, which becomes history. */
  renew(keyId: string, options?: PairOptions): string;
  remove(keyId: string): void;
  /** Of the pair's encryption certificate, DER. */
  encryptionOf(keyId: string): Uint8Array;
  /** Every private-key call, in order. */
  readonly calls: string[];
  /** How many openings are not closed. */
  open(): number;
}

export function openMemoryStore(authority: Party): MemoryStore {
  /** Per holder, the present pair first. */
  const holders = new Map<string, Pair[]>();
  const calls: string[] = [];
  let open = 0;

  function make(options: PairOptions): Pair {
    const { privateKey, publicKey } = gm.sm2KeyPair();
    const issued = issuePair(authority, publicKey, { lifeMs: 365 * DAY, ...options });
    return {
      signing: { der: issued.signing, privateKey },
      encryption: { der: issued.encryption, privateKey: issued.encryptionKey },
    };
  }

  const idOf = ({ signing }: Pair): string => encodeBase64Url(gm.sm3(signing.der));

  function pairsOf(keyId: string): Pair[] {
    const pairs = holders.get(keyId);
    if (pairs === undefined) throw new Error("no such key");
    return pairs;
  }

  function certificatesOf(keyId: string): KeyCertificates {
    const [present, ...earlier] = pairsOf(keyId);
    if (present === undefined) throw new Error("no pair");
    return {
      keyId,
      signingCertificate: present.signing.der,
      encryptionCertificate: present.encryption.der,
      earlierEncryption: earlier.map(({ encryption }) => encryption.der),
      chain: [authority.certificate.der],
    };
  }

  return {
    carrier: "software",
    calls,
    open: () => open,
    add(options = {}) {
      const pair = make(options);
      holders.set(idOf(pair), [pair]);
      return idOf(pair);
    },
    renew(keyId, options = {}) {
      const pairs = [make(options), ...pairsOf(keyId)];
      holders.delete(keyId);
      const [present] = pairs;
      if (present === undefined) throw new Error("no pair");
      holders.set(idOf(present), pairs);
      return idOf(present);
    },
    remove: (keyId) => void holders.delete(keyId),
    encryptionOf: (keyId) => certificatesOf(keyId).encryptionCertificate ?? new Uint8Array(0),
    list: async () =>
      [...holders.keys()].map((keyId) => ({ ...certificatesOf(keyId), pin: { triesLeft: 3, retryAt: null } })),
    async find(keyId) {
      if (!holders.has(keyId)) return null;
      return {
        ...certificatesOf(keyId),
        async open({ pin, calls: allowed, opensFor = null }) {
          if (new TextDecoder().decode(pin) !== PIN) {
            throw new OperationError("PIN_INCORRECT", { triesLeft: 2, retryAt: null });
          }
          const pairs = pairsOf(keyId);
          const half = pairs
            .map(({ encryption }) => encryption)
            .find(({ der }) => (opensFor === null ? false : Buffer.compare(der, opensFor.der) === 0));
          if (opensFor !== null && half === undefined) throw new OperationError("KEY_NOT_FOUND");
          const encryption =
            half === undefined
              ? null
              : { certificate: parseCertificate(half.der), privateKey: half.privateKey.slice() };
          const signing = pairs[0]?.signing.privateKey.slice() ?? new Uint8Array(32);
          const key = openInMemory(gm, { signing, encryption, calls: allowed });
          let closed = false;
          open += 1;
          return {
            async sign(message, id) {
              calls.push("sign");
              return key.sign(message, id);
            },
            async openEnvelope(envelope, certificate) {
              calls.push("open");
              return key.openEnvelope(envelope, certificate);
            },
            close() {
              if (!closed) open -= 1;
              closed = true;
              key.close();
            },
          };
        },
      };
    },
  };
}
