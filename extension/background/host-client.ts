import { encodeBase64Url } from "@certbridge/protocol/bytes";
import { OperationError } from "@certbridge/protocol/errors";
import {
  HOST_PROTOCOL,
  hostAnswer,
  type HostParams,
  type HostResult,
  type HostVerb,
  hostVerbs,
} from "@certbridge/protocol/host";
import { HOST_NAME } from "@certbridge/protocol/ids";
import type { HostState } from "@certbridge/protocol/surface";
import * as v from "valibot";
import { extensionVersion } from "../platform/environment.ts";
import { connectNative, type NativePort } from "../platform/native.ts";

/** The companion program, started when it is needed and ended when it is not. */
export interface HostClient {
  call<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>>;
  /** Asks for its version; what stands in the way is a state, no error. */
  state(): Promise<HostState>;
  /** Ends the program unless a call is under way. */
  rest(): void;
}

/** Calls that change nothing and use no key: one that met a dying program is made again, once. */
const READS: readonly HostVerb[] = ["status", "keys", "readCredential"];

/** What does not answer a call for so long has failed. Key stretching and many signatures take seconds. */
const CALL_MS = 60_000;
/** Kept running for so long after the last call: the next verb, and the browser's worker, stay warm. */
const IDLE_MS = 20_000;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: OperationError): void;
}

/** The browser's words for why a host did not start; everything else is a host that started and ended. */
function endOf(words: string | null): OperationError {
  if (words?.includes("not found") === true) return new OperationError("HOST_MISSING");
  if (words?.includes("forbidden") === true) return new OperationError("HOST_FORBIDDEN");
  if (words?.includes("No such native application") === true) return new OperationError("HOST_MISSING");
  return new OperationError("HOST_FAILED");
}

export function createHostClient(): HostClient {
  let port: NativePort | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Map<string, Waiting>();

  function end(error: OperationError): void {
    port = null;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  }

  function receive(message: unknown): void {
    const parsed = v.safeParse(hostAnswer, message);
    if (!parsed.success) return;
    const answer = parsed.output;
    const call = waiting.get(answer.id);
    if (answer.ok) call?.resolve(answer.result);
    else call?.reject(OperationError.fromRecord(answer.error));
  }

  function connect(): NativePort {
    port ??= connectNative(HOST_NAME, receive, (words) => end(endOf(words)));
    return port;
  }

  function rest(): void {
    clearTimeout(idle);
    if (waiting.size > 0) return;
    idle = setTimeout(() => {
      port?.close();
      port = null;
    }, IDLE_MS);
  }

  async function callOnce<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>> {
    const id = encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)));
    let timer: ReturnType<typeof setTimeout> | undefined;
    clearTimeout(idle);
    try {
      const result = await new Promise<unknown>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        timer = setTimeout(() => reject(new OperationError("HOST_FAILED")), CALL_MS);
        connect().send({ v: 1, id, operation: verb, params });
      });
      const parsed = v.safeParse(hostVerbs[verb].result, result);
      if (!parsed.success)
        throw new OperationError("HOST_FAILED", undefined, { message: "an answer of another shape" });
      return parsed.output;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
      rest();
    }
  }

  async function call<N extends HostVerb>(verb: N, params: HostParams<N>): Promise<HostResult<N>> {
    try {
      return await callOnce(verb, params);
    } catch (error) {
      if (!READS.includes(verb) || !OperationError.is(error, "HOST_FAILED")) throw error;
      return callOnce(verb, params);
    }
  }

  return {
    call,
    async state() {
      try {
        const { version, protocol } = await call("status", { extension: extensionVersion() });
        if (protocol === HOST_PROTOCOL) return { state: "ready", version };
        return { state: "outdated", found: version, needed: extensionVersion() };
      } catch (error) {
        if (OperationError.is(error, "HOST_MISSING")) return { state: "missing" };
        if (OperationError.is(error, "HOST_FORBIDDEN")) return { state: "forbidden" };
        return { state: "failed" };
      }
    },
    rest,
  };
}
