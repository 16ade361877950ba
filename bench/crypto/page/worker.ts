/** The bench in a browser's worker: the same tasks, less what only Node has. Figures go to the page. */
import { loadGm } from "@certbridge/gm";
import type { Figure } from "../../figure.ts";
import { measure } from "../side-by-side.ts";
import { tasksOf } from "../tasks/index.ts";
import { openWorld } from "../world.ts";
import { answerOf, bytesAt, modules, wishes } from "./wishes.ts";
import { timeReady } from "../ready.ts";

async function figuresOf(): Promise<readonly Figure[]> {
  const { engine, rounds, quick, only } = wishes();
  const programs = await modules();
  const figures: Figure[] = [];
  // Before anything has warmed the engine.
  if ("crypto.ready".startsWith(only)) figures.push(await timeReady(loadGm, programs, engine, rounds));
  const world = await openWorld(await loadGm(programs), await bytesAt("/libsm.wasm"));
  for (const make of tasksOf(world, { quick, only })) {
    figures.push(...(await measure(make(), engine, rounds)));
  }
  return figures;
}

void answerOf(figuresOf()).then((answer) => postMessage(answer));
