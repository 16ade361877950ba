/**
 * Keeps one library's worker: starts it when it is needed, gives each call its time, ends it when that is over, and starts the next one. A library that
 * falls over again and again is left alone for a while.
 *
 * Nothing is ever sent twice: after a crash nobody knows whether a PIN was tried. What a dead worker may have left logged in, the next one logs out before
 * it does anything else.
 */
import type { ChildProcess } from "node:child_process";
import type { Alarm, Clock } from "../../clock.ts";
import { launchWorker } from "./launch.ts";
import type { Call, ContainerPath, Failure, Opening, Reply, TokenVerb, TokenVerbs } from "./wire.ts";

/** How long each call may take, in ms. A key that signs takes 30 to 300; one that wakes up takes seconds. */
export const DEADLINES: { readonly [V in TokenVerb]: number } = {
  probe: 10_000,
  list: 15_000,
  survey: 5000,
  // Nobody plugs anything in so soon: what has not come back by then does wait.
  tryWait: 400,
  names: 5000,
  read: 10_000,
  open: 20_000,
  sign: 15_000,
  decrypt: 15_000,
  publicKey: 10_000,
  importPair: 20_000,
  importCertificate: 20_000,
  changePin: 15_000,
  close: 5000,
  logOut: 10_000,
  logOutAll: 10_000,
};

/** A library that ended its worker so often within so long is left alone (隔离) until that is over. */
const CRASHES = 3;
const CRASHES_WITHIN_MS = 10 * 60_000;

type Trouble = Failure | { readonly kind: "died" } | { readonly kind: "late" } | { readonly kind: "quarantined" };

/** What became of a call that gave no result. */
export class TokenFailure extends Error {
  override readonly name = "TokenFailure";
  readonly failure: Trouble;

  constructor(failure: Trouble) {
    super(failure.kind);
    this.failure = failure;
  }
}

export interface Supervisor {
  /** One at a time, in the order in which they came. @throws TokenFailure */
  call<V extends TokenVerb>(verb: V, params: TokenVerbs[V]["params"]): Promise<TokenVerbs[V]["result"]>;
  /** Takes back what an ended worker may have left logged in, by one more, also where the library is left alone otherwise. @throws TokenFailure */
  takeBack(): Promise<void>;
  /** Ends the worker once what is under way is done; what was left logged in is taken back before. */
  close(): Promise<void>;
}

/** A worker that runs: it has one call at a time. */
interface Running {
  readonly child: ChildProcess;
  /** What is waited for. */
  pending: { readonly id: number; readonly settle: (outcome: Reply | Trouble) => void } | null;
}

type Login = Omit<ContainerPath, "container">;

const loginName = ({ device, application }: Login): string =>
  JSON.stringify([device, application].map((name) => Buffer.from(name).toString("hex")));

export interface SupervisorOptions {
  /** The worker's script. */
  readonly program: string;
  readonly opening: Opening;
  readonly clock: Clock;
  readonly alarm: Alarm;
  readonly deadlines?: Partial<typeof DEADLINES>;
  /** The Node that runs the worker; that of this program by default. */
  readonly execPath?: string;
  /** Flags of Node's for the worker; those of this program by default. */
  readonly execArgv?: readonly string[];
}

