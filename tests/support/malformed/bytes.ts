/**
 * Bytes as an attacker sends them: genuine messages altered, and messages that nobody made. Half of the changes keep every length
 * right, so that they pass the walk over DER and reach what stands behind it; the other half break it.
 */
import { checkDer, element } from "@certbridge/pki";
import * as fc from "fast-check";

/** One element of a message, laid out. */
interface Node {
  readonly tag: number;
  /** What stands before the inner elements: the unused bits of a BIT STRING. */
  readonly before: Uint8Array;
  /** The elements in it, or the contents where there are none. */
  readonly inside: readonly Node[] | Uint8Array;
  /** Elements in it, itself among them. */
  readonly size: number;
  readonly der: Uint8Array;
}

const nothing = new Uint8Array(0);

function make(tag: number, inside: readonly Node[] | Uint8Array, before: Uint8Array = nothing): Node {
  if (inside instanceof Uint8Array) return { tag, before, inside, size: 1, der: element(tag, before, inside) };
  const der = element(tag, before, ...inside.map((node) => node.der));
  return { tag, before, inside, size: sizeOf(inside) + 1, der };
}

const sizeOf = (nodes: readonly Node[]): number => nodes.reduce((sum, { size }) => sum + size, 0);

const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;

/** An element with what is in it; strings too, where they hold a message of their own. */
function open(tag: number, contents: Uint8Array): Node {
  if ((tag & 0x20) !== 0) return make(tag, layOut(contents));
  const from = tag === BIT_STRING ? 1 : 0;
  const wrapped = contents.subarray(from);
  if ((tag === OCTET_STRING || tag === BIT_STRING) && isMessage(wrapped)) {
    return make(tag, layOut(wrapped), contents.subarray(0, from));
  }
  return make(tag, contents);
}

function isMessage(contents: Uint8Array): boolean {
  try {
    checkDer(contents, 1 << 16, "wrapped");
    return true;
  } catch {
    return false;
  }
}

/** The elements of genuine DER. */
function layOut(der: Uint8Array): readonly Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < der.length;) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0;
    const lenLen = first < 0x80 ? 0 : first & 0x7f;
    const from = at + 2 + lenLen;
    const len = lenLen === 0 ? first : Number.parseInt(Buffer.from(der.subarray(at + 2, from)).toString("hex"), 16);
    nodes.push(open(tag, der.subarray(from, from + len)));
    at = from + len;
  }
  return nodes;
}

/** The elements with number `at` of them, counted from the front, given over to `change`; lengths around it follow. */
function changeAt(nodes: readonly Node[], at: number, change: (node: Node) => readonly Node[]): readonly Node[] {
  const index = nodes.findIndex(({ size }, i) => at < sizeOf(nodes.slice(0, i)) + size);
  const node = nodes[index];
  if (node === undefined) return nodes;
  const left = at - sizeOf(nodes.slice(0, index));
  const { tag, before, inside } = node;
  const put =
    left === 0 || inside instanceof Uint8Array ? change(node) : [make(tag, changeAt(inside, left - 1, change), before)];
  return nodes.toSpliced(index, 1, ...put);
}

const nest = (node: Node, levels: number): Node => (levels === 0 ? node : nest(make(0x30, [node]), levels - 1));

/** Contents at the edges of what types allow: none, zero, minus one, padded, long, too long. */
const edges: readonly Uint8Array[] = [
  [],
  [0],
  [1],
  [0x7f],
  [0x80],
  [0xff],
  [0, 0],
  [0, 0x80],
  [0xff, 0x7f],
  [4, ...Array<number>(64).fill(0)],
  [0, 4, ...Array<number>(64).fill(0xff)],
  Array<number>(32).fill(0xff),
  Array<number>(33).fill(0),
  Array<number>(300).fill(0x41),
].map((bytes) => Uint8Array.from(bytes));

/** Every kind of tag that our messages have, and some that none has. */
const tags = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1e, 0x1f, 0x24, 0x30, 0x31,
  0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa2, 0xa3, 0xbf, 0xff,
] as const;

/** Headers that promise more than there is, or the same in a form that DER does not have. */
const headers = [
  [0x30, 0x80],
  [0x30, 0x81, 0x01],
  [0x30, 0x82, 0xff, 0xff],
  [0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
  [0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
  [0x30, 0x85, 0x01, 0, 0, 0, 0],
  [0x24, 0x80, 0x04, 0x00, 0x00, 0x00],
  [0x3f, 0xff, 0xff, 0xff, 0x7f, 0x00],
] as const;

const join = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength }).map((some) => new Uint8Array(some));

