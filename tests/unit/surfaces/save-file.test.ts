/** Saving into a folder that the person picked: nothing there is overwritten, and nothing half is left. */
import { expect, test } from "vitest";
import { saveInto } from "../../../extension/surfaces/parts/save-file.ts";

/** A folder in memory, as the browser gives it. @param full from then on nothing more is written */
function openFolder(names: readonly string[], full = false) {
  const files = new Map(names.map((name) => [name, "the person's"]));
  const folder = {
    async getFileHandle(name: string, { create = false }: { readonly create?: boolean } = {}) {
      if (!files.has(name)) {
        if (!create) throw new DOMException("not there", "NotFoundError");
        files.set(name, "");
      }
      return {
        async createWritable() {
          const pieces: Uint8Array[] = [];
          return new WritableStream<Uint8Array>({
            write(piece) {
              if (full) throw new DOMException("full", "QuotaExceededError");
              pieces.push(piece);
            },
            close: () => void files.set(name, Buffer.concat(pieces).toString()),
          });
        },
      };
    },
    removeEntry: async (name: string) => void files.delete(name),
  };
  return { files, folder: folder as unknown as FileSystemDirectoryHandle };
}

const content = new Blob(["投标函"]);

test("under its name, or one beside it; of a hundred names that are taken none is written over", async () => {
  const { files, folder } = openFolder([]);
  await saveInto(folder, content, "a.pdf");
  await saveInto(folder, content, "a.pdf");
  expect([...files]).toEqual([
    ["a.pdf", "投标函"],
    ["a (2).pdf", "投标函"],
  ]);
  const taken = ["a", ...Array.from({ length: 98 }, (_, at) => `a (${at + 2})`)];
  const crowded = openFolder(taken);
  await saveInto(crowded.folder, content, "a");
  for (const name of taken) expect(crowded.files.get(name)).toBe("the person's");
  expect(crowded.files.get("a (100)")).toBe("投标函");
});

test("where no name is free, or the disk is full, nothing is written and nothing left", async () => {
  const taken = ["a", ...Array.from({ length: 999 }, (_, at) => `a (${at + 2})`)];
  const crowded = openFolder(taken);
  await expect(saveInto(crowded.folder, content, "a")).rejects.toThrow("no name is free");
  expect(new Set(crowded.files.values())).toEqual(new Set(["the person's"]));
  const full = openFolder(["b"], true);
  await expect(saveInto(full.folder, content, "a")).rejects.toThrow("full");
  expect([...full.files.keys()]).toEqual(["b"]);
});
