/** Skips work whose inputs have not changed: a digest of the input files, kept beside what was made of them. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./step.mjs";

const SKIPPED = new Set(["node_modules", "build", ".git", ".wxt"]);

function* filesBelow(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  if (!statSync(full).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(full).sort()) {
    if (!SKIPPED.has(name)) yield* filesBelow(join(path, name));
  }
}

/** SHA-256 over names and contents of files and folders below the project's folder. */
export function digestOf(paths, salt = "") {
  const hash = createHash("sha256").update(salt);
  for (const path of paths) {
    for (const file of filesBelow(path)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Whether `made` all exist and the stamp names this digest. */
export function isFresh(stampFile, digest, made = []) {
  const stamp = join(root, stampFile);
  return (
    existsSync(stamp) && readFileSync(stamp, "utf8") === digest && made.every((path) => existsSync(join(root, path)))
  );
}

export function writeStamp(stampFile, digest) {
  const stamp = join(root, stampFile);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}
