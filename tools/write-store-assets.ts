/**
 * `npm run store-assets`: everything that a person pastes or uploads at a store, field by field, under `build/store-assets/STORE`:
 * `LANGUAGE/{name,summary,description}.txt`, `LANGUAGE/N-….png`, `answers.md`, `logo.png` and `tile.png`. Texts come from the pages under
 * `store-assets`, pictures from real screens of a walk through the demonstration.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  listingLanguages,
  readAnswers,
  readListing,
  readOwnAnswers,
  type StoreName,
  storeNames,
  stores,
} from "./store-listing.ts";

const root = resolve(import.meta.dirname, "..");
const out = join(root, "build", "store-assets");
const pictures = join(out, "pictures");

interface Manifest {
  readonly permissions: readonly string[];
}

function answersFor(store: StoreName): string {
  const manifest = JSON.parse(
    readFileSync(join(root, `build/extension/${stores[store].browser}-mv3/manifest.json`), "utf8"),
  ) as Manifest;
  const { questions, permissions } = readAnswers();
  const asked = [...manifest.permissions, "host permissions"];
  const section = (title: string, answers: Iterable<readonly [string, string]>) =>
    [`## ${title}`, ...Array.from(answers, ([question, answer]) => `**${question}**\n\n${answer}`)].join("\n\n");
  return [
    section("Questions", questions),
    section(
      "Permissions",
      asked.map((permission) => [permission, permissions.get(permission) ?? ""] as const),
    ),
    section("This store", readOwnAnswers(store)),
    "",
  ].join("\n\n");
}

for (const store of storeNames) {
  const folder = join(out, store);
  rmSync(folder, { recursive: true, force: true });
  for (const language of listingLanguages) {
    const place = join(folder, language);
    mkdirSync(place, { recursive: true });
    for (const [field, text] of Object.entries(readListing(language))) writeFileSync(join(place, `${field}.txt`), text);
    for (const picture of readdirSync(join(pictures, language))) {
      copyFileSync(join(pictures, language, picture), join(place, picture));
    }
  }
  for (const drawing of ["logo.png", "tile.png"]) copyFileSync(join(pictures, drawing), join(folder, drawing));
  writeFileSync(join(folder, "answers.md"), answersFor(store));
}
