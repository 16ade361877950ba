/**
 * The workers of a pool: who is asked next, what happens when one ends. A request goes to the worker with the fewest, and none has more than
 * two, so that it has the next one at hand and the others wait where they can still be dropped.
 *
 * A worker that ends by itself takes its requests with it, buffers and all: they fail, and so do the jobs they belong to. One that had
 * been at work is replaced; one that never got ready is not, since its successor would end the same way.
 */
import type { GcmRun } from "../run.ts";
import type { Buffers, Loan } from "./buffers.ts";
import type { Answer, Closing, FromWorker, PoolWorker, Request, Work } from "./messages.ts";

/** Requests at one worker at a time. */
const DEPTH = 2;

type Bytes = Uint8Array<ArrayBuffer>;

/** A segment come back: `len` bytes in the loan's buffer, and what else was asked for. */
export interface Done {
  readonly loan: Loan;
  readonly len: number;
  readonly bytes: Bytes;
}

export interface CrewOptions {
  readonly workers: number;
  readonly module: WebAssembly.Module;
  readonly spawn: () => PoolWorker;
  readonly buffers: Buffers;
}

interface Job {
  readonly id: number;
  readonly work: Work;
  /** SM3 is one chain: all of its segments go to one worker. */
  member: Member | null;
  ended: boolean;
}

interface Task {
  readonly job: Job;
  readonly loan: Loan | null;
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

interface Member {
  readonly worker: PoolWorker;
  readonly tasks: Map<number, Task>;
  /** Jobs that it has begun. */
  readonly begun: Set<number>;
  state: "starting" | "ready" | "ended";
}

export type Crew = ReturnType<typeof openCrew>;
export type CrewJob = ReturnType<Crew["begin"]>;

export function openCrew({ workers, module, spawn, buffers }: CrewOptions) {
  const members = new Set<Member>();
  const queue: Task[] = [];
  let ids = 0;
  /** Why nothing can be asked any more. */
  let broken: Error | undefined;
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined); // whoever asks for `ready`, or for work, is told

  function fail(task: Task, reason: Error): void {
    if (task.loan !== null) buffers.give(task.loan);
    task.reject(reason);
  }

  function breakDown(reason: Error): void {
    broken ??= reason;
    started.reject(broken);
    for (const task of queue.splice(0)) fail(task, broken);
  }

  /** What was at this worker fails; a `cause` that it had goes along. */
  function bury(member: Member, cause: unknown): void {
    if (member.state === "ended") return;
    const wasReady = member.state === "ready";
    member.state = "ended";
    members.delete(member);
    member.worker.terminate();
    const reason = broken ?? new Error("a worker of the pool ended in the middle of its work", { cause });
    for (const task of member.tasks.values()) {
      if (task.loan !== null) buffers.lose();
      task.reject(reason);
    }
    for (const task of queue.filter(({ job }) => job.member === member)) {
      queue.splice(queue.indexOf(task), 1);
      fail(task, reason);
    }
    if (broken !== undefined) return;
    if (wasReady) replace();
    else if (members.size === 0) breakDown(new Error("no worker of the pool could be started", { cause }));
  }

  /** One in the place of one that has ended; the others go on where none can be made. */
  function replace(): void {
    try {
      hire();
    } catch (cause) {
      if (members.size === 0) breakDown(new Error("no worker of the pool could be started", { cause }));
    }
  }

  function hire(): void {
    const member: Member = { worker: spawn(), tasks: new Map(), begun: new Set(), state: "starting" };
    member.worker.listen(
      (message) => hear(member, message),
      (cause) => bury(member, cause),
    );
    member.worker.post({ kind: "start", module }, []);
    members.add(member);
  }

