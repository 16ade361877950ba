/** What happened and what to do now, for every code that can reach the page. The compiler keeps the list whole. */
import type { PageErrorCode } from "@certbridge/sdk";
import type { AnswerCode } from "../platform/refusals.ts";

export type Code = PageErrorCode | AnswerCode;

const AGAIN = "登录验证码已失效，请刷新页面重试。";
const CA_SERVICE = "请联系签发证书的CA客服。";
const FORM = "请重新点“互认通注册”，在互认通窗口中选择“不出示”，再填表登记。";
const OPERATOR = "请联系本平台客服。";

export const words: Readonly<Record<Code, string>> = {
  // Found by the page's own kit.
  EXTENSION_MISSING: "未检测到互认通扩展。请安装后刷新本页；如已安装，请在扩展的设置页中允许本网站。",
  BROWSER_UNSUPPORTED: "当前是兼容模式（或浏览器版本过低），请切换到极速模式。",
  // Said by the extension.
  HOST_MISSING: "未检测到互认通程序。安装后会自动回到本页继续。",
  HOST_FORBIDDEN: "浏览器不允许启动互认通程序。请重新安装互认通程序。",
  HOST_OUTDATED: "版本过低，请升级互认通程序。",
  EXTENSION_OUTDATED: "版本过低，请升级互认通扩展。",
  HOST_CHANGED: "互认通程序换了身份。请点开互认通图标，确认后再操作。",
  NOT_PAIRED: "互认通程序还不认识这个浏览器。请重新运行 certbridge-host install。",
  HOST_FAILED: "互认通程序没有响应。请重试；仍不行请重新安装。",
  INTERRUPTED: "操作被浏览器中断，没有提交任何内容。请重试。",
  UNSUPPORTED_OPERATION: "您的互认通版本不支持这项操作，请升级。",
  NOT_IN_FRONT: "本网页不在最前面。请切换到本网页后重试。",
  INSECURE_CONTEXT: "本页不是安全连接，请用 https 网址打开。",
  INVALID_REQUEST: `本页的请求不合规范。${OPERATOR}`,
  TOO_LARGE: "文件过大，请减少文件后重试。",
  TOO_MANY_REQUESTS: "请求过多，请先完成已打开的互认通窗口，稍后再试。",
  CONTENT_UNREADABLE: "文件读不出来（可能已被移动或修改），请重新选择。",
  USER_DECLINED: "没有完成：您没有同意，或原因已在互认通窗口中说明。需要时请重新点击。",
  SITE_NOT_ALLOWED: "本网站不在互认平台名录中。",
  BLOCKED_BY_POLICY: "已被管理员禁止，请联系本单位管理员。",
  CONSENT_EXPIRED: "确认时间已过，请重新点击按钮。",
  CANCELLED: "操作已取消。",
  KEY_NOT_FOUND: "请插入CA锁，或导入软件证书后重试。",
  CERTIFICATE_UNUSABLE: "该证书不能用于此操作，请换一张证书或续期。",
  PIN_INCORRECT: "PIN码错误，请重新输入。",
  PIN_LOCKED: "CA锁已锁死。请联系CA客服。",
  PIN_PAUSED: "PIN码连续输错，请点开互认通图标继续。",
  STORE_DAMAGED: "本机证书文件已损坏，请用导出的备份恢复。",
  STORE_BUSY: "本机证书文件正被另一个互认通程序使用，请稍后重试。",
  CREDENTIAL_NOT_OF_THIS_PLATFORM: `登记凭证不是本平台签发的。${OPERATOR}`,
  CREDENTIAL_NOT_OF_THIS_BIDDER:
    "登记凭证与本页刚用过的证书不是同一单位，或本页还没有用过证书。请先用该单位的证书登录，再保存。",
  PLATFORM_UNPROVED: `开标通知或解密指令的签名核验未通过。${OPERATOR}`,
  NOTICE_OUTDATED: "本平台已发过更新的开标通知，请刷新页面后重试。",
  ORDER_REFUSED: `解密指令与标书不符，或还不到时间，没有解密。${OPERATOR}`,
  MALFORMED: `收到的内容格式不对。${OPERATOR}`,
  BID_NOT_OPENED: `加密投标文件没有打开，请换用加密时的证书重试；仍不行，${OPERATOR}`,
  INTERNAL: `互认通出错，请重试；仍不行，${OPERATOR}`,
  // Found by the server's verification.
  TOKEN_MALFORMED: `收到的登录签名格式不对。${OPERATOR}`,
  SIGNATURE_INVALID: "签名核验未通过：内容被改动过，或不是为本平台这一次登录所签。请刷新页面重试。",
  CHAIN_INVALID: `证书链核验未通过。${CA_SERVICE}`,
  SIGNATURE_MALFORMED: "签名文件格式不对，请重新签名。",
  CONTENT_MISMATCH: "签名与文件内容不一致，请对同一份文件重新签名。",
  CREDENTIAL_MALFORMED: `登记凭证格式不对。${FORM}`,
  CREDENTIAL_SIGNATURE_INVALID: `登记凭证被改动过。${FORM}`,
  ORIGIN_UNKNOWN: `本平台设置有误。${OPERATOR}`,
  NONCE_MISSING: AGAIN,
  NONCE_EXPIRED: AGAIN,
  DEFAULT_ID_REFUSED: "这把CA锁只支持旧的签名方式，本平台不接受。请换用其他证书。",
  CHAIN_UNTRUSTED: "签发该证书的CA不在受信名录中。请换用名录中CA的证书。",
  CERTIFICATE_EXPIRED: "证书已过期。请到CA续期后再用。",
  CERTIFICATE_NOT_YET_VALID: "证书尚未生效。请核对电脑时间，或稍后再用。",
  CERTIFICATE_REVOKED: `证书已吊销，不能使用。${CA_SERVICE}`,
  CERTIFICATE_USAGE: "这是加密证书，不能用来签名。请选择签名证书。",
  REVOCATION_UNAVAILABLE: "暂时查不到证书吊销状态，请稍后重试。",
  SUBJECT_UNKNOWN: `无法从证书中读出统一社会信用代码。${OPERATOR}`,
  CREDENTIAL_UNTRUSTED: `登记凭证不是受信平台签发的。${FORM}`,
  CREDENTIAL_NOT_YET_VALID: "登记凭证尚未生效。请核对电脑时间，稍后再试。",
  CREDENTIAL_EXPIRED: `登记凭证已过期。${FORM}`,
  CREDENTIAL_REVOKED: `登记凭证已被签发平台注销。${FORM}`,
  CREDENTIAL_STATUS_UNAVAILABLE: "暂时查不到登记凭证的状态，请稍后重试，或填表登记。",
  CREDENTIAL_OF_ANOTHER_BIDDER: "登记凭证属于另一家单位。请换用对应的证书，或填表登记。",
  // Said by this platform.
  NOT_REGISTERED: "证书核验通过，但贵单位尚未在本平台登记。请点“互认通注册”。",
  NOT_SIGNED_IN: "登录已过期，请重新登录。",
  REGISTRATION_MISSING: "请先点“互认通注册”确认身份，再提交表格。",
  SIGNED_BY_ANOTHER: "签名证书不属于当前登录的单位，请换用本单位的证书。",
  FOREIGN_PAGE: "请求不是从本平台页面发出的。请打开本平台首页重试。",
  INVALID_FORM: "请检查填写的内容后重新提交。",
  FILE_TOO_LARGE: "文件过大，本演示平台每份最多接收16兆字节。",
  PLATFORM_FAILED: "平台出错，请稍后重试。",
};

export function isCode(text: string): text is Code {
  return Object.hasOwn(words, text);
}
