import type { Handlers } from "../dispatch.ts";
import type { Host, Run } from "../host.ts";
import { readCredential, saveCredential } from "./credential.ts";
import { keys } from "./keys.ts";
import { login } from "./login.ts";
import { register } from "./register.ts";
import { sign } from "./sign.ts";
import { status } from "./status.ts";

/** Every verb of the grammar with its handler. A new verb makes the compiler name this place. */
export function createHandlers(host: Host, run: Run): Handlers {
  return {
    status: status(host, run),
    keys: keys(host),
    login: login(host),
    register: register(host),
    readCredential: readCredential(host),
    saveCredential: saveCredential(host),
    sign: sign(host),
  };
}
