/**
 * Learning that a window of ours is gone, however it went, by a lock of the browser's that goes with it. Nothing needs to be running
 * meanwhile, and no message can be lost.
 */

/** Held until this page ends. */
export function holdWhileOpen(name: string): void {
  void navigator.locks.request(name, () => new Promise(() => undefined));
}

/** Calls the listener once nobody holds it: at once, where nobody ever did. */
export function onWindowGone(name: string, listener: () => void): void {
  void navigator.locks.request(name, listener);
}
