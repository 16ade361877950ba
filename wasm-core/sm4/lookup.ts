/**
 * A table of 16 bytes that is read at 16 places at once (查表), without an address.
 *
 * The one place where the two builds differ: a relaxed swizzle is free in what it makes of places 16 … 127, which nobody here asks for,
 * and so is one instruction where the other takes two.
 *
 * Constant time: in table and places, as a vector's permutation is in every processor that this runs on.
 */

/** Byte i ← the table's byte at place i. A place is 0 … 15; 0x80 … 0xff gives 0. */
export function lookUp(table: v128, places: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, places) : i8x16.swizzle(table, places);
}
