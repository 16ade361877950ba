import { openSite } from "../walk/clerk.ts";
import type { ExtensionBrowser } from "../walk/page.ts";
import { BIDDER, type Stage } from "../walk/stage.ts";
import { alterSignature, askForToken, challengeOf, handIn, type SabotageName } from "./sabotage.ts";
import { must, obtain, StoryError, tellStory } from "./story.ts";

const { uscc, pin } = BIDDER;

/**
 * Register once on one platform, be accepted by the second without a form, log in to both, sign on both; then the same bidder
 * with another CA's certificate. Every step is judged by the servers. `sabotage` breaks one part.
 */
export async function mainStory(
  stage: Stage<ExtensionBrowser>,
  say: (line: string) => void,
  sabotage: SabotageName | null,
): Promise<void> {
  const telling = tellStory(stage, say);
  const { step, approve, mustSucceed, photograph } = telling;
  const { a: first, b: second } = stage.demo.platforms;

  const signing = await step("投标人从江南CA取得双证书", () => obtain(stage, "jiangnan"));
  if (sabotage === "certificate") stage.demo.authorities.jiangnan.revoke(signing);

  const a = await openSite(stage.browser, first.origin);
  await step(`打开 ${first.name}`, () => photograph(a, "01-platform-a"));
  const { host } = await a.page.evaluate(() =>
    (
      window as unknown as { sharedCertificate: { status(): Promise<{ host: string | null }> } }
    ).sharedCertificate.status(),
  );
  must(host !== null, "互认通程序", "HOST_MISSING");

  if (sabotage === "signature") await alterSignature(a);
  await step("在第一个平台注册：确认身份", async () => {
    await a.click("register");
    await approve("02-approve-register", (approval) => approval.accept(pin));
    await mustSucceed(a, "注册");
  });
  await step("填写登记表，平台签发登记凭证，保存到本机", async () => {
    await a.fillForm("南京市玄武区北京东路1号", "张三");
    await approve("03-approve-save-registration", (approval) => approval.accept(null));
    await mustSucceed(a, "保存登记凭证");
    must(first.admin.account(uscc)?.source === "form", "登记", "NO_ACCOUNT");
    await photograph(a, "04-registered-on-a");
  });
  if (sabotage === "credential") first.admin.revokeCredential(uscc);

  const b = await openSite(stage.browser, second.origin);
  await step("在第二个平台注册：出示登记凭证，无须填表", async () => {
    await b.click("register");
    await approve("05-approve-register-with-credential", (approval) => approval.accept(pin));
    await mustSucceed(b, "凭登记凭证注册");
    must(second.admin.account(uscc)?.source === first.id, "凭登记凭证注册", "NO_ACCOUNT");
    await photograph(b, "06-accepted-by-b");
  });

  if (sabotage === "origin") {
    await a.logOut();
    const nonce = await challengeOf(a);
    const asking = askForToken(b, nonce);
    await approve("07-approve-login", (approval) => approval.accept(pin));
    throw new StoryError("第二个平台的令牌交给第一个平台", await handIn(a, await asking));
  }
  for (const [site, platform] of [
    [a, first],
    [b, second],
  ] as const) {
    await step(`登录 ${platform.name}`, async () => {
      await site.logOut();
      await site.click("login");
      await approve(`08-approve-login-${platform.id}`, (approval) => approval.accept(pin));
      await mustSucceed(site, "登录");
      must(platform.admin.log.at(-1)?.uscc === uscc, "登录", "NOT_THE_BIDDER");
    });
  }
  if (sabotage === "nonce") {
    await a.logOut();
    const asking = askForToken(a, await challengeOf(a));
    await approve("09-approve-login", (approval) => approval.accept(pin));
    const token = await asking;
    must((await handIn(a, token)) === "ok", "登录", "NOT_ACCEPTED");
    throw new StoryError("同一令牌再次提交", await handIn(a, token));
  }

  for (const [site, platform, attached] of [
    [a, first, false],
    [b, second, true],
  ] as const) {
    await step(`签名并由 ${platform.name} 核验（${attached ? "含原文" : "不含原文"}）`, async () => {
      await site.sign("我方承诺完全响应招标文件。", attached);
      await approve(`10-approve-sign-${platform.id}`, (approval) => approval.accept(pin));
      await mustSucceed(site, "签名");
      must(platform.admin.submissions(uscc).length === 1, "签名", "NOT_STORED");
    });
  }
  await photograph(b, "11-signed-on-b");

  await step("同一投标人再从岭北CA取得双证书", () => obtain(stage, "lingbei"));
  await step("用岭北CA的证书登录第一个平台：同一账户", async () => {
    await a.logOut();
    await a.click("login");
    await approve("12-approve-two-certificates", async (approval) => {
      const { usable, chosen } = await approval.certificates();
      must(usable === 2 && chosen === 0, "两个证书都可用时不替人选择", "PRESELECTED");
      await approval.choose("岭北电子认证");
      await approval.accept(pin);
    });
    await mustSucceed(a, "登录");
    must(first.admin.log.at(-1)?.uscc === uscc, "登录", "NOT_THE_BIDDER");
    await photograph(a, "13-logged-in-with-second-ca");
  });
}
