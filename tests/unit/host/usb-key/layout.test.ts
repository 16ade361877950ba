import { describe, expect, it } from "vitest";
import { layouts, structureNames, structureOf } from "../../../../apps/host/src/stores/usb-key/layout.ts";

/** Sizes and offsets as C compilers gave them for the structures of GM/T 0016-2012: packed and natural with ULONG of 4 bytes, then of 8. */
const compiled = {
  DEVINFO: { len: [294, 296, 326, 328], fields: { symmetricAlgorithms: [198, 200, 198, 200] } },
  ECCPUBLICKEYBLOB: { len: [132, 132, 136, 136], fields: {} },
  ECCSIGNATUREBLOB: { len: [128, 128, 128, 128], fields: {} },
  ECCCIPHERBLOB: { len: [165, 168, 169, 176], fields: { cipher: [164, 164, 168, 168] } },
  BLOCKCIPHERPARAM: { len: [44, 44, 56, 56], fields: {} },
  ENVELOPEDKEYBLOB: {
    len: [null, null, null, null],
    fields: { "publicKey.bits": [76, 76, 88, 88], "cipher.x": [208, 208, 224, 224] },
  },
} as const;

describe("layout", () => {
  it.each(structureNames)("lays %s as compilers do", (name) => {
    for (const [place, layout] of layouts.entries()) {
      const structure = structureOf(name, layout);
      const { len, fields } = compiled[name];
      if (len[place] !== null) expect(structure.len).toBe(len[place]);
      for (const [field, at] of Object.entries(fields) as [string, readonly number[]][]) {
        expect(structure.fields.get(field)?.at).toBe(at[place]);
      }
    }
  });

  it.each(layouts)("lets no two fields share a byte: %o", (layout) => {
    for (const name of structureNames) {
      const spans = [...structureOf(name, layout).fields.values()];
      for (const [place, span] of spans.entries()) {
        const next = spans[place + 1];
        if (next !== undefined) expect(next.at).toBeGreaterThanOrEqual(span.at + span.len);
      }
    }
  });
});
