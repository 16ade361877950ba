import type { Runtime } from "webextension-polyfill";
import { browser } from "./browser.ts";

/** Who sent a message, as the browser says it. Nothing in here comes from the message. */
export interface Sender {
  /** The serialised origin of the document; null where the browser names none. */
  readonly origin: string | null;
  readonly tabId: number | null;
  readonly windowId: number | null;
  readonly documentId: string | null;
  readonly frameId: number | null;
  readonly lifecycle: string | null;
  /** Whether its tab is the one that its window shows. */
  readonly inFront: boolean;
  /** Whether it is a page of this extension. */
  readonly own: boolean;
}

/** Fields of the sender that the polyfill's types do not know yet. */
interface SenderFields extends Runtime.MessageSender {
  readonly origin?: string;
  readonly documentId?: string;
  readonly documentLifecycle?: string;
}

function readSender(sender: SenderFields): Sender {
  const ownOrigin = new URL(browser.runtime.getURL("")).origin;
  const own = sender.id === browser.runtime.id && sender.url !== undefined && new URL(sender.url).origin === ownOrigin;
  return {
    origin: sender.origin ?? null,
    tabId: sender.tab?.id ?? null,
    windowId: sender.tab?.windowId ?? null,
    documentId: sender.documentId ?? null,
    frameId: sender.frameId ?? null,
    lifecycle: sender.documentLifecycle ?? null,
    inFront: sender.tab?.active === true,
    own,
  };
}

/** Listens to messages of this extension's scripts and pages; undefined leaves a message to another listener. */
export function onMessage(listener: (message: unknown, sender: Sender) => Promise<unknown> | undefined): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) =>
    sender.id === browser.runtime.id ? listener(message, readSender(sender)) : undefined,
  );
}

/** To whoever of our own pages listens; nobody is no error. */
export function broadcast(message: object): void {
  browser.runtime.sendMessage(message).catch(() => undefined);
}

/** To our own pages, with an answer. */
export function ask(message: object): Promise<unknown> {
  return browser.runtime.sendMessage(message);
}

/** Where messages travel as JSON, an undefined result is left out on the way: put it back before the schema looks. */
export function withResult(received: unknown): unknown {
  const bare = typeof received === "object" && received !== null && "ok" in received && received.ok === true;
  return bare ? { result: undefined, ...received } : received;
}

/** Asks the relay of a tab's top document; undefined where nobody answers. */
export function askTab(tabId: number, message: object): Promise<unknown> {
  return browser.tabs.sendMessage(tabId, message, { frameId: 0 }).catch(() => undefined);
}

/** To the relay of a tab's top document; a tab without one is no error. */
export function notifyTab(tabId: number, message: object): void {
  browser.tabs.sendMessage(tabId, message, { frameId: 0 }).catch(() => undefined);
}
