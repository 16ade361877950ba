/** A program that asks for a place: `place-taker.ts PAIRINGS KEY` prints whether it got one. */
import { openPairings } from "../../apps/host/src/pairings.ts";

const [, , path = "", key = ""] = process.argv;
const pairings = openPairings(path, Date.now);
process.stdout.write(String(await pairings.admit({ kind: "chromium", publicKey: key, id: `0000000${key}` }, "0A3F")));
