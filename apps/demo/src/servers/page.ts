import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

/** The files of a platform's site: path → body. Script and style stand beside this file; there is no inline script. */
export function pageOf(site: {
  readonly name: string;
  readonly theme: string;
  readonly origin: string;
}): Readonly<Record<string, { readonly body: string; readonly type: string }>> {
  const read = (file: string) => readFileSync(new URL(`../page/${file}`, import.meta.url), "utf8");
  const fill = (text: string) => text.replaceAll("{{name}}", site.name).replaceAll("{{theme}}", site.theme);
  return {
    "/": { body: fill(read("index.html")), type: "text/html; charset=utf-8" },
    "/site.js": { body: stripTypeScriptTypes(read("site.ts")), type: "text/javascript; charset=utf-8" },
    "/site.css": { body: fill(read("site.css")), type: "text/css; charset=utf-8" },
  };
}