  function hear(member: Member, message: FromWorker): void {
    if (member.state === "ended") return; // what it had was given up
    if (message.kind === "ready") {
      member.state = "ready";
      started.resolve();
    } else {
      const task = member.tasks.get(message.task);
      member.tasks.delete(message.task);
      if (task === undefined) return;
      const buffer = message.kind === "failure" ? message.buffer : message.answer.buffer;
      if (task.loan !== null && buffer !== null) task.loan.buffer = buffer;
      if (message.kind === "answer") task.resolve(message.answer);
      else fail(task, new Error(`a worker of the pool failed: ${message.message}`));
    }
    dispatch();
  }

  /** The ready worker with the fewest requests; null where all have enough. */
  function leastBusy(most: number): Member | null {
    let found: Member | null = null;
    for (const member of members) {
      if (member.state !== "ready" || member.tasks.size >= most) continue;
      if (found === null || member.tasks.size < found.tasks.size) found = member;
    }
    return found;
  }

  function memberFor({ job }: Task): Member | null {
    if (job.work.mode !== "sm3") return leastBusy(DEPTH);
    job.member ??= leastBusy(DEPTH);
    return job.member !== null && job.member.tasks.size < DEPTH ? job.member : null;
  }

  function dispatch(): void {
    for (let i = 0; i < queue.length;) {
      const task = queue[i];
      const member = task && memberFor(task);
      if (!task || !member) {
        i++;
        continue;
      }
      queue.splice(i, 1);
      const { job, request } = task;
      if (!member.begun.has(job.id)) {
        member.begun.add(job.id);
        member.worker.post({ kind: "begin", job: job.id, work: job.work }, []);
      }
      const id = ++ids;
      member.tasks.set(id, task);
      member.worker.post(
        { kind: "ask", job: job.id, task: id, request },
        request.kind === "finish" ? [] : [request.buffer],
      );
    }
  }

  function ask(job: Job, loan: Loan | null, request: Request): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      const task: Task = { job, loan, request, resolve, reject };
      if (broken !== undefined) fail(task, broken);
      else if (job.ended) fail(task, new Error("this job has ended"));
      else if (job.member?.state === "ended") {
        fail(task, new Error("the worker that held this job's state has ended"));
      } else queue.push(task);
    });
    dispatch();
    return answer;
  }

  function drop(job: Job): void {
    for (const task of queue.filter((waiting) => waiting.job === job)) {
      queue.splice(queue.indexOf(task), 1);
      fail(task, new Error("this job has ended"));
    }
  }

  for (let i = 0; i < workers; i++) hire();

  return {
    /** When the first worker is ready; rejected where none can be started. */
    ready: started.promise,

    /** A job, whose key and counter are wiped at its end. A worker learns of it with its first request. */
    begin(work: Work) {
      const job: Job = { id: ++ids, work, member: null, ended: false };
      return {
        /** The segment of this number, transformed in place. Where it fails, the loan has been given back. */
        transform: async (loan: Loan, len: number, index: number): Promise<Done> => ({
          loan,
          len,
          bytes: (await ask(job, loan, { kind: "segment", index, buffer: loan.buffer, len })).bytes,
        }),
        /** A run, opened in its own buffer, which comes back. Where it fails, the buffer is gone. */
        open: (buffer: ArrayBuffer, run: Omit<GcmRun, "sealed">): Promise<Answer> =>
          ask(job, null, { kind: "run", buffer, run }),
        finish: async (closing: Closing): Promise<Bytes> => (await ask(job, null, { kind: "finish", closing })).bytes,
        /** Takes back what no worker has been asked for yet, and has all of them forget the job: behind what they are at. */
        end(): void {
          if (job.ended) return;
          job.ended = true;
          drop(job);
          for (const member of members) {
            if (member.begun.delete(job.id)) member.worker.post({ kind: "end", job: job.id }, []);
          }
          if (work.mode === "ctr") work.counter.fill(0);
          if (work.mode !== "sm3") work.key.fill(0);
        },
      };
    },

    /** Ends all workers; what they are at fails. */
    async close(): Promise<void> {
      breakDown(new Error("the pool is closed"));
      const ending = [...members];
      for (const member of ending) bury(member, broken);
      await Promise.all(ending.map(({ worker }) => worker.terminate()));
    },
  };
}
