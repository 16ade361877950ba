/** The bench in Node: every peer there is, and the programs of the system. */
import { loadGm } from "@certbridge/gm/node";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Figure, Part } from "../figure.ts";
import { openssl } from "./peers/openssl.ts";
import { findPrograms } from "./programs.ts";
import { measure } from "./side-by-side.ts";
import { taskMetrics, tasksOf } from "./tasks/index.ts";
import { openWorld } from "./world.ts";

export const inNode: Part = {
  metrics: taskMetrics,
  async measure({ rounds, quick, wants }) {
    const libsm = await readFile(createRequire(import.meta.url).resolve("@lifeni/libsm-js/libsm_js_bg.wasm"));
    const world = await openWorld(await loadGm(), libsm, { openssl, programs: await findPrograms() });
    const figures: Figure[] = [];
    for (const make of tasksOf(world, { quick, wants })) {
      const task = make();
      if (task !== null) figures.push(...(await measure(task, "node", rounds)));
    }
    return figures;
  },
};
