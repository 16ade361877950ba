/**
 * Which extensions the program works for (已配对的浏览器扩展). A browser that starts it says whose behalf it acts on, and so can any
 * program: only an extension that was paired gets more than `status`. A pairing takes a place that a person opened by running
 * `certbridge-host install`; the first extension of that kind of browser takes it. docs/formats/host-pairing.md
 */
import type { Gm } from "@certbridge/gm";
import { decodeBase64Url } from "@certbridge/protocol/bytes";
import { instant } from "@certbridge/protocol/instant";
import * as v from "valibot";
import type { Clock } from "./clock.ts";
import { instantOf } from "./clock.ts";
import { readIfThere, removeFile, writeWhole } from "./disk.ts";
import type { ManifestKind } from "./install/browsers.ts";
import { withLock } from "./lock.ts";

const FORMAT = "certbridge-pairings:1";

/** An open place is closed again after so long: a program is installed together with its extension, or by somebody the day before. */
export const PLACE_LIFE_MS = 7 * 24 * 3600_000;

const kind = v.picklist(["chromium", "firefox"]);

const pairing = v.strictObject({
  /** For commands: the first eight hexadecimal digits of the key's SM3. */
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{8}$/)),
  kind,
  /** The browser whose place it took; another one of the same kind may have come first. */
  label: v.string(),
  /** P-256, 65 bytes as base64url. */
  publicKey: v.string(),
  pairedAt: instant,
  /** Fingerprint of the program's identity at that time. */
  identity: v.string(),
});

const place = v.strictObject({ kind, label: v.string(), openedAt: instant });

const file = v.strictObject({ format: v.literal(FORMAT), paired: v.array(pairing), open: v.array(place) });

export type Pairing = v.InferOutput<typeof pairing>;
export type OpenPlace = v.InferOutput<typeof place>;

/** An extension that asks: where its call came from, and its key. */
export interface Client {
  readonly kind: ManifestKind;
  readonly publicKey: string;
  readonly id: string;
}

export function clientOf(gm: Pick<Gm, "sm3">, kind: ManifestKind, publicKey: string): Client {
  const id = Buffer.from(gm.sm3(decodeBase64Url(publicKey)))
    .toString("hex")
    .slice(0, 8);
  return { kind, publicKey, id };
}

/** What the file says now; nobody is paired where it cannot be read. */
export interface Held {
  readonly paired: readonly Pairing[];
  /** Places that are still open. */
  readonly open: readonly OpenPlace[];
  readonly damaged: boolean;
}

export interface Pairings {
  list(): Promise<Held>;
  knows(publicKey: string): Promise<boolean>;
  /** Pairs it if it is not yet, and a place of its kind is open. Whether it is paired now. */
  admit(client: Client, identity: string): Promise<boolean>;
  /** Opens one place more for each of these. */
  open(places: readonly { readonly kind: ManifestKind; readonly label: string }[]): Promise<void>;
  /** False where there is none of that id. */
  remove(id: string): Promise<boolean>;
  /** Forgets all of them, and closes every place. */
  clear(): Promise<void>;
}

const NOBODY = { paired: [], open: [] } as const;

export function openPairings(path: string, clock: Clock): Pairings {
  /** One that a wrong clock opened in the future is open no more than another: until that clock is right. */
  const isOpen = ({ openedAt }: OpenPlace): boolean => {
    const ageMs = clock() - Date.parse(openedAt);
    return ageMs >= 0 && ageMs < PLACE_LIFE_MS;
  };

  async function read(): Promise<Held> {
    const content = await readIfThere(path);
    if (content === null) return { ...NOBODY, damaged: false };
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), file), content.toString("utf8"));
    if (!parsed.success) return { ...NOBODY, damaged: true };
    const { paired, open } = parsed.output;
    return { paired, open: open.filter(isOpen), damaged: false };
  }

  /** Reads, changes and writes, with no other program between. False where `decide` gives null: nothing is to be changed. */
  function change(decide: (held: Held) => Partial<Held> | null): Promise<boolean> {
    return withLock(path, async () => {
      const held = await read();
      const changed = decide(held);
      if (changed === null) return false;
      const { paired, open } = { ...held, ...changed };
      await writeWhole(path, `${JSON.stringify({ format: FORMAT, paired, open }, null, 2)}\n`);
      return true;
    });
  }

  const has = ({ paired }: Held, publicKey: string): boolean => paired.some((known) => known.publicKey === publicKey);

  return {
    list: read,
    knows: async (publicKey) => has(await read(), publicKey),
    async admit(client, identity) {
      const held = await read();
      if (has(held, client.publicKey)) return true;
      const fits = (candidate: OpenPlace): boolean => candidate.kind === client.kind;
      if (!held.open.some(fits)) return false;
      const took = await change((now) => {
        const { paired, open } = now;
        const at = open.findIndex(fits);
        const taken = open[at];
        if (taken === undefined || has(now, client.publicKey)) return null;
        const fresh = { ...client, label: taken.label, pairedAt: instantOf(clock()), identity };
        return { paired: [...paired, fresh], open: open.toSpliced(at, 1) };
      });
      // Another connection of the same extension may have been faster.
      return took || has(await read(), client.publicKey);
    },
    async open(places) {
      const openedAt = instantOf(clock());
      await change(({ open }) => ({
        open: [...open, ...places.map(({ kind, label }) => ({ kind, label, openedAt }))],
      }));
    },
    remove: (id) =>
      change(({ paired }) => {
        const kept = paired.filter((known) => known.id !== id);
        return kept.length === paired.length ? null : { paired: kept };
      }),
    async clear() {
      if ((await readIfThere(path)) !== null) await withLock(path, () => removeFile(path));
    },
  };
}
