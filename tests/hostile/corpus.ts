/**
 * The corpus of hostile pages, as data: one HTML file each under `pages/`, which says in its first comment what it tries, what
 * stands against it and what must come of it. `props/` holds what they use and open. All of it is served as real pages, with
 * real scripts: nothing is evaluated from outside into a page that spoils its own prototypes.
 */
import type { Aside } from "@certbridge/demo/walk";
import { CHROMIUM_EXTENSION_ID } from "@certbridge/protocol/ids";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import * as v from "valibot";

/** Where the corpus is tried, as docs/threat-model.md and the report name it. */
export const TRIED_BY = "e2e/hostile.test.ts";

const description = v.strictObject({
  tries: v.string(),
  defence: v.string(),
  /** Refused: the page gets this code. Harmless: nothing comes of it that should not. */
  outcome: v.picklist(["refused", "harmless"]),
  code: v.optional(v.string()),
  /** Who serves it: a platform that takes part, or a site that takes part in nothing. */
  on: v.optional(v.picklist(["platform", "stranger"]), "platform"),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  /** What the page must report; null where the test looks by itself. */
  says: v.nullable(v.unknown()),
  /** Approval windows that it brings, and what the person does in each; they just look at one that goes by itself. */
  windows: v.optional(v.number(), 0),
  person: v.optional(v.picklist(["declines", "looks"]), "looks"),
  /** What stands in such a window, and what must not. */
  shows: v.optional(v.array(v.string()), []),
  hides: v.optional(v.array(v.string()), []),
  /** Consents that are used up: each is a private-key call, or one credential kept. */
  consents: v.optional(v.number(), 0),
});

export interface Attack extends v.InferOutput<typeof description> {
  /** The file's name without its ending. */
  readonly id: string;
}

const folder = (name: string) => join(import.meta.dirname, name);

/** @throws where a page's first comment is not of the form */
export function readCorpus(): readonly Attack[] {
  return readdirSync(folder("pages"))
    .filter((file) => file.endsWith(".html"))
    .sort()
    .map((file) => {
      const text = readFileSync(join(folder("pages"), file), "utf8");
      const [, json = ""] = /^<!--(.*?)-->/s.exec(text) ?? [];
      return { id: file.slice(0, -".html".length), ...v.parse(description, JSON.parse(json)) };
    });
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
};

/** Pages that the test told to go on, by their path. */
export type Told = ReadonlySet<string>;

/** Serves pages and props under `/hostile/`, at every name of the demonstration. */
export function serveCorpus(corpus: readonly Attack[], told: Told): Aside {
  const files = new Map<string, { readonly body: string; readonly headers: Record<string, string> }>();
  for (const place of ["pages", "props"]) {
    for (const file of readdirSync(folder(place))) {
      const attack = corpus.find(({ id }) => `${id}.html` === file);
      const body = readFileSync(join(folder(place), file), "utf8").replaceAll("EXTENSION_ID", CHROMIUM_EXTENSION_ID);
      const headers = { "Content-Type": TYPES[extname(file)] ?? "text/plain", ...attack?.headers };
      files.set(`/hostile/${file}`, { body, headers });
    }
  }
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/hostile/told/")) {
      return new Response(null, { status: told.has(pathname.slice("/hostile/told".length)) ? 204 : 404 });
    }
    const found = files.get(pathname);
    return found === undefined ? null : new Response(found.body, { headers: found.headers });
  };
}
