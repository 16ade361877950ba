/** The companion program's rooms in this process: a real home folder, a real key, real signatures. */
import { randomBytes } from "node:crypto";
import type { Gm } from "@certbridge/gm";
import { OperationError } from "@certbridge/protocol/errors";
import { hostAnswer, hostVerbs } from "@certbridge/protocol/host";
import type { HostParams, HostResult, HostVerb } from "@certbridge/protocol/host";
import { parseRequest } from "@certbridge/pki";
import { openConsents } from "../../apps/host/src/consents.ts";
import { openCredentials } from "../../apps/host/src/credentials.ts";
import { createDispatch } from "../../apps/host/src/dispatch.ts";
import { homeAt, prepareHome } from "../../apps/host/src/home.ts";
import { openSoftwareStore } from "../../apps/host/src/stores/software/store.ts";
import { acceptCertificates, applyForCertificate } from "../../apps/host/src/stores/software/identities.ts";
import { createHandlers } from "../../apps/host/src/verbs/index.ts";
import { gm } from "./authority.ts";
import {
  conform,
  issuePair,
  newId,
  openAuthority,
  PIN,
  registryOf,
  temporaryFolder,
  type Schema,
  USCC,
} from "./host.ts";

export interface OpenProgram {
  readonly home: ReturnType<typeof homeAt>;
  /** Of the one identity that is in its store. */
  readonly keyId: string;
  /** Asks as the extension's background does. @throws OperationError as the program answers */
  call<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** Puts what follows aside: the next call of a verb waits until the returned function is called. */
  hold(): () => void;
  remove(): void;
}

/** @param watch may stand between the store and the cryptography, to see what its keys sign */
export async function openProgram(watch: (gm: Gm) => Gm = (own) => own): Promise<OpenProgram> {
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
  const host = {
    version: "0.1.0",
    gm,
    clock,
    stores: [store],
    registry: registryOf(authority),
    credentials: openCredentials({ gm, folder: home.credentials, clock }),
    consents: openConsents(home.consents, clock),
  };
  const dispatch = createDispatch(createHandlers(host), () => Promise.resolve());
  let held: Promise<void> = Promise.resolve();
  return {
    home,
    keyId,
    async call<N extends HostVerb>(operation: N, params: HostParams<N>): Promise<HostResult<N>> {
      await held;
      const answer = conform(hostAnswer, await dispatch({ v: 1, id: newId(), operation, params }));
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
