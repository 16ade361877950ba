/** The companion program's rooms in this process: a real home folder, a real key, real signatures, and one paired extension. */
import { randomBytes } from "node:crypto";
import type { Gm } from "@certbridge/gm";
import { parseRequest } from "@certbridge/pki";
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { hostAnswer, hostVerbs } from "@certbridge/protocol/host";
import type { HostParams, HostResult, HostVerb } from "@certbridge/protocol/host";
import { createAdmission } from "../../apps/host/src/admission.ts";
import { createDispatch } from "../../apps/host/src/dispatch.ts";
import { homeAt, prepareHome } from "../../apps/host/src/home.ts";
import type { Identity } from "../../apps/host/src/identity.ts";
import { clientOf, openPairings } from "../../apps/host/src/pairings.ts";
import type { Pairings } from "../../apps/host/src/pairings.ts";
import { openSoftwareStore } from "../../apps/host/src/stores/software/store.ts";
import { acceptCertificates, applyForCertificate } from "../../apps/host/src/stores/software/identities.ts";
import { createHandlers } from "../../apps/host/src/verbs/index.ts";
import type { ClientKey } from "../../extension/platform/client-key.ts";
import type { Registry } from "@certbridge/trust";
import { gm } from "./authority.ts";
import { openRooms, openRun } from "./host-rooms.ts";
import { openClient, prove, questionOf, readMet } from "./client.ts";
import {
  conform,
  issuePair,
  newId,
  openAuthority,
  PIN,
  registryOf,
  type Schema,
  temporaryFolder,
  USCC,
} from "./host.ts";

export interface OpenProgram {
  readonly home: ReturnType<typeof homeAt>;
  /** Of the one identity that is in its store. */
  readonly keyId: string;
  readonly identity: Identity;
  readonly pairings: Pairings;
  /** The key of the extension that is paired. */
  readonly client: ClientKey;
  /** Asks as the paired extension does. @throws OperationError as the program answers */
  call<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** Answers a message of native messaging, as it travels. */
  answer(message: unknown): Promise<unknown>;
  /** Puts what follows aside: the next answer waits until the returned function is called. */
  hold(): () => void;
  remove(): void;
}

/**
 * @param change what its registry has beside the CA
 * @param watch may stand between the store and the cryptography, to see what its keys sign
 */
export async function openProgram(
  watch: (gm: Gm) => Gm = (own) => own,
  change: Partial<Registry> = {},
): Promise<OpenProgram> {
  const folder = temporaryFolder();
  const home = homeAt(folder.path);
  await prepareHome(home);
  const clock = Date.now;
  const authority = openAuthority();
  const store = openSoftwareStore({ gm: watch(gm), folder: home.keys, clock, random: randomBytes });
  const keeper = { gm, clock, store };
  const applied = await applyForCertificate(keeper, { name: "江南建设有限公司", uscc: USCC, pin: PIN });
  const { publicKey } = parseRequest(applied.request);
  const { signing, encryption, envelopedKey } = issuePair(authority, publicKey);
  const issued = { signing, encryption, envelopedKey, chain: [authority.certificate.der] };
  const keyId = await acceptCertificates(keeper, issued, PIN);
  const registry = { ...registryOf(authority), ...change };
  const host = await openRooms({ folder: folder.path, clock, stores: [store], registry });
  const { identity } = host;
  const pairings = openPairings(home.pairings, clock);
  const client = await openClient();
  await pairings.open([{ kind: "chromium", label: "test" }]);
  const admitClient = (key: string) => pairings.admit(clientOf(gm, "chromium", key), identity.fingerprint);
  await admitClient(client.publicKey);
  const session = encodeBase64Url(randomBytes(32));
  const admit = createAdmission({ publicKey: identity.publicKey, session }, pairings);
  const handlers = createHandlers(host, openRun(host, { session, admitClient }));
  const dispatch = createDispatch({ handlers, admit, grammar: async () => hostVerbs }, () => Promise.resolve());
  let held: Promise<void> = Promise.resolve();
  const met = async () => {
    const asked = { v: 1, id: newId(), operation: "status", params: questionOf(client) };
    const answer = conform(hostAnswer, await dispatch(asked));
    return readMet(answer.ok ? answer.result : null);
  };
  return {
    home,
    keyId,
    identity,
    pairings,
    client,
    async answer(message) {
      await held;
      return dispatch(message);
    },
    async call<N extends HostVerb>(operation: N, params: HostParams<N>): Promise<HostResult<N>> {
      await held;
      const request = { id: newId(), operation, params };
      const proof = operation === "status" ? {} : { proof: await prove(client, await met(), request) };
      const answer = conform(hostAnswer, await dispatch({ v: 1, ...request, ...proof }));
      if (!answer.ok) throw OperationError.fromRecord(answer.error);
      const { result }: { result: Schema<HostResult<N>> } = hostVerbs[operation] as never;
      return conform(result, answer.result);
    },
    hold() {
      let release = () => undefined as void;
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    remove: folder.remove,
  };
}