/** A change of one element; lengths around it follow. */
const treeEdit: fc.Arbitrary<(nodes: readonly Node[]) => readonly Node[]> = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      fc.constantFrom(...tags).map((tag) => (node: Node) => [make(tag, node.inside)]),
      fc.oneof(fc.constantFrom(...edges), bytes(0, 40)).map((inside) => (node: Node) => [make(node.tag, inside)]),
      fc.constant(() => []),
      fc.constantFrom(2, 2, 2, 3, 3, 6, 33, 60).map((times) => (node: Node) => Array<Node>(times).fill(node)),
      fc.constantFrom(1, 2, 31, 33, 200).map((levels) => (node: Node) => [nest(node, levels)]),
      fc.tuple(fc.nat(), fc.nat({ max: 255 })).map(([at, mask]) => ({ tag, inside }: Node) => {
        if (!(inside instanceof Uint8Array)) return [make(tag, inside.toReversed())];
        return [
          make(
            tag,
            inside.map((byte, i) => (i === at % inside.length ? byte ^ mask : byte)),
          ),
        ];
      }),
    ),
  )
  .map(
    ([at, change]) =>
      (nodes: readonly Node[]) =>
        changeAt(nodes, at % Math.max(1, sizeOf(nodes)), change),
  );

/** A change of bytes; nothing follows. */
const rawEdit: fc.Arbitrary<(der: Uint8Array) => Uint8Array> = fc
  .tuple(
    fc.nat(),
    fc.oneof(
      fc.nat({ max: 255 }).map((mask) => (_der: Uint8Array, at: number) => ({ at, take: 1, mask, put: [] })),
      fc
        .tuple(fc.nat({ max: 30 }), fc.oneof(fc.constantFrom(...headers), bytes(0, 12)))
        .map(([take, put]) => (_der: Uint8Array, at: number) => ({ at, take, mask: null, put })),
      fc.constant((der: Uint8Array, at: number) => ({ at, take: der.length, mask: null, put: [] })),
      fc.tuple(fc.nat(), fc.nat({ max: 200 })).map(([from, len]) => (der: Uint8Array, at: number) => ({
        at,
        take: 0,
        mask: null,
        put: der.subarray(from % der.length, (from % der.length) + len),
      })),
    ),
  )
  .map(([place, edit]) => (der: Uint8Array) => {
    if (der.length === 0) return der;
    const { at, take, mask, put } = edit(der, place % der.length);
    if (mask !== null) return der.map((byte, i) => (i === at ? byte ^ mask : byte));
    return join([der.subarray(0, at), Uint8Array.from(put), der.subarray(at + take)]);
  });

/** These messages, each genuine DER, after one change or several. */
export function altered(samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const laidOut = samples.map(layOut);
  const bySize = fc
    .tuple(fc.constantFrom(...laidOut), fc.array(treeEdit, { minLength: 1, maxLength: 3 }))
    .map(([sample, edits]) => join(edits.reduce((nodes, edit) => edit(nodes), sample).map(({ der }) => der)));
  const broken = fc
    .tuple(
      fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...samples) }, { weight: 1, arbitrary: bySize }),
      fc.array(rawEdit, { minLength: 1, maxLength: 3 }),
    )
    .map(([sample, edits]) => edits.reduce((der, edit) => edit(der), sample));
  return fc.oneof({ weight: 3, arbitrary: bySize }, { weight: 2, arbitrary: broken });
}

/** Bytes that look like DER: elements of any tag, nested, sometimes with a wrong length. */
const { derLike } = fc.letrec<{ derLike: Uint8Array }>((tie) => ({
  derLike: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc
      .tuple(fc.constantFrom(...tags), fc.oneof(bytes(0, 12), fc.constantFrom(...edges)))
      .map(([tag, some]) => element(tag, some)),
    fc
      .tuple(fc.constantFrom(0x30, 0x30, 0x31, 0xa0, 0xa1, 0xa3, 0x24), fc.array(tie("derLike"), { maxLength: 6 }))
      .map(([tag, inner]) => element(tag, ...inner)),
    fc
      .tuple(tie("derLike"), fc.nat(), fc.nat({ max: 255 }))
      .map(([der, at, value]) => der.map((byte, i) => (i === at % der.length ? value : byte))),
  ),
}));

/** What a parser of `own` must stand: such messages altered, those of other kinds, and bytes of no kind. */
export function hostileBytes(
  own: readonly Uint8Array[],
  others: readonly Uint8Array[] = own,
): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 12, arbitrary: altered(own) },
    { weight: 2, arbitrary: fc.oneof(fc.constantFrom(...others), altered(others)) },
    { weight: 2, arbitrary: derLike },
    { weight: 1, arbitrary: bytes(0, 80) },
    { weight: 1, arbitrary: fc.constantFrom(...headers, ...edges).map((some) => Uint8Array.from(some)) },
  );
}
