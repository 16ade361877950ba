import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The files that the build puts beside the extension's scripts, as its own `fetch` finds them. */
export async function fetchBuilt(address: string): Promise<Response> {
  const { pathname } = new URL(address, "https://stage.test");
  return new Response(readFileSync(join(import.meta.dirname, "../..", pathname)));
}
