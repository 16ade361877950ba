/**
 * Do times tell secrets apart? A statistical test, in Node, whose clock is the finest: it can catch a leak, and cannot prove that there is
 * none. `crypto.timing.<what>` is |t|, whose floor is an upper bound; the planted leaks have none, and stop the bench where they are not seen.
 */
import { loadGm } from "@certbridge/gm/node";
import { alone, type Figure, median, type Part } from "../../figure.ts";
import { planted } from "./planted.ts";
import { collect, type Subject } from "./sampling.ts";
import { subjectsOf } from "./subjects.ts";
import { largestT, THRESHOLD } from "./welch.ts";

/** Passes over each subject, whose median counts: what disturbs the machine in one of them is no property of the operation; a leak is in all. */
const PASSES = 3;

/** For each pass. */
const BUDGET_MS = 5_000;
const BUDGET_QUICK_MS = 800;

const metricOf = ({ what }: Subject) => `crypto.timing.${what}`;

export const timing: Part = {
  metrics: ["crypto.timing."],
  async measure({ quick, only }) {
    const budgetMs = quick ? BUDGET_QUICK_MS : BUDGET_MS;
    const source = { draw: crypto.getRandomValues(new Uint8Array(32)) };
    const gm = await loadGm({ random: (into) => into.set(source.draw.subarray(0, into.length)) });
    const wanted = (subject: Subject) => metricOf(subject).startsWith(only);
    const tOf = (subject: Subject) =>
      median(Array.from({ length: PASSES }, () => largestT(...collect(subject, budgetMs))));
    const figures: Figure[] = [];
    for (const subject of planted) {
      const t = tOf(subject);
      if (t < THRESHOLD) throw new Error(`${metricOf(subject)}: the planted leak is not caught, |t| = ${t.toFixed(2)}`);
      figures.push(alone(metricOf(subject), "node", t, "t"));
    }
    for (const subject of subjectsOf(gm, source).filter(wanted)) {
      const floor = subject.isVisible === true ? null : THRESHOLD;
      figures.push(alone(metricOf(subject), "node", tOf(subject), "t", { floor, aim: null }));
    }
    return figures;
  },
};
