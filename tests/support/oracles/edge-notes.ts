/** What each flag of the solved vectors means, as Wycheproof's files document theirs. */

interface Note {
  readonly bugType: string;
  readonly description: string;
}

type Notes = Readonly<Record<string, Note>>;

const note = (bugType: string, description: string): Note => ({ bugType, description });

const altered = note(
  "AUTH_BYPASS",
  "Something that was made rightly was changed afterwards, or belongs to another key.",
);
const blockEdge = note("EDGE_CASE", "The length is at or beside a whole block, or a whole batch of them.");
const offCurve = note(
  "INVALID_CURVE",
  "The coordinates do not fulfil the curve's equation. The formulas never look at b: without a check the point is taken on another curve, whose orders are small.",
);
const tooLarge = note(
  "RANGE_CHECK",
  "A coordinate is p or more: a second name for a point, GB/T 32918.1-2016 clause 4.2.6.",
);
const infinity = note(
  "INVALID_CURVE",
  "The point at infinity in place of a point: what is computed with it is known to everybody.",
);
const length = note("FORMAT", "The bytes are too few or too many.");
const smallCoordinate = note("EDGE_CASE", "A coordinate has many leading zeros.");
const largeCoordinate = note("EDGE_CASE", "A coordinate is in [n, p): it is no number mod n.");
const otherFormula = note("WRONG_PRIMITIVE", "Right by a formula that is not the standard's.");
const ordinary = note("BASIC", "Nothing special.");
const modifiedTag = note("MODIFIED_TAG", "The tag is another one. Comparing must look at every bit.");
const truncatedTag = note(
  "MODIFIED_TAG",
  "The tag has another length than the whole one, which is the only one that is taken.",
);

export const verifyNotes: Notes = {
  Ordinary: ordinary,
  Altered: altered,
  CoordinateTooLarge: tooLarge,
  DoublingInSum: note("ARITHMETIC", "s·G and t·P are equal: the sum of clause 7.1 step B6 is a doubling."),
  Infinity: infinity,
  LargeCoordinate: largeCoordinate,
  LargeDigest: note("EDGE_CASE", "e is at the ends of its range, or not below n."),
  LargeKey: note(
    "EDGE_CASE",
    "The private key is at the upper end of its range, or n − 1, which nobody may draw but verification accepts.",
  ),
  LargeR: note("EDGE_CASE", "r is at the upper end of its range."),
  LargeS: note("EDGE_CASE", "s is at the upper end of its range."),
  Length: length,
  MeetsOperand: note(
    "ARITHMETIC",
    "On the way through a table of multiples the sum meets its own operand, or the opposite of it.",
  ),
  OffCurve: offCurve,
  OtherFormula: otherFormula,
  RTooLarge: note("RANGE_CHECK", "r is n or more, and equals a good one mod n: step B1."),
  RZero: note("RANGE_CHECK", "r is zero: step B1."),
  ScalarPattern: note(
    "ARITHMETIC",
    "s or t fills the windows of a multiplication, carries through them, or leaves them empty.",
  ),
  ShortR: note("EDGE_CASE", "r has leading zeros."),
  ShortS: note("EDGE_CASE", "s has leading zeros."),
  SmallCoordinate: smallCoordinate,
  SmallKey: note("EDGE_CASE", "The public key is a small multiple of G."),
  STooLarge: note("RANGE_CHECK", "s is n or more, and equals a good one mod n: step B2."),
  SumInfinite: note(
    "ARITHMETIC",
    "s·G + t·P is the point at infinity, which has no x: e = r would pass with an x of 0.",
  ),
  SumOnChosenPoint: note(
    "ARITHMETIC",
    "The sum is a point that no nonce leads to by chance: its x is 0, 1, or in [n, p); or it is G, P or −P.",
  ),
  SumWraps: note("ARITHMETIC", "r + s is beside n, or has 257 bits."),
  SumZero: note("RANGE_CHECK", "r + s = n, so t is zero: step B5."),
  SZero: note("RANGE_CHECK", "s is zero: step B2."),
  TableKey: note("ARITHMETIC", "The public key stands in a table of multiples of G, or beside it."),
  WrongReduction: note(
    "ARITHMETIC",
    "e + x₁ equals r only where it is reduced by something else than n, or x₁ is compared mod p with a number that p does not leave room for.",
  ),
};

export const decryptNotes: Notes = {
  Ordinary: ordinary,
  BlockEdge: blockEdge,
  CheckValue: note("AUTH_BYPASS", "C3 is not that of C1 and C2: clause 7.1 step B6."),
  CoordinateTooLarge: tooLarge,
  Encoding: note("FORMAT", "C1 is not 04 ‖ x ‖ y, the one form that is taken."),
  Infinity: infinity,
  LargeCoordinate: largeCoordinate,
  LargeNonce: note("EDGE_CASE", "k is at the upper end of its range."),
  Length: length,
  OffCurve: offCurve,
  Order: note("FORMAT", "The parts are in another order than C1 ‖ C3 ‖ C2."),
  OtherFormula: otherFormula,
  Short: note("EDGE_CASE", "One byte of plaintext."),
  SmallCoordinate: smallCoordinate,
  SmallNonce: note("EDGE_CASE", "k is at the lower end of its range."),
  SpecialShared: note("EDGE_CASE", "The shared point is one that no nonce leads to by chance."),
  ZeroStream: note(
    "SPECIFICATION",
    "The key stream is all zero; C3 is right, and steps A5 and B4 refuse all the same.",
  ),
  ZeroStreamByte: note("SPECIFICATION", "The key stream begins with zero and is not all zero: nothing to refuse."),
};

export const gcmNotes: Notes = {
  Altered: altered,
  BlockEdge: blockEdge,
  CounterWrap: note(
    "ARITHMETIC",
    "The counter's 32 bits go over; what stands above them must stay: NIST SP 800-38D clause 6.2.",
  ),
  Empty: note("EDGE_CASE", "No plaintext, no associated data, or neither."),
  LongIv: note("EDGE_CASE", "A nonce of more than 12 bytes, which goes through GHASH."),
  ModifiedTag: modifiedTag,
  MovedBoundary: note(
    "AUTH_BYPASS",
    "Bytes went from associated data to ciphertext or back, or zeros were added: the lengths at the end of GHASH notice.",
  ),
  SmallIv: note("EDGE_CASE", "A nonce of fewer than 12 bytes, which goes through GHASH."),
  SpecialCiphertext: note("EDGE_CASE", "The ciphertext is all zeros or all ones."),
  SpecialTag: note("EDGE_CASE", "The tag is all zeros or all ones, or has one bit."),
  TruncatedTag: truncatedTag,
  ZeroIv: note("EDGE_CASE", "A nonce of zeros."),
  ZeroLengthIv: note(
    "SPECIFICATION",
    "No nonce: not allowed by NIST SP 800-38D clause 5.2.1.1, and no input but a mistake of the caller's.",
  ),
};

export const macNotes: Notes = {
  Ordinary: ordinary,
  EquivalentKey: note("EDGE_CASE", "Another key with the same code, by RFC 2104's definition."),
  LongKey: note("EDGE_CASE", "A key longer than a block, which is hashed first."),
  ModifiedTag: modifiedTag,
  OtherFormula: otherFormula,
  TruncatedTag: truncatedTag,
};
