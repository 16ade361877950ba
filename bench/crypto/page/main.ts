/** The page: starts the bench in a worker, and hands the answer in. */
import type { Figure } from "../../figure.ts";
import { type Answer, answerOf } from "./wishes.ts";

async function figuresOf(): Promise<readonly Figure[]> {
  const worker = new Worker(`/worker.js${location.search}`, { type: "module" });
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data));
    worker.addEventListener("error", ({ message }) => reject(new Error(`the worker fails: ${message}`)));
  });
  if ("error" in answer) throw new Error(answer.error);
  return answer.figures;
}

const body = JSON.stringify(await answerOf(figuresOf()));
await fetch("/answer", { method: "POST", body });
