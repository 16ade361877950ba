import { demoBidders, type BidderKeys } from "@certbridge/demo/bidders";
import { parseCertificate, signData } from "@certbridge/pki";
import { GM_DATA, REGISTRATION_CREDENTIAL } from "@certbridge/protocol/content-types";
import { describe, expect, test } from "vitest";
import { codeOf, createWorld, gm, START } from "./world.ts";

const content = new TextEncoder().encode("我单位承诺遵守招标文件的全部要求。");

function sign(keys: BidderKeys, change: { detached?: boolean; contentType?: string; encryption?: boolean } = {}) {
  const { detached = false, contentType = GM_DATA, encryption = false } = change;
  return signData(gm, {
    contentType,
    content,
    detached,
    certificate: parseCertificate(encryption ? keys.encryption : keys.signing),
    chain: keys.chain.map(parseCertificate),
    privateKey: encryption ? keys.encryptionKey : keys.signingKey,
    signedAt: new Date(START),
  });
}

describe("verifySignature", () => {
  test.each([true, false])("gives signer, content and time; detached: %s", async (detached) => {
    const { verifier, jianye } = createWorld();
    const {
      signer,
      content: signed,
      signedAt,
    } = await verifier.verifySignature(sign(jianye, { detached }), ...(detached ? [content] : []));
    expect(signer.subject).toEqual(demoBidders.jianye);
    expect(signed).toEqual(content);
    expect(signedAt).toEqual(new Date(START));
  });

  test("over other content is refused", async () => {
    const { verifier, jianye } = createWorld();
    for (const detached of [true, false]) {
      const cms = sign(jianye, { detached });
      expect(await codeOf(verifier.verifySignature(cms, Uint8Array.of(1)))).toBe("CONTENT_MISMATCH");
    }
  });

  test("without any content proves nothing", async () => {
    const { verifier, jianye } = createWorld();
    expect(await codeOf(verifier.verifySignature(sign(jianye, { detached: true })))).toBe("CONTENT_MISMATCH");
  });

  test("by an encryption key, of another type, by a revoked or foreign certificate, or broken, is refused", async () => {
    const { verifier, jianye, authorities } = createWorld();
    expect(await codeOf(verifier.verifySignature(sign(jianye, { encryption: true })))).toBe("CERTIFICATE_USAGE");
    const credential = sign(jianye, { contentType: REGISTRATION_CREDENTIAL });
    expect(await codeOf(verifier.verifySignature(credential))).toBe("SIGNATURE_INVALID");
    expect(await codeOf(verifier.verifySignature(Uint8Array.of(0x30, 0)))).toBe("SIGNATURE_MALFORMED");
    expect(await codeOf(verifier.verifySignature(sign(createWorld().jianye)))).not.toBe("accepted");
    authorities.jiangnan.revoke(jianye.signing);
    expect(await codeOf(verifier.verifySignature(sign(jianye)))).toBe("CERTIFICATE_REVOKED");
  });
});
