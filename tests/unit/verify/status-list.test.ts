import { describe, expect, test } from "vitest";
import { codeOf, createWorld, OTHER_ORIGIN, START, type World } from "./world.ts";

describe("the status list", () => {
  test("takes back one credential and no other", async () => {
    const world = createWorld();
    world.served.statusList = async () => world.maker.issueStatusList({ sequence: 2, revoked: new Set([7, 20_000]) });
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, 7)))).toBe("CREDENTIAL_REVOKED");
    for (const index of [6, 8, 19_999]) {
      expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, index)))).toBe("accepted");
    }
  });

  test("takes back as many as there are", async () => {
    const world = createWorld();
    const revoked = new Set(Array.from({ length: 200_000 }, (_, at) => at * 3 + 7));
    world.served.statusList = async () => world.maker.issueStatusList({ sequence: 2, revoked });
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, 7)))).toBe("CREDENTIAL_REVOKED");
    const last = 199_999 * 3 + 7;
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, last)))).toBe(
      "CREDENTIAL_REVOKED",
    );
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, last - 1)))).toBe("accepted");
  });

  test.each([-1, 0.5, Number.NaN, 0x1_00_00_00])("has no bit %s", (index) => {
    const { maker } = createWorld();
    expect(() => maker.issueStatusList({ sequence: 1, revoked: new Set([index]) })).toThrow(RangeError);
  });

  test("reaches to its last bit, 2²⁴ − 1", async () => {
    const world = createWorld();
    const last = 0xff_ff_ff;
    world.served.statusList = async () => world.maker.issueStatusList({ sequence: 2, revoked: new Set([last]) });
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, last)))).toBe(
      "CREDENTIAL_REVOKED",
    );
  });

  test.each([
    ["unreachable", () => Promise.reject(new Error("unreachable"))],
    ["garbage", async () => Uint8Array.of(1)],
    ["a credential in its place", async (world: World) => world.credentialOf(world.jianye)],
    [
      "signed by a stranger",
      async (world: World) => world.makerOf(world.nanling).issueStatusList({ sequence: 1, revoked: new Set() }),
    ],
    [
      "another platform's",
      async (world: World) =>
        world.makerOf(world.platformKeys, "demo-c").issueStatusList({ sequence: 1, revoked: new Set() }),
    ],
    [
      "of another address",
      async (world: World) =>
        world
          .makerOf(world.platformKeys, "demo-a", OTHER_ORIGIN, `${OTHER_ORIGIN}/other`)
          .issueStatusList({ sequence: 1, revoked: new Set() }),
    ],
    [
      "out of date",
      async (world: World) => world.maker.issueStatusList({ sequence: 1, revoked: new Set(), lifeMs: -1 }),
    ],
  ])("%s: refused, since nobody can say that the credential still stands", async (_what, serve) => {
    const world = createWorld();
    world.served.statusList = () => serve(world);
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye)))).toBe(
      "CREDENTIAL_STATUS_UNAVAILABLE",
    );
  });

  test("without the credential's bit says nothing of it", async () => {
    const world = createWorld();
    expect(await codeOf(world.register(world.jianye, world.credentialOf(world.jianye, 16_384)))).toBe(
      "CREDENTIAL_STATUS_UNAVAILABLE",
    );
  });

  test("cannot be rolled back", async () => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye);
    const early = world.maker.issueStatusList({ sequence: 1, revoked: new Set() });
    world.served.statusList = async () => world.maker.issueStatusList({ sequence: 2, revoked: new Set([7]) });
    expect(await codeOf(world.register(world.jianye, credential))).toBe("CREDENTIAL_REVOKED");
    world.served.statusList = async () => early;
    expect(await codeOf(world.register(world.jianye, credential))).toBe("CREDENTIAL_REVOKED");
  });

  test("of the same number cannot be rolled back by its dates", async () => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye);
    const early = world.maker.issueStatusList({ sequence: 1, revoked: new Set() });
    world.setTime(START + 60_000);
    const late = world.maker.issueStatusList({ sequence: 1, revoked: new Set([7]) });
    for (const list of [late, early]) {
      world.served.statusList = async () => list;
      expect(await codeOf(world.register(world.jianye, credential))).toBe("CREDENTIAL_REVOKED");
    }
  });

  test("is kept for when its issuer cannot be reached, while it is in force", async () => {
    const world = createWorld();
    const credential = world.credentialOf(world.jianye);
    expect(await codeOf(world.register(world.jianye, credential))).toBe("accepted");
    world.served.statusList = () => Promise.reject(new Error("unreachable"));
    expect(await codeOf(world.register(world.jianye, credential))).toBe("accepted");
    world.setTime(START + 2 * 3600_000);
    expect(await codeOf(world.register(world.jianye, credential))).toBe("CREDENTIAL_STATUS_UNAVAILABLE");
  });
});
