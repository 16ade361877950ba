import { browser } from "./browser.ts";

/** A running companion program. */
export interface NativePort {
  send(message: object): void;
  close(): void;
}

/**
 * Starts the program and connects to its standard input and output.
 *
 * @param onEnd called once with the browser's words, or null where the program just ended
 */
export function connectNative(
  name: string,
  onMessage: (message: unknown) => void,
  onEnd: (words: string | null) => void,
): NativePort {
  const port = browser.runtime.connectNative(name);
  port.onMessage.addListener(onMessage);
  port.onDisconnect.addListener((ended) => onEnd(ended.error?.message ?? browser.runtime.lastError?.message ?? null));
  return {
    send: (message) => port.postMessage(message),
    close: () => port.disconnect(),
  };
}