export function superviseLibrary(options: SupervisorOptions): Supervisor {
  const { opening, clock, alarm } = options;
  const deadlines = { ...DEADLINES, ...options.deadlines };
  let running: Running | null = null;
  let crashes: number[] = [];
  let calls = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** Where logins may be left, by name: from the first opening that was asked for until its last session is closed. */
  const logins = new Map<string, Login>();
  /** What is open in the worker that runs: the name of each session's login. */
  const sessions = new Map<number, string>();
  /** A process that waits for its library, while a key is open: should the worker end then, the next one is there already. */
  let spare: ChildProcess | null = null;

  const isQuarantined = (): boolean => {
    crashes = crashes.filter((at) => at > clock() - CRASHES_WITHIN_MS);
    return crashes.length >= CRASHES;
  };

  /** With the worker its sessions are gone; what they were logged in to may be logged in still. */
  function forget(): void {
    running = null;
    sessions.clear();
  }

  function keepSpare(): void {
    if (spare !== null) return;
    const kept = (spare = launchWorker(options));
    const gone = () => {
      if (spare === kept) spare = null;
    };
    kept.on("exit", gone);
    kept.on("error", gone);
  }

  function dropSpare(): void {
    if (spare?.connected === true) spare.disconnect();
    spare = null;
  }

  function start(): Running {
    const child = spare ?? launchWorker(options);
    spare = null;
    const started: Running = { child, pending: null };
    const die = () => {
      if (running === started) forget();
      started.pending?.settle({ kind: "died" });
    };
    child.on("message", (reply: Reply | null) => {
      // In the worker's memory a vendor's library has been at work.
      if (typeof reply !== "object" || reply === null || typeof reply.ok !== "boolean") return;
      if (started.pending?.id === reply.id) started.pending.settle(reply);
    });
    child.on("exit", die);
    child.on("error", die);
    child.send(opening, () => undefined);
    running = started;
    return started;
  }

  /** It hangs in the library, and hears nothing: the system ends it. The process is let go of at once, and nothing is sent to it any more. */
  function end(worker: Running): void {
    if (running === worker) forget();
    worker.child.kill("SIGKILL");
  }

  function ask<V extends TokenVerb>(
    worker: Running,
    verb: V,
    params: TokenVerbs[V]["params"],
  ): Promise<Reply | Trouble> {
    calls += 1;
    const call: Call<V> = { id: calls, verb, params };
    return new Promise((resolve) => {
      worker.child.ref();
      worker.child.channel?.ref();
      const quiet = alarm(deadlines[verb], () => {
        end(worker);
        settle({ kind: "late" });
      });
      const settle = (outcome: Reply | Trouble) => {
        quiet();
        worker.pending = null;
        worker.child.unref();
        worker.child.channel?.unref();
        resolve(outcome);
      };
      worker.pending = { id: call.id, settle };
      worker.child.send(call, (error) => {
        if (error !== null && worker.pending?.id === call.id) settle({ kind: "died" });
      });
    });
  }

  /** What dead workers left logged in is taken back; where that fails, nothing else is done with the library's keys. */
  async function takeBack(worker: Running): Promise<void> {
    for (const [name, path] of logins) {
      const outcome = await ask(worker, "logOut", { path });
      const isDone = "ok" in outcome && (outcome.ok || outcome.failure.kind === "skf");
      if (!isDone) {
        end(worker);
        throw new TokenFailure("ok" in outcome ? { kind: "died" } : outcome);
      }
      // A key that answers with an error is pulled, and with that logged out, or never was logged in.
      logins.delete(name);
    }
  }

  /** Where no session is open any more, nobody is logged in. */
  function leave(name: string): void {
    if (![...sessions.values()].includes(name)) logins.delete(name);
  }

  function note<V extends TokenVerb>(verb: V, params: TokenVerbs[V]["params"], result: unknown): void {
    if (verb === "open") {
      const name = loginName((params as TokenVerbs["open"]["params"]).path);
      const { session } = result as { readonly session?: number };
      if (session === undefined) leave(name);
      else sessions.set(session, name);
    }
    if (verb === "close") {
      const { session } = params as TokenVerbs["close"]["params"];
      const name = sessions.get(session);
      sessions.delete(session);
      if (name !== undefined) leave(name);
    }
  }

  async function carryOut<V extends TokenVerb>(
    verb: V,
    params: TokenVerbs[V]["params"],
  ): Promise<TokenVerbs[V]["result"]> {
    if (isQuarantined()) throw new TokenFailure({ kind: "quarantined" });
    const isNew = running === null;
    const worker = running ?? start();
    if (isNew) await takeBack(worker);
    if (verb === "open") {
      const { path } = params as TokenVerbs["open"]["params"];
      logins.set(loginName(path), { device: path.device, application: path.application });
    }
    const outcome = await ask(worker, verb, params);
    if (!("ok" in outcome)) throw new TokenFailure(outcome);
    if (!outcome.ok) {
      // A worker that answers has logged out what it could not open.
      if (verb === "open") leave(loginName((params as TokenVerbs["open"]["params"]).path));
      throw new TokenFailure(outcome.failure);
    }
    note(verb, params, outcome.result);
    if (logins.size === 0) dropSpare();
    else keepSpare();
    // Checked where it is used: store.ts.
    return outcome.result as TokenVerbs[V]["result"];
  }

  /** Every death counts, also one on the way to what was asked. */
  async function counted<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      if (error instanceof TokenFailure && (error.failure.kind === "died" || error.failure.kind === "late"))
        crashes.push(clock());
      throw error;
    }
  }

  /** With no worker there is nobody who has a session: whatever is noted was left behind. */
  function recover(): Promise<void> {
    const done = turn.then(async () => {
      if (running === null && logins.size > 0) await counted(takeBack(start()));
    });
    turn = done.catch(() => undefined);
    return done;
  }

  return {
    call(verb, params) {
      const done = turn.then(() => counted(carryOut(verb, params)));
      turn = done.catch(() => undefined);
      return done;
    },
    takeBack: recover,
    async close() {
      await turn;
      await recover().catch(() => undefined);
      const worker = running;
      forget();
      dropSpare();
      if (worker === null) return;
      const gone = new Promise<void>((resolve) => worker.child.once("exit", () => resolve()));
      worker.child.disconnect();
      const quiet = alarm(deadlines.close, () => worker.child.kill("SIGKILL"));
      await gone;
      quiet();
    },
  };
}
