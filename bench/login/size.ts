import { readFile } from "node:fs/promises";
import { alone, type Part } from "../figure.ts";

const SCRIPTS = "build/extension/chrome-mv3";

async function kilobytes(file: string): Promise<number> {
  return (await readFile(`${SCRIPTS}/${file}`)).length / 1000;
}

/** What every participating page is given to load: minified, in KB of 1000 bytes. */
export const size: Part = {
  metrics: ["login.page-script-size", "login.relay-size"],
  async measure() {
    return [
      alone("login.page-script-size", "node", await kilobytes("page-api.js"), "KB", { floor: 3, aim: 1.5 }),
      alone("login.relay-size", "node", await kilobytes("relay.js"), "KB", { floor: 15, aim: 6 }),
    ];
  },
};
