/**
 * One text for one JSON value: the keys of every object in the order of their code units, no white space (as RFC 8785 has it for
 * values without fractions). What is signed is this text, so that no hop's order of keys can change it.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => {
    if (typeof held !== "object" || held === null || Array.isArray(held)) return held;
    const entries = Object.entries(held);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
