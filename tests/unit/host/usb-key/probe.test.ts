import { describe, expect, it } from "vitest";
import { layouts, structureOf } from "../../../../apps/host/src/stores/usb-key/layout.ts";
import { layoutOf, POISONS, PROBE_LEN, readProbe } from "../../../../apps/host/src/stores/usb-key/probe.ts";

type Values = { readonly [field: string]: number };

const CAPABILITIES: Values = {
  symmetricAlgorithms: 0x0000_0507,
  asymmetricAlgorithms: 0x0002_0700,
  hashAlgorithms: 0x0000_0007,
  authAlgorithm: 0x401,
};

/** A buffer as a library of this layout leaves it. */
function fill(layout: (typeof layouts)[number], poison: number, values: Values, len?: number): Buffer {
  const bytes = Buffer.alloc(PROBE_LEN, poison);
  const structure = structureOf("DEVINFO", layout);
  bytes.fill(0, 0, len ?? structure.len);
  for (const [field, value] of Object.entries(values)) {
    const span = structure.fields.get(field);
    if (span !== undefined) bytes.writeUInt32LE(value, span.at);
  }
  return bytes;
}

const probed = (layout: (typeof layouts)[number], values: Values, len?: number) =>
  readProbe([fill(layout, POISONS[0], values, len), fill(layout, POISONS[1], values, len)]);

describe("probe", () => {
  it.each(layouts)("finds %o", (layout) => {
    const probe = probed(layout, CAPABILITIES);
    expect(probe.writtenLen).toBe(structureOf("DEVINFO", layout).len);
    expect(layoutOf(probe)).toEqual(layout);
  });

  it.each(layouts)("finds %o where the reserved bytes are left as they were", (layout) => {
    const len = structureOf("DEVINFO", layout).len - 64;
    expect(layoutOf(probed(layout, CAPABILITIES, len))).toEqual(layout);
  });

  it("names none where nothing was written, or nothing tells them apart", () => {
    const untouched: [Buffer, Buffer] = [Buffer.alloc(PROBE_LEN, POISONS[0]), Buffer.alloc(PROBE_LEN, POISONS[1])];
    expect(readProbe(untouched).writtenLen).toBe(0);
    expect(layoutOf(readProbe(untouched))).toBeNull();
    expect(layoutOf(probed(layouts[0], {}, 200))).toBeNull();
  });
});
