/**
 * The one memory: 1 MiB, fixed, never grown (growth would detach the views of the face).
 *
 *   0 …            constants and scratch of each room, placed by the compiler
 *   TRAY           1 KiB: parameters, contexts and results of one call; the face lays it out
 *   WINDOW         256 KiB: bulk data, worked on in place; longer data comes window by window
 *
 * Time: not applicable; no arithmetic here.
 */

/** Bytes in the tray. */
export const TRAY_LEN: i32 = 1024;

/** Bytes in the window; a multiple of every block length. */
export const WINDOW_LEN: i32 = 262144;

/** Where the tray begins: the first multiple of 64 above everything placed by the compiler. */
export function trayAt(): usize {
  return (__heap_base + 63) & ~63;
}

/** Where the window begins. */
export function windowAt(): usize {
  return trayAt() + TRAY_LEN;
}

/** Length of the window, for the face. */
export function windowLen(): i32 {
  return WINDOW_LEN;
}

/** Overwrites len bytes at p with zeros. */
export function wipe(p: usize, len: i32): void {
  memory.fill(p, 0, len);
}
