/**
 * The page's own way out, taken before the page spoils anything: what it reports is its title. Loaded by every hostile page as
 * its first script; the functions are plain and use nothing that the page can spoil afterwards.
 */
{
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { stringify } = JSON;
  const { create, keys } = Object;
  const { setTimeout } = globalThis;
  const SafePromise = Promise;
  const Port = MessagePort;
  const { then } = Promise.prototype;
  const setTitle = getOwnPropertyDescriptor(Document.prototype, "title").set;
  const isPort = Function.prototype[Symbol.hasInstance].bind(Port);

  const give = (name, value) => defineProperty(globalThis, name, { value });
  const after = (promise, resolve, reject) => apply(then, promise, [resolve, reject]);

  /** What the test reads. */
  give("report", (said) => {
    const bare = create(null);
    const names = keys(said);
    for (let at = 0; at < names.length; at++) bare[names[at]] = said[names[at]];
    apply(setTitle, document, [`said ${stringify(bare)}`]);
  });

  give("sleep", (ms) => new SafePromise((resolve) => apply(setTimeout, globalThis, [resolve, ms])));

  /** Waits until the test says that this page may go on. */
  give("untilTold", async () => {
    while (!(await fetch(`/hostile/told${location.pathname}`)).ok) await sleep(50);
  });

  /** What a call came to: `ok`, or the code of its error with the place that it names; `HANGS` where nothing comes of it. */
  give(
    "outcome",
    (promise) =>
      new SafePromise((resolve) => {
        apply(setTimeout, globalThis, [() => resolve("HANGS"), 25_000]);
        after(
          promise,
          () => resolve("ok"),
          (error) => resolve(error.details?.path ? `${error.code} ${error.details.path}` : error.code),
        );
      }),
  );

  /** A challenge of the right form, and nobody's. */
  give("NONCE", "A".repeat(43));

  give("seen", { ports: 0 });

  /** Puts a spy in place of a function: it does the same, and counts the ports of others that come its way. */
  give("spy", (object, name) => {
    const there = getOwnPropertyDescriptor(object, name);
    const watch = (real) =>
      function spied(...args) {
        if (isPort(this)) seen.ports++;
        for (let at = 0; at < args.length; at++) if (isPort(args[at])) seen.ports++;
        return apply(real, this, args);
      };
    const spied = {};
    if (there.get) spied.get = watch(there.get);
    if (there.set) spied.set = watch(there.set);
    if (typeof there.value === "function") spied.value = watch(there.value);
    defineProperty(object, name, { ...there, ...spied });
  });

  /** Uses the API as an honest script of this spoilt page would, and reports what it came to. */
  give("useApi", () => {
    let status = "";
    after(
      outcome(sharedCertificate.status()),
      (got) => {
        status = got;
        after(outcome(sharedCertificate.login({ nonce: "short" })), (login) => {
          report({ status, login, ports: seen.ports });
        });
      },
      undefined,
    );
  });
}
