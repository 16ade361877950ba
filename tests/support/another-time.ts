import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOST_PROTOCOL } from "@certbridge/protocol/host";

const NUMBER = new RegExp(String.raw`\bHOST_PROTOCOL ?= ?${HOST_PROTOCOL}\b`, "g");

/** Makes a copy of the built program one of another time: the same but for the number of its grammar, in whichever of its files that lies. */
export async function ofAnotherTime(folder: string, step: -1 | 1): Promise<void> {
  let found = 0;
  for (const name of (await readdir(folder)).filter((each) => each.endsWith(".mjs"))) {
    const source = await readFile(join(folder, name), "utf8");
    const other = source.replaceAll(NUMBER, `HOST_PROTOCOL=${HOST_PROTOCOL + step}`);
    if (other === source) continue;
    await writeFile(join(folder, name), other);
    found += 1;
  }
  if (found === 0) throw new Error("the program's number was not found");
}
