/** What may end while a request is on its way: a worker with all that it began, and the program with what it was asked. */
import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import { hostVerbNames } from "@certbridge/protocol/host";
import type { HostClient } from "../../../extension/background/host-client.ts";
import type { WorkshopClient } from "../../../extension/background/workshop-client.ts";
import { gm } from "../../support/authority.ts";
import type { OpenProgram } from "../../support/program.ts";

interface Client extends HostClient {
  kill(): void;
  /** Once the program has answered every call, whoever still waits for it. */
  quiet(): Promise<unknown>;
}

/** The program, as a background reaches it: once it was killed, what is under way fails and what comes later meets a new one. */
export function openClient(program: OpenProgram): Client {
  const running = new Set<Promise<unknown>>();
  function underWay<T>(call: Promise<T>): Promise<T> {
    const ended: Promise<unknown> = call.then(
      (): unknown => running.delete(ended),
      (): unknown => running.delete(ended),
    );
    running.add(ended);
    return call;
  }
  let kill = () => undefined as void;
  let killed = new Promise<never>(() => undefined);
  const start = () => {
    killed = new Promise((_, reject) => {
      kill = () => reject(new OperationError("HOST_FAILED"));
    });
    killed.catch(() => undefined);
  };
  start();
  return {
    call: (verb, params) => Promise.race([underWay(program.call(verb, params)), killed]),
    look: () =>
      Promise.resolve({
        state: {
          state: "ready",
          version: "0.1.0",
          identity: {
            publicKey: program.identity.publicKey,
            fingerprint: program.identity.fingerprint,
            since: "2026-11-28T00:00:00.000Z",
          },
          hazards: [],
        },
        operations: [...hostVerbNames],
        carriers: ["software"],
      }),
    trust: () => Promise.resolve(),
    kill() {
      kill();
      start();
    },
    quiet: () => Promise.all(running),
  };
}

/** Reads contents as the real workshop does, in this process. */
export const workshop = {
  async call(_place: string, verb: string, params: object) {
    if (verb !== "read") return undefined;
    const { items } = params as { items: readonly { name: string; content: Blob }[] };
    const read = items.map(async ({ name, content }) => {
      const bytes = new Uint8Array(await content.arrayBuffer());
      return { name, len: bytes.length, digest: encodeBase64Url(gm.sm3(bytes)) };
    });
    return { items: await Promise.all(read) };
  },
} as WorkshopClient;

const never = new Promise<never>(() => undefined);

/** A worker's life: once it has ended, nothing that it began goes on. */
export function createLife() {
  const life = { ended: false };
  const guard = <T extends object>(means: T): T =>
    new Proxy(means, {
      get(target, name) {
        const own = Reflect.get(target, name) as unknown;
        if (typeof own !== "function") return own;
        return (...given: unknown[]) => {
          if (life.ended) return never;
          const result = Reflect.apply(own, target, given) as unknown;
          if (!(result instanceof Promise)) return result;
          return result.then(
            (value: unknown) => (life.ended ? never : value),
            (error: unknown) => (life.ended ? never : Promise.reject(error as Error)),
          );
        };
      },
    });
  return { life, guard };
}
