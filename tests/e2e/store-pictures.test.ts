import { PICTURE, takeStorePictures } from "@certbridge/demo/stories";
import { openStage } from "@certbridge/demo/walk";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";

/** What stands in a PNG's first chunk (ISO/IEC 15948, 11.2.2). */
function headOf(png: Buffer): { readonly width: number; readonly height: number; readonly colourType: number } {
  expect(png.subarray(12, 16).toString("latin1")).toBe("IHDR");
  return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), colourType: png.readUInt8(25) };
}

const RGB_WITHOUT_ALPHA = 2;

test("the stores' pictures come from a walk that the servers judged, in the size and form that stores take", async () => {
  const folder = "build/e2e/store-pictures";
  const stage = await openStage({ folder, language: "en" });
  try {
    const names = await takeStorePictures(stage, stage.pictures);
    expect(names).toHaveLength(5);
    for (const name of names) {
      const head = headOf(await readFile(join(stage.pictures, name)));
      expect(head, name).toEqual({ ...PICTURE, colourType: RGB_WITHOUT_ALPHA });
    }
    const { a, b } = stage.demo.platforms;
    expect(a.admin.accounts()).toHaveLength(1);
    expect(b.admin.submissions()).toHaveLength(1);
  } finally {
    await stage.close();
  }
});
