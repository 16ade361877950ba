import { errorCodes } from "@certbridge/protocol/errors";
import { hostRequest } from "@certbridge/protocol/host";
import { operations } from "@certbridge/protocol/page";
import { operationNames } from "@certbridge/protocol/page/names";
import { answer, relayMessage } from "@certbridge/protocol/page/wire";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const read = (path: string) => readFileSync(join(root, path), "utf8");

describe("papers", () => {
  const pages = { saveRegistration: "register" } as Readonly<Record<string, string>>;

  test.each(operationNames)("the verb %s has its page, which names its parameters", (name) => {
    const page = read(`docs/operations/${pages[name] ?? name}.md`);
    expect(page).toContain(`\`${name}\``);
    for (const parameter of Object.keys(operations[name].params.entries)) expect(page).toContain(`\`${parameter}\``);
  });

  test("every example of docs/protocol.md is of the grammar", () => {
    const examples = [...read("docs/protocol.md").matchAll(/```json\n(.*?)```/gs)].map(
      ([, json = ""]) => JSON.parse(json) as unknown,
    );
    expect(examples).toHaveLength(3);
    for (const example of examples) {
      expect(
        [relayMessage, answer, hostRequest].some((schema) => v.is(schema, example)),
        JSON.stringify(example),
      ).toBe(true);
    }
  });

  test("every error code says what it means, who raises it and what to do", () => {
    const source = read("packages/protocol/src/errors.ts");
    for (const code of errorCodes) {
      expect(source, code).toMatch(new RegExp(`/\\*\\*[^/]*·[^/]*·[^/]*\\*/\\n  ${code}:`));
    }
  });

  test.each(["README.md", "README.zh-CN.md"])("%s shows the two commands first", (file) => {
    const [first = ""] = read(file).match(/```[\s\S]*?```/) ?? [];
    expect(first).toContain("npm start");
    expect(first).toContain("npm test");
  });
});
