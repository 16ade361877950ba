import { mkdir, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Attack, readCorpus, TRIED_BY } from "../hostile/corpus.ts";
import { meet, openScene, type Scene, type Stories } from "../hostile/scene.ts";
import { contents } from "../hostile/stories/contents.ts";
import { hands } from "../hostile/stories/hands.ts";
import { others } from "../hostile/stories/others.ts";
import { permission } from "../hostile/stories/permission.ts";
import { relay } from "../hostile/stories/relay.ts";

/**
 * Every page of the corpus, in a real browser with a real key: what it reports, what windows it brought, what consents it used
 * up. What came of each is written to build/reports/attacks.json; none may be open.
 */

const REPORT = "build/reports";
const corpus = readCorpus();
const stories: Stories = { ...contents, ...hands, ...others, ...permission, ...relay };
/** Attacks that came to what their descriptions say. */
const met = new Set<string>();
let scene: Scene;

beforeAll(async () => {
  scene = await openScene("build/e2e/hostile", corpus);
});

const outcomeOf = ({ id, outcome }: Attack) => (met.has(id) ? outcome : "open");

afterAll(async () => {
  await scene.stage.close();
  const attacks = corpus.map((attack) => {
    const { id, tries, defence, code } = attack;
    const test = `${TRIED_BY} ${id}`;
    return { id, tries, defence, test, outcome: outcomeOf(attack), ...(code === undefined ? {} : { code }) };
  });
  await mkdir(REPORT, { recursive: true });
  await writeFile(`${REPORT}/attacks.json`, `${JSON.stringify(attacks, null, 2)}\n`);
});

/** What an attack that went wrong left behind is not the next one's. */
afterEach(async () => {
  await scene.clear();
  await expect.poll(() => scene.windows().open, { timeout: 20_000 }).toBe(0);
});

test.each(corpus)("$id: $tries", async (attack) => {
  await scene.renew();
  const before = { ...scene.windows(), consents: await scene.consents() };
  const story = stories[attack.id];
  if (story === undefined) expect(await meet(scene, attack)).toEqual(attack.says);
  else await story(scene, attack);
  // No window outlives its request.
  await expect.poll(() => scene.windows().open, { timeout: 10_000 }).toBe(0);
  expect({
    windows: scene.windows().opened - before.opened,
    consents: (await scene.consents()) - before.consents,
  }).toEqual({ windows: attack.windows, consents: attack.consents });
  met.add(attack.id);
});

test("every attack of the corpus was tried, and none is open", async () => {
  expect(corpus.length).toBeGreaterThan(70);
  const sum = (count: "windows" | "consents") => corpus.reduce((all, attack) => all + attack[count], 0);
  // Nothing came late, when nobody counted any more.
  expect(scene.windows().opened).toBe(sum("windows"));
  expect(await scene.consents()).toBe(sum("consents"));
  const told = corpus.filter(({ id, says }) => says === null && stories[id] === undefined);
  expect(told.map(({ id }) => id)).toEqual([]);
  expect(corpus.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(stories)));
  expect(corpus.filter((attack) => outcomeOf(attack) === "open").map(({ id }) => id)).toEqual([]);
});
