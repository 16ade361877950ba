/**
 * Values as a hostile page, program or file sends them: genuine messages with something put in, taken out or replaced, and values
 * of no message at all. Names that every object inherits, halves of characters, numbers at the edges, depth and length.
 */
import * as fc from "fast-check";

/** Names that objects have of themselves, and names that our messages have. */
const names = fc.constantFrom(
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "then",
  "length",
  "",
  "0",
  "id",
  "v",
  "kind",
  "params",
  "nonce",
  "origin",
  "code",
);

const numbers = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  0.5,
  2,
  255,
  256,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e21,
  1e308,
  5e-324,
  Number.NaN,
  Number.POSITIVE_INFINITY,
);

/** Texts at the edges: halves of a pair, controls, other directions, long ones, and what other languages take for code. */
const texts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "",
      "\u0000",
      "\ud800",
      "\udfff\ud800",
      "a\ud83d",
      "\u202e\u2066gpj.书",
      "\ufeff",
      "https://bid.example.cn",
      "https://bid.example.cn.",
      "https://BID.example.cn",
      "null",
      "-1",
      "A".repeat(22),
      `${"A".repeat(42)}B`,
      "A".repeat(43),
      "A".repeat(86),
      "=".repeat(43),
      "../../etc/passwd",
      "2026-13-41T25:61:61Z",
      "9999-12-31T23:59:59.999999999Z",
    ),
  },
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 3, arbitrary: fc.string({ maxLength: 12, unit: "binary" }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom("A", "ä", "\ud800", "🀄"), fc.constantFrom(255, 256, 1025, 4097, 20_000))
      .map(([letter, times]) => letter.repeat(times)),
  },
);

const leaf = fc.oneof(texts, numbers, fc.constantFrom(true, false, null));

/** Nested so far that whoever walks it by calling itself should count. */
const deepText = fc
  .tuple(fc.constantFrom("[", '{"a":', '{"__proto__":', '[{"inFrame":true},'), fc.constantFrom(40, 1000, 6000))
  .map(([open, levels]) => open.repeat(levels) + "1" + (open.startsWith("[") ? "]" : "}").repeat(levels));

const record = (value: fc.Arbitrary<unknown>) =>
  fc
    .array(fc.tuple(fc.oneof(names, fc.string({ maxLength: 6 })), value), { maxLength: 5 })
    // As JSON.parse makes objects: every name their own, `__proto__` too.
    .map((entries) => Object.fromEntries(entries) as unknown);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    leaf,
    fc.array(tie("tree"), { maxLength: 4 }),
    record(tie("tree")),
  ),
}));

const long = fc
  .tuple(leaf, fc.constantFrom(6, 101, 3000))
  .map(([value, times]) => Array<unknown>(times).fill(value) as unknown);

/** The text of a value of no message. */
export const anyJson: fc.Arbitrary<string> = fc.oneof(
  { weight: 30, arbitrary: tree.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: deepText },
);

/** A value of no message. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 30, arbitrary: tree },
  { weight: 1, arbitrary: deepText.map((text) => JSON.parse(text) as unknown) },
  { weight: 1, arbitrary: long },
);

type Change = "replace" | "remove" | "add" | "double" | "wrap";

interface Edit {
  readonly at: number;
  readonly change: Change;
  readonly name: string;
  readonly value: unknown;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  change: fc.constantFrom<Change>("replace", "replace", "remove", "add", "double", "wrap"),
  name: fc.oneof(names, fc.string({ maxLength: 6 })),
  value: fc.oneof({ weight: 4, arbitrary: leaf }, { weight: 1, arbitrary: anyValue }),
});

type Plain = Readonly<Record<string, unknown>>;

const isPlain = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Deeper than any message of ours nothing is changed. */
const DEPTH = 12;

function size(value: unknown, depth = 0): number {
  if (depth === DEPTH || !(Array.isArray(value) || isPlain(value))) return 1;
  return Object.values(value).reduce((sum: number, one: unknown) => sum + size(one, depth + 1), 1);
}

const GONE = Symbol("taken out");

/** The message with what stands at place `at`, counted from the front, changed. */
function apply(value: unknown, wanted: Edit, at = wanted.at % size(value)): unknown {
  if (at === 0) return changed(value, wanted);
  let left = at - 1;
  const within = (one: unknown): unknown => {
    const here = left;
    const span = size(one);
    left -= span;
    return here >= 0 && here < span ? apply(one, wanted, here) : one;
  };
  if (Array.isArray(value)) return value.map(within).filter((one) => one !== GONE);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, within(one)] as const);
  return Object.fromEntries(entries.filter(([, one]) => one !== GONE));
}

function changed(value: unknown, { change, name, value: other }: Edit): unknown {
  switch (change) {
    case "replace":
      return other;
    case "remove":
      return GONE;
    case "wrap":
      return [value];
    case "double":
      return Array.isArray(value) ? [...value, ...value] : [value, value];
    case "add":
      if (Array.isArray(value)) return [...value, other];
      return isPlain(value) ? Object.fromEntries([...Object.entries(value), [name, other]]) : other;
  }
}

/** These messages after one change or several, or values of none. What is no plain object, such as a Blob, stays as it is. */
export function hostileValues(samples: readonly unknown[]): fc.Arbitrary<unknown> {
  const edited = fc
    .tuple(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([sample, edits]) => {
      const value = edits.reduce((before, one) => apply(before, one), sample);
      return value === GONE ? undefined : value;
    });
  return fc.oneof({ weight: 6, arbitrary: edited }, { weight: 1, arbitrary: anyValue });
}

/** Nested too deep for JSON.stringify, though not for JSON.parse. */
const TOO_DEEP = "[".repeat(9000) + "]".repeat(9000);

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return TOO_DEEP;
  }
}

/** Texts of these messages after one change or several, and of values of none. */
export const hostileTexts = (samples: readonly unknown[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 4, arbitrary: hostileValues(samples).map(textOf) }, { weight: 1, arbitrary: anyJson });
