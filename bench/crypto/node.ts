/** The bench in Node: every peer there is, and the programs of the system. */
import { loadGm } from "@certbridge/gm/node";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Figure, Part } from "../figure.ts";
import { openssl } from "./peers/openssl.ts";
import { openPrograms } from "./programs.ts";
import { timeReady } from "./ready.ts";
import { measure } from "./side-by-side.ts";
import { taskMetrics, tasksOf } from "./tasks/index.ts";
import { openWorld } from "./world.ts";

const builtAt = (build: string) => new URL(`../../build/wasm/gm.${build}.wasm`, import.meta.url);

async function readyInNode(rounds: number): Promise<Figure> {
  const relaxed = await readFile(builtAt("relaxed")).catch(() => null);
  const programs = { simd: await readFile(builtAt("simd")), ...(relaxed === null ? {} : { relaxed }) };
  return timeReady(loadGm, programs, "node", rounds);
}

export const inNode: Part = {
  metrics: [...taskMetrics, "crypto.ready"],
  async measure({ rounds, quick, only }) {
    const libsm = await readFile(createRequire(import.meta.url).resolve("@lifeni/libsm-js/libsm_js_bg.wasm"));
    const programs = await openPrograms();
    try {
      const world = await openWorld(await loadGm(), libsm, { openssl, programs: (metric) => programs.of(metric) });
      const figures: Figure[] = [];
      if ("crypto.ready".startsWith(only)) figures.push(await readyInNode(rounds));
      for (const make of tasksOf(world, { quick, only })) {
        figures.push(...(await measure(make(), "node", rounds)));
      }
      return figures;
    } finally {
      programs.close();
    }
  },
};
