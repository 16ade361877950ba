/** Secrets that must not be found: looked for in every form in which a program is likely to leave them. */

/** The forms of a secret, by name. Base64 is looked for at each of its three alignments, without the ends that neighbours change. */
function formsOf(secret: Uint8Array, text: string | null): ReadonlyMap<string, Buffer> {
  const bytes = Buffer.from(secret);
  const forms = new Map<string, Buffer>([["bytes", bytes]]);
  if (text !== null) {
    forms.set("utf-16 le", Buffer.from(text, "utf16le"));
    forms.set("utf-16 be", Buffer.from(text, "utf16le").swap16());
    forms.set("JSON escapes", Buffer.from(escapesOf(text)));
    forms.set("URL escapes", Buffer.from(encodeURIComponent(text)));
  }
  forms.set("hex", Buffer.from(bytes.toString("hex")));
  forms.set("HEX", Buffer.from(bytes.toString("hex").toUpperCase()));
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const whole = shifted.toString("base64").replaceAll("=", "");
    const inner = whole.slice(shift === 0 ? 0 : shift + 1, Math.floor((shifted.length * 8) / 6));
    forms.set(`base64 at ${shift}`, Buffer.from(inner));
    forms.set(`base64url at ${shift}`, Buffer.from(inner.replaceAll("+", "-").replaceAll("/", "_")));
  }
  return forms;
}

function escapesOf(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
    "",
  );
}

/** A secret shorter than this is found by chance. */
const LEAST_LEN = 6;

/** The forms in which the secret stands in what was found; a string is read as its bytes, in UTF-8 and as they are. */
export function traces(found: Uint8Array | string, secret: Uint8Array | string): readonly string[] {
  const text = typeof secret === "string" ? secret : null;
  const bytes = typeof secret === "string" ? Buffer.from(secret, "utf8") : secret;
  if (bytes.length < LEAST_LEN) throw new RangeError("too short to be looked for");
  const places =
    typeof found === "string" ? [Buffer.from(found, "utf8"), Buffer.from(found, "latin1")] : [Buffer.from(found)];
  return Array.from(formsOf(bytes, text)).flatMap(([name, form]) =>
    places.some((place) => place.includes(form)) ? [name] : [],
  );
}
