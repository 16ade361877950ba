/** What the person picked: kept in this window alone, and handed to the workshop by reference once they agreed. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { limits } from "@certbridge/protocol/limits";

/** Why what was picked last was not added. */
export type PickProblem = "too-many" | "too-large" | null;

export interface PickedFiles {
  readonly files: ReadonlySignal<readonly File[]>;
  readonly problem: ReadonlySignal<PickProblem>;
  add(files: readonly File[]): void;
  remove(at: number): void;
}

const totalOf = (files: readonly { readonly size: number }[]): number => files.reduce((sum, { size }) => sum + size, 0);

export function createPickedFiles(): PickedFiles {
  const files = signal<readonly File[]>([]);
  const problem = signal<PickProblem>(null);
  return {
    files,
    problem,
    add(more) {
      const all = [...files.value, ...more];
      const tooMany = all.length > limits.packageFiles;
      problem.value = tooMany ? "too-many" : totalOf(all) > limits.packageContentLen ? "too-large" : null;
      if (problem.value === null) files.value = all;
    },
    remove(at) {
      files.value = files.value.filter((_, index) => index !== at);
      problem.value = null;
    },
  };
}
