/** `npm run bench`: figures side by side with named peers, in one run. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import type { Figure, Part } from "./figure.ts";
import { encrypt } from "./bid/encrypt.ts";
import { hall } from "./bid/hall.ts";
import { keyRelease } from "./bid/key-release.ts";
import { memory } from "./bid/memory.ts";
import { serverOpen } from "./bid/server-open.ts";
import { callOverhead } from "./host/call-overhead.ts";
import { coldStart } from "./host/cold-start.ts";
import { memory as hostMemory } from "./host/memory.ts";
import { recovery } from "./host/recovery.ts";
import { signatures } from "./host/signatures.ts";
import { login } from "./login/login.ts";
import { size } from "./login/size.ts";
import { inChromium, inFirefox } from "./crypto/browsers.ts";
import { inNode } from "./crypto/node.ts";
import { pool } from "./crypto/pool.ts";
import { wasmSize } from "./crypto/size.ts";
import { timing } from "./crypto/timing/timing.ts";
import { workerMemory } from "./crypto/worker-memory.ts";

const parts: readonly Part[] = [
  size,
  login,
  wasmSize,
  inNode,
  pool,
  workerMemory,
  inChromium,
  inFirefox,
  timing,
  encrypt,
  memory,
  serverOpen,
  keyRelease,
  hall,
  callOverhead,
  recovery,
  coldStart,
  hostMemory,
  signatures,
];

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
  },
});

function print(figure: Figure): void {
  if (values.json) {
    process.stdout.write(`${JSON.stringify(figure)}\n`);
    return;
  }
  const { metric, engine, against, ours, peer, ratio, unit, floor, aim } = figure;
  const beside = against === null ? "" : `  ${ratio ?? "–"} × ${against} (${peer ?? "–"})`;
  const bounds = floor === null ? "" : `  floor ${floor}, aim ${aim ?? "–"}`;
  process.stdout.write(
    `${metric.padEnd(28)} ${engine.padEnd(9)} ${String(ours).padStart(9)} ${unit}${beside}${bounds}\n`,
  );
}

/** What else the machine is doing belongs to every figure. */
function sayLoad(when: string): void {
  const [cpu] = cpus();
  const load = loadavg()[0]?.toFixed(2) ?? "unknown";
  process.stderr.write(`${when}: load ${load} on ${availableParallelism()} cores (${cpu?.model ?? "unknown"})\n`);
}

sayLoad("before");
for (const part of parts) {
  if (!part.metrics.some((metric) => metric.startsWith(values.only) || values.only.startsWith(metric))) continue;
  const { quick, only } = values;
  for (const figure of await part.measure({ rounds: quick ? 3 : 9, quick, only })) {
    if (figure.metric.startsWith(only)) print(figure);
  }
}
sayLoad("after");
