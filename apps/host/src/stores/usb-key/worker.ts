/**
 * The process that has a vendor's library open, one process for each library: whatever a library does there, writing over memory, hanging, ending the
 * process, the program goes on (supervisor.ts). It is told by its parent what to open, and ends with it. It is given no environment, and what a library
 * prints goes nowhere.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { architectureOf } from "./architecture.ts";
import { SAR, SkfError } from "./codes.ts";
import { type Layout, layouts } from "./layout.ts";
import { endWithParent, openLibrary, outHandle, outNumber, type Library } from "./library.ts";
import { POISONS, PROBE_LEN } from "./probe.ts";
import { type Quirks, STANDARD } from "./quirks.ts";
import { StructureError, type Structures, structuresOf } from "./structures.ts";
import { openToken, type Session, type Token } from "./token.ts";
import { reachOf } from "../../writers.ts";
import { importCertificate, importPair, publicKeyIn } from "./token-pair.ts";
import { changePin } from "./token-pin.ts";
import type { Call, Failure, LibraryFile, Opening, Plugged, Reply, TokenVerb, TokenVerbs } from "./wire.ts";

type WorkerFault = Extract<Failure, { kind: "worker" }>["what"];

class WorkerError extends Error {
  override readonly name = "WorkerError";
  readonly what: WorkerFault;

  constructor(what: WorkerFault, options?: ErrorOptions) {
    super(what, options);
    this.what = what;
  }
}

/** Loads the file that has the digest, and makes sure that it is that file still once it is loaded. */
async function loadLibrary({ path, sha256 }: LibraryFile, layout: Layout, quirks: Quirks): Promise<Library> {
  // Whoever can change it could do so between the look at its digest and the loading. What is missing is told below.
  if ((await reachOf(path).catch(() => null))?.open) throw new WorkerError("writable");
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new WorkerError("not-loaded", { cause });
  });
  try {
    const content = await file.readFile();
    const digest = createHash("sha256").update(content).digest();
    if (!digest.equals(sha256)) throw new WorkerError("library-changed");
    const architecture = architectureOf(content);
    if (architecture !== null && architecture !== process.arch) throw new WorkerError("wrong-architecture");
    const read = await file.stat();
    const library = await Promise.resolve()
      .then(() => openLibrary(path, layout, quirks))
      .catch((cause: unknown) => {
        throw new WorkerError("not-loaded", { cause });
      });
    const again = await open(path, "r");
    const loaded = await again.stat().finally(() => again.close());
    if (loaded.ino !== read.ino || loaded.mtimeMs !== read.mtimeMs) throw new WorkerError("library-changed");
    return library;
  } finally {
    await file.close();
  }
}

function probe(library: Library): readonly [Uint8Array, Uint8Array] | null {
  // The names need no layout.
  const [first] = openToken(library, structuresOf(layouts[0])).deviceNames();
  if (first === undefined) return null;
  const handle = outHandle();
  library.call("SKF_ConnectDev", Buffer.concat([first, Uint8Array.of(0)]), handle.room);
  try {
    const fill = (poison: number): Buffer => {
      const room = Buffer.alloc(PROBE_LEN, poison);
      library.call("SKF_GetDevInfo", handle.value(), room);
      return room;
    };
    return [fill(POISONS[0]), fill(POISONS[1])];
  } finally {
    library.call("SKF_DisConnectDev", handle.value());
  }
}

/** Room for the name of the device that an event is of. */
const NAME_LEN = 1024;

/** How often a library may tell of something before it counts as one that does not wait. */
const EVENTS = 4;

/** Comes back, or throws, where the library does not wait; else the process is ended from outside. */
function tryWait({ call }: Library): null {
  for (let event = 0; event < EVENTS; event++) {
    const name = Buffer.alloc(NAME_LEN);
    call("SKF_WaitForDevEvent", name, outNumber(name.length).room, outNumber().room);
  }
  return null;
}

/** What a worker has: its library, and the sessions that are open. */
interface Desk {
  readonly library: Library;
  readonly structures: Structures;
  readonly token: Token;
  readonly sessions: Map<number, Session>;
}

function sessionOf({ sessions }: Desk, number: number): Session {
  const session = sessions.get(number);
  if (session === undefined) throw new WorkerError("no-session");
  return session;
}

function closeSession({ sessions }: Desk, number: number): null {
  sessions.get(number)?.close();
  sessions.delete(number);
  return null;
}

type Handler<V extends TokenVerb> = (
  desk: Desk,
  params: TokenVerbs[V]["params"],
  call: number,
) => TokenVerbs[V]["result"];

