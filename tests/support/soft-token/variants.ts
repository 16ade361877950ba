/** The builds of the software token: how wide ULONG is and whether structures have gaps, and which names are exported. */

export const LAYOUTS = [
  { name: "packed4", ulong: 4, packed: true },
  { name: "natural4", ulong: 4, packed: false },
  { name: "packed8", ulong: 8, packed: true },
  { name: "natural8", ulong: 8, packed: false },
] as const;

export type Layout = (typeof LAYOUTS)[number]["name"];

/** `standard`: 2012 and nothing else; `vendor`: a decryption beside it; `foreign`: an earlier draft's names. */
export const EXPORTS = ["standard", "vendor", "foreign"] as const;

export type Exports = (typeof EXPORTS)[number];

/** The library's file name. */
export function libraryOf(layout: Layout, names: Exports = "standard"): string {
  return names === "standard" ? `soft-token-${layout}.so` : `soft-token-${layout}-${names}.so`;
}
