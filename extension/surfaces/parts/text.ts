/** Text that came from a page or a certificate, made safe to look at. */

/**
 * Controls (Cc), format characters (Cf: bidirectional overrides and isolates, zero-width joiners, tags), line and paragraph
 * separators, and the other characters that Unicode lets be invisible. They can make one name look like another.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}]/gu;

/** The text without what cannot be seen, white space folded. Empty where nothing visible is left. */
export function visibleText(text: string): string {
  // White space first, so that a line end parts two words; U+FEFF counts as white space there but has no width.
  return text
    .replace(/\uFEFF/gu, "")
    .replace(/\s+/gu, " ")
    .replace(INVISIBLE, "")
    .trim();
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Longest marks on one letter that are shown: piled-up accents cover the lines around them. */
const MARKS_PER_LETTER = 4;

/** At most `most` letters, as people count them: the middle is left out, so that the ending (a file's kind) stays. */
export function ellipsise(text: string, most: number): string {
  const letters = Array.from(graphemes.segment(text), ({ segment }) =>
    Array.from(segment)
      .slice(0, 1 + MARKS_PER_LETTER)
      .join(""),
  );
  if (letters.length <= most) return letters.join("");
  const tail = Math.floor((most - 1) / 3);
  return `${letters.slice(0, most - 1 - tail).join("")}…${letters.slice(letters.length - tail).join("")}`;
}

/** A name of someone else's making, ready for a screen. @param most letters at most */
export function safeName(text: string, most = 80): string {
  return ellipsise(visibleText(text), most);
}
