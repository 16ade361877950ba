/** A room's private key for as long as it is needed: it is overwritten when the opening is over and nothing opens by it any more. */

/** A room's key, made for one order. */
export interface RoomKey {
  /** DER, with an encryption use. */
  readonly certificate: Uint8Array;
  readonly privateKey: Uint8Array;
}

/** One use of it; `letGo` as often as one likes. */
export interface UsedKey {
  readonly privateKey: Uint8Array;
  letGo(): void;
}

export interface HeldKey {
  use(): UsedKey;
  /** Nobody begins to use it any more. */
  retire(): void;
}

export function holdKey({ privateKey }: RoomKey): HeldKey {
  const users = new Set<UsedKey>();
  let retired = false;

  function wipe(): void {
    if (retired && users.size === 0) privateKey.fill(0);
  }

  return {
    use() {
      const used: UsedKey = {
        privateKey,
        letGo() {
          users.delete(used);
          wipe();
        },
      };
      users.add(used);
      return used;
    },
    retire() {
      retired = true;
      wipe();
    },
  };
}
