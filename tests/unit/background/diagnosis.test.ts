import { OperationError } from "@certbridge/protocol/errors";
import { expect, test } from "vitest";
import { readDiagnosis } from "../../../extension/background/diagnosis.ts";
import type { HostClient } from "../../../extension/background/host-client.ts";

const FOUND = { findings: [{ cause: "no-key", verdict: "note" }] };

/** A program in this state that answers so. */
function journeyWith(state: string, answer: () => Promise<unknown>) {
  const asked: string[] = [];
  const host = {
    look: () => Promise.resolve({ state: { state }, operations: [], carriers: [] }),
    call(verb: string) {
      asked.push(verb);
      return answer();
    },
  } as unknown as HostClient;
  return { asked, journey: { means: { host } } as unknown as Parameters<typeof readDiagnosis>[0] };
}

test("a program that is ready is asked, and what it found is passed on", async () => {
  const { asked, journey } = journeyWith("ready", () => Promise.resolve(FOUND));
  expect(await readDiagnosis(journey)).toEqual(FOUND);
  expect(asked).toEqual(["diagnose"]);
});

test.each(["missing", "forbidden", "failed", "unpaired", "sandboxed"])(
  "a program that is %s is not asked",
  async (state) => {
    const { asked, journey } = journeyWith(state, () => Promise.resolve(FOUND));
    expect(await readDiagnosis(journey)).toEqual({ findings: [] });
    expect(asked).toEqual([]);
  },
);

test("an older program, which does not look, has found nothing; another failure is one", async () => {
  const older = () => Promise.reject(new OperationError("UNSUPPORTED_OPERATION", { operation: "diagnose" }));
  expect(await readDiagnosis(journeyWith("ready", older).journey)).toEqual({ findings: [] });
  const broken = () => Promise.reject(new OperationError("HOST_FAILED"));
  await expect(readDiagnosis(journeyWith("ready", broken).journey)).rejects.toMatchObject({ code: "HOST_FAILED" });
});
