/** A view that the background owns: loaded, shown, loaded anew when something changed. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { OperationError } from "@certbridge/protocol/errors";

export interface Resource<T> {
  /** The newest view; null until the first one has come. */
  readonly value: ReadonlySignal<T | null>;
  /** Why the last load failed; null after one that did not. The last good view stays. */
  readonly problem: ReadonlySignal<OperationError | null>;
  refresh(): Promise<void>;
}

/** What was thrown, as an error with a code. */
export function asOperationError(error: unknown): OperationError {
  return error instanceof OperationError
    ? error
    : new OperationError("INTERNAL", { reportId: "surface" }, { cause: error });
}

export function createResource<T>(load: () => Promise<T>): Resource<T> {
  const value = signal<T | null>(null);
  const problem = signal<OperationError | null>(null);
  let newest = 0;
  return {
    value,
    problem,
    async refresh() {
      const mine = ++newest;
      try {
        const loaded = await load();
        // A slower, older answer must not replace a newer one.
        if (mine !== newest) return;
        value.value = loaded;
        problem.value = null;
      } catch (error) {
        if (mine === newest) problem.value = asOperationError(error);
      }
    },
  };
}
