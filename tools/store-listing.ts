/**
 * What the stores are told, read from the pages under `store-assets`, which are the one source: a listing per language, and the
 * answers that every store asks for. `npm run store-assets` writes them out field by field; a test holds them against the stores'
 * limits and against the manifests.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const folder = resolve(import.meta.dirname, "../store-assets");
const read = (file: string) => readFileSync(join(folder, file), "utf8");

/** As the listings are named; the extension's locales have an underscore. */
export const listingLanguages = ["zh-CN", "zh-TW", "en"] as const;

export type ListingLanguage = (typeof listingLanguages)[number];

/** How long a store's fields may be, in characters, and whose package it takes. */
export interface Store {
  readonly browser: "chrome" | "firefox";
  readonly nameLen: number;
  readonly summaryLen: number;
  readonly descriptionLen: { readonly min: number; readonly max: number };
  /** Of the single purpose and of each permission's reason. */
  readonly answerLen: number;
}

/** Names: developer.mozilla.org, manifest.json/name. Summaries: the manifest's description, which browsers take up to 132. */
export const stores = {
  chrome: {
    browser: "chrome",
    nameLen: 75,
    summaryLen: 132,
    descriptionLen: { min: 1, max: 16_000 },
    answerLen: 1000,
  },
  edge: {
    browser: "chrome",
    nameLen: 45,
    summaryLen: 132,
    descriptionLen: { min: 250, max: 10_000 },
    answerLen: 1000,
  },
  firefox: {
    browser: "firefox",
    nameLen: 50,
    summaryLen: 132,
    descriptionLen: { min: 1, max: 15_000 },
    answerLen: 1000,
  },
} as const satisfies Readonly<Record<string, Store>>;

export type StoreName = keyof typeof stores;

export const storeNames = Object.keys(stores) as readonly StoreName[];

export interface Listing {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
}

/** A page's heading, its first paragraph, and the rest. */
export function readListing(language: ListingLanguage): Listing {
  const [title = "", summary = "", ...description] = read(`${language}.md`).trimEnd().split("\n\n");
  return { name: title.replace(/^# /, ""), summary, description: description.join("\n\n") };
}

/** The rows of the table whose first column has that heading: first cell, then second. */
function tableOf(page: string, heading: string): ReadonlyMap<string, string> {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (start < 0) throw new Error(`no table of ${heading}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  const rows = lines.slice(start + 2, end < 0 ? lines.length : end);
  return new Map(
    rows.map((row) => {
      const [, key = "", value = ""] = row.split("|").map((cell) => cell.trim());
      return [key.replaceAll("`", ""), value];
    }),
  );
}

export interface Answers {
  /** Question → answer: single purpose, remote code, data, certification. */
  readonly questions: ReadonlyMap<string, string>;
  /** Permission → why it is asked for; "host permissions" stands for all of them. */
  readonly permissions: ReadonlyMap<string, string>;
}

export function readAnswers(): Answers {
  const page = read("README.md");
  return { questions: tableOf(page, "question"), permissions: tableOf(page, "permission") };
}

/** What that store alone asks for, and what it is answered. */
export function readOwnAnswers(store: StoreName): ReadonlyMap<string, string> {
  return tableOf(read(`${store}.md`), "asked for");
}
