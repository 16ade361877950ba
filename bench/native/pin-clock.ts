/** Loaded before the companion program: writes down how long each stretching of a PIN took in it, a line of milliseconds each. `--import pin-clock.ts?LOG` */
import crypto from "node:crypto";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

type Stretch = typeof crypto.pbkdf2;

const log = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const stretch = crypto.pbkdf2;
const timed: Stretch = (password, salt, iterations, keylen, digest, done) => {
  const startedAt = performance.now();
  stretch(password, salt, iterations, keylen, digest, (error, key) => {
    appendFileSync(log, `${performance.now() - startedAt}\n`);
    done(error, key);
  });
};
crypto.pbkdf2 = timed;
syncBuiltinESMExports();
