/** All tasks, for one engine. */
import type { PartOptions } from "../../figure.ts";
import type { Task } from "../candidate.ts";
import type { World } from "../world.ts";
import { bulkTasks } from "./bulk.ts";
import { sm2Tasks } from "./sm2.ts";
import { verifyTasks } from "./verify.ts";

const KIB = 1024;
const SMALL = 16 * KIB;
const LARGE = 64 * KIB * KIB;

/** What stands for the large size under `--quick`. */
const LARGE_QUICK = 4 * KIB * KIB;

/** Makers of the wanted tasks, one after the other, so that the data of one is gone before the next. */
export function tasksOf(world: World, { quick, only }: Pick<PartOptions, "quick" | "only">): (() => Task)[] {
  const all = {
    ...bulkTasks(world, SMALL, ""),
    ...bulkTasks(world, quick ? LARGE_QUICK : LARGE, "-64m"),
    ...sm2Tasks(world),
    ...verifyTasks(world),
  };
  return Object.entries(all).flatMap(([metric, make]) => (metric.startsWith(only) ? [make] : []));
}

/** What every task's name begins with. */
export const taskMetrics = ["crypto.sm"];