const handlers: { readonly [V in TokenVerb]: Handler<V> } = {
  probe: ({ library }) => probe(library),
  list: ({ token }) => token.list(),
  survey: ({ library }) => library.survey(),
  tryWait: ({ library }) => tryWait(library),
  names: ({ token }) => token.deviceNames(),
  read: ({ token }, { device }) => token.read(device),
  open(desk, { pin, ...asked }, call) {
    try {
      const opened = desk.token.open(asked, pin);
      if (!("session" in opened)) return opened;
      // The number of the call that opened it: the parent counts them over all workers.
      desk.sessions.set(call, opened.session);
      return { session: call };
    } finally {
      pin.fill(0);
    }
  },
  sign: (desk, { session, input }) => sessionOf(desk, session).sign(input),
  decrypt: (desk, { session, way, ...block }) => sessionOf(desk, session).decrypt(block, way),
  publicKey: (desk, { session, isSigning }) =>
    publicKeyIn(desk.library, desk.structures, sessionOf(desk, session).handles.container, isSigning),
  importPair(desk, { session, envelope }) {
    importPair(desk.library, desk.structures, sessionOf(desk, session).handles.container, envelope);
    return null;
  },
  importCertificate(desk, { session, isSigning, der }) {
    importCertificate(desk.library, sessionOf(desk, session).handles.container, isSigning, der);
    return null;
  },
  changePin(desk, { session, oldPin, newPin }) {
    try {
      changePin(desk.library, sessionOf(desk, session).handles.application, oldPin, newPin);
      return null;
    } finally {
      oldPin.fill(0);
      newPin.fill(0);
    }
  },
  close: (desk, { session }) => closeSession(desk, session),
  logOut({ token }, { path }) {
    token.logOut(path);
    return null;
  },
  logOutAll({ token }, { device }) {
    token.logOutAll(device);
    return null;
  },
};

function carryOut<V extends TokenVerb>(desk: Desk, { verb, params, id }: Call<V>): TokenVerbs[V]["result"] {
  return handlers[verb](desk, params, id);
}

function failureOf(error: unknown): Failure {
  if (error instanceof SkfError) return { kind: "skf", call: error.call, code: error.code };
  if (error instanceof WorkerError) return { kind: "worker", what: error.what };
  return { kind: "worker", what: error instanceof StructureError ? "structure" : "internal" };
}

/** A wait that comes back sooner than this, with no event, is none. */
const IMMEDIATE_MS = 50;
/** Without a wait the devices are looked at so often, in ms. */
const LOOK_MS = 500;

/** None where the library does not say: some answer with an error where nothing is plugged in. */
function namesNow(token: Token): readonly Uint8Array[] {
  try {
    return token.deviceNames();
  } catch {
    return [];
  }
}

/**
 * Tells which devices are plugged in, at first and after each event (WaitForDevEvent, GM/T 0016-2012 clause 7.1.1). A library that has no such function, or one
 * that does not wait, is asked twice a second.
 */
async function watch(library: Library, quirks: Quirks, tell: (plugged: Plugged) => void): Promise<never> {
  const token = openToken(library, structuresOf(layouts[0]));
  let told: string | null = null;
  for (let waits = quirks.wait === "blocking" && library.has("SKF_WaitForDevEvent"); ;) {
    const names = namesNow(token);
    const now = names.map((name) => Buffer.from(name).toString("hex")).join();
    const isNews = now !== told;
    if (isNews) tell({ names });
    told = now;
    const waited = waits ? await waitForEvent(library) : null;
    // Not even an event that came at once is believed where nothing is new.
    if (waited === null || (waited.isImmediate && !isNews)) await sleep(LOOK_MS);
    waits = waited !== null && (waited.isEvent || !waited.isImmediate);
  }
}

async function waitForEvent(library: Library): Promise<{ readonly isEvent: boolean; readonly isImmediate: boolean }> {
  const since = performance.now();
  const [name, len, event] = [Buffer.alloc(NAME_LEN), outNumber(NAME_LEN), outNumber()];
  const code = await library.wait("SKF_WaitForDevEvent", name, len.room, event.room);
  return { isEvent: code === SAR.OK, isImmediate: performance.now() - since < IMMEDIATE_MS };
}

/** Serves the parent until it lets go. */
function serve(): void {
  endWithParent(Number(process.argv[2]));
  // A person who interrupts a command interrupts its parent, which logs out first.
  process.on("SIGINT", () => undefined);
  let desk: Promise<Desk> | null = null;
  const reply = (message: Reply): void => void process.send?.(message, undefined, undefined, () => undefined);
  // The login does not outlive whoever asked for it.
  process.on("disconnect", () => {
    void (desk ?? Promise.resolve(null))
      .then((opened) => opened?.sessions.forEach((session) => session.close()))
      // Not by the ways of a program that ends: a thread may wait in the library.
      .finally(() => process.kill(process.pid, "SIGKILL"));
  });
  process.on("message", (message: Opening | Call) => {
    if (!("id" in message)) {
      const { library, layout, quirks = STANDARD, watches = false } = message;
      if (watches) {
        // Ends with what it watches; the parent sees that.
        loadLibrary(library, layout, quirks)
          .then((opened) => watch(opened, quirks, (plugged) => process.send?.(plugged)))
          .catch(() => process.kill(process.pid, "SIGKILL"));
        return;
      }
      desk = loadLibrary(library, layout, quirks).then((opened) => {
        const structures = structuresOf(layout);
        const token = openToken(opened, structures, quirks);
        return { library: opened, structures, token, sessions: new Map() };
      });
      desk.catch(() => undefined);
      return;
    }
    const { id } = message;
    void (desk ?? Promise.reject(new WorkerError("not-loaded"))).then(
      (opened) => {
        try {
          const result = carryOut(opened, message);
          reply({ id, ok: true, result });
          // It was copied on its way; here a vendor's library is at work.
          if (message.verb === "decrypt") (result as TokenVerbs["decrypt"]["result"]).fill(0);
        } catch (error) {
          reply({ id, ok: false, failure: failureOf(error) });
        }
      },
      (error: unknown) => reply({ id, ok: false, failure: failureOf(error) }),
    );
  });
}

serve();
