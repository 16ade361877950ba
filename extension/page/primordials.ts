/**
 * The page's functions as they were at document start. Whatever the page replaces afterwards is not called from here, and the
 * private port is never handed to a replaced method.
 */
const { apply, getOwnPropertyDescriptor } = Reflect;

function getter<T extends object, K extends keyof T>(prototype: T, name: K): (of: T) => T[K] {
  const get = getOwnPropertyDescriptor(prototype, name)?.get;
  return (of) => apply(get as () => T[K], of, []);
}

const { postMessage, start } = MessagePort.prototype;
const { addEventListener, dispatchEvent } = EventTarget.prototype;
const { stopImmediatePropagation, preventDefault } = Event.prototype;

export const { create, freeze, hasOwn, keys, defineProperty } = Object;
export const SafePromise = Promise;
export const SafeError = Error;
export const portsOf = getter(MessageEvent.prototype, "ports");
export const dataOf = getter(MessageEvent.prototype, "data");
export const abortedOf = getter(AbortSignal.prototype, "aborted");

export function post(port: MessagePort, message: unknown): void {
  apply(postMessage, port, [message]);
}

export function open(port: MessagePort): void {
  apply(start, port, []);
}

export function listen(target: EventTarget, type: string, listener: (event: Event) => void, once: boolean): void {
  // Options inherit nothing: a page that spoils Object.prototype would add to them.
  apply(addEventListener, target, [type, listener, { __proto__: null, capture: true, once }]);
}

export function announce(type: string): void {
  apply(dispatchEvent, document, [new Event(type)]);
}

/** Takes an event for itself: nobody after us sees it, and its sender is told. */
export function take(event: Event): void {
  apply(stopImmediatePropagation, event, []);
  apply(preventDefault, event, []);
}
