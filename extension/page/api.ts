import { PORT_EVENT, READY_EVENT } from "@certbridge/protocol/page/channel";
import { API_VERSION, operationNames } from "@certbridge/protocol/page/names";
import {
  abortedOf,
  announce,
  create,
  dataOf,
  defineProperty,
  freeze,
  keys,
  listen,
  portsOf,
  post,
  SafeError,
  SafePromise,
  take,
} from "./primordials.ts";

/** What rejects: plain data, also where it came from another world. Test with SharedCertificateError.is(error, code). */
class SharedCertificateError extends SafeError {
  readonly code: string;
  readonly details: unknown;
  readonly retriable: boolean;

  constructor(record: { code: string; details: unknown; message: string; retriable: boolean }) {
    super(record.message);
    this.name = "SharedCertificateError";
    this.code = record.code;
    this.details = record.details;
    this.retriable = record.retriable;
  }

  static is(error: unknown, code: string): boolean {
    const candidate = error as { name?: unknown; code?: unknown } | null | undefined;
    return candidate?.name === "SharedCertificateError" && candidate.code === code;
  }
}

type ErrorWords = ConstructorParameters<typeof SharedCertificateError>[0];

/** relay → page. The relay is ours: what it says is not checked again. */
interface RelayAnswer {
  readonly id: number;
  readonly ok?: boolean;
  readonly result?: unknown;
  readonly error: ErrorWords;
  readonly progress?: unknown;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onProgress: unknown;
}

function fail(code: string, message: string, retriable = false): SharedCertificateError {
  return new SharedCertificateError({ code, details: null, message, retriable });
}

/** Puts `window.sharedCertificate` in place. No decision is made here: relay and background check everything again. */
export function installApi(): void {
  const pending: Record<number, Pending> = create(null);
  let waiting: unknown[] | null = [];
  let port: MessagePort | undefined;
  let lastId = 0;

  function send(message: unknown): void {
    if (port === undefined) waiting = [...(waiting ?? []), message];
    else post(port, message);
  }

  function receive(event: Event): void {
    const { id, ok, result, error, progress } = dataOf(event as MessageEvent) as RelayAnswer;
    const call = pending[id];
    if (call === undefined) return;
    if (progress !== undefined) {
      if (typeof call.onProgress === "function") call.onProgress(progress);
      return;
    }
    delete pending[id];
    if (ok) call.resolve(result);
    else call.reject(new SharedCertificateError(error));
  }

  function ask(operation: string, options: unknown): Promise<unknown> {
    return new SafePromise((resolve, reject) => {
      if (options !== undefined && (typeof options !== "object" || options === null)) {
        throw fail("INVALID_REQUEST", "one options object expected");
      }
      const id = ++lastId;
      const message: Record<string, unknown> = { id, operation, params: {} };
      const params: Record<string, unknown> = {};
      const call: Pending = { resolve, reject, onProgress: undefined };
      let signal: unknown;
      // Every option is read once: a getter cannot answer differently the second time.
      for (const key of keys(options ?? {})) {
        const value = (options as Record<string, unknown>)[key];
        if (key === "signal") signal = value;
        else if (key === "onProgress") call.onProgress = value;
        else if (key === "timeoutMs") message["timeoutMs"] = value;
        else params[key] = value;
      }
      message["params"] = params;
      if (signal !== undefined) {
        if (abortedOf(signal as AbortSignal)) throw fail("CANCELLED", "aborted before it began", true);
        listen(signal as AbortSignal, "abort", () => send({ id, cancel: true }), true);
      }
      pending[id] = call;
      try {
        send(message);
      } catch (error) {
        delete pending[id];
        throw fail("INVALID_REQUEST", `the options cannot be sent: ${String(error)}`);
      }
    });
  }

  listen(
    document,
    PORT_EVENT,
    (event) => {
      take(event);
      [port] = portsOf(event as MessageEvent);
      if (port === undefined) return;
      listen(port, "message", receive, false);
      port.start();
      const queued = waiting ?? [];
      waiting = null;
      for (const message of queued) post(port, message);
    },
    true,
  );
  announce(READY_EVENT);

  const api: Record<string, unknown> = create(null);
  api["apiVersion"] = API_VERSION;
  api["SharedCertificateError"] = freeze(SharedCertificateError);
  for (const name of operationNames) api[name] = freeze((options?: unknown) => ask(name, options));
  defineProperty(window, "sharedCertificate", {
    value: freeze(api),
    enumerable: true,
    configurable: false,
    writable: false,
  });
}
