/**
 * A program beside a test that uses the same software token: `token-taker.ts LIBRARY DEVICE APPLICATION PIN WORDS…`, with the words
 * `lock`, `login`, `random` done in turn, each told when done, `stay` waiting to be killed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { openLibrary } from "./soft-token/driver.ts";

const [, , path = "", device = "", application = "", pin = "", ...words] = process.argv;
const skf = openLibrary(path, "packed4");
const handle = skf.out();
skf.call("ConnectDev", device, handle);
for (const word of words) {
  let code = 0;
  if (word === "lock") code = skf.call("LockDev", handle.handle, 1000);
  if (word === "random") code = skf.call("GenRandom", handle.handle, Buffer.alloc(8), 8);
  if (word === "login") {
    const opened = skf.out();
    skf.call("OpenApplication", handle.handle, application, opened);
    code = skf.call("VerifyPIN", opened.handle, 1, pin, skf.out());
  }
  process.stdout.write(`${word} ${code}\n`);
  if (word === "stay") await sleep(600_000);
}
