/**
 * A folder of records (记录文件): one JSON file each, written whole, read as strictly as what comes from a page. What is damaged, or cannot be
 * read, hides itself and no other.
 */
import { join } from "node:path";
import * as v from "valibot";
import { namesIn, readIfThere, removeFile, writeWhole } from "./disk.ts";
import { withLock } from "./lock.ts";

const FILE = /^([0-9a-f]{1,64})\.json$/;

/** A record and the name of its file. */
export interface NamedRecord<T> {
  readonly name: string;
  readonly record: T;
}

export interface RecordFiles<T> {
  /** Those that can be read, by their names; hexadecimal digits, lower case. */
  all(): Promise<readonly NamedRecord<T>[]>;
  /** Null where there is none, or it is damaged. @throws what the disk says where it cannot be read: it may be there still */
  read(name: string): Promise<T | null>;
  write(name: string, record: T): Promise<void>;
  remove(name: string): Promise<void>;
  /** Runs alone among all programs. @throws OperationError STORE_BUSY */
  alone<R>(run: () => Promise<R>): Promise<R>;
}

/** @param options.maxLen of a file, in bytes; a longer one is damaged */
export function openRecordFiles<const S extends v.GenericSchema>(options: {
  readonly folder: string;
  readonly schema: S;
  readonly maxLen: number;
}): RecordFiles<v.InferOutput<S>> {
  const { folder, schema, maxLen } = options;
  const fileOf = (name: string): string => join(folder, `${name}.json`);

  async function read(name: string): Promise<v.InferOutput<S> | null> {
    const content = await readIfThere(fileOf(name));
    if (content === null || content.length > maxLen) return null;
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(content);
      return v.parse(schema, JSON.parse(text));
    } catch {
      return null;
    }
  }

  return {
    read,
    async all() {
      const names = (await namesIn(folder)).flatMap((file) => FILE.exec(file)?.[1] ?? []);
      const found = await Promise.all(
        names.map(async (name) => {
          // A bad sector, a folder of that name, a file that another program holds.
          const record = await read(name).catch(() => null);
          return record === null ? [] : [{ name, record }];
        }),
      );
      return found.flat();
    },
    write: (name, record) => writeWhole(fileOf(name), `${JSON.stringify(record)}\n`),
    remove: (name) => removeFile(fileOf(name)),
    alone: (run) => withLock(folder, run),
  };
}
