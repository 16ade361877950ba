/**
 * Software of CAs and platforms that uses the same USB keys (其他CA的证书助手和互认控件), as data. Most of it is a service that pages reach on a port of this computer; which
 * ports, the pages' own scripts say in public. Names of processes are known of few; none was run here. A port that other programs use as well is left out.
 *
 * To add one: what people call it, the ports that its pages' scripts ask, and, where known, the name of its process as the system has it, without `.exe` and
 * in lower case, or the id of its browser extension.
 */

export interface VendorSoftware {
  /** The `about` of a finding is `software:` and this. */
  readonly id: string;
  readonly zh: string;
  readonly en: string;
  readonly ports: readonly number[];
  readonly processes: readonly string[];
  /** Ids of extensions for Chromium's family. */
  readonly extensions: readonly string[];
}

const service = (id: string, zh: string, en: string, ports: readonly number[], processes: readonly string[] = []) => ({
  id,
  zh,
  en,
  ports,
  processes,
  extensions: [],
});

export const vendorSoftware: readonly VendorSoftware[] = [
  service("bjca", "北京CA证书助手（XTXAPP，广西CA、新疆CA也用）", "BJCA's XTXAPP", [21051, 21061], ["xtxapp"]),
  service("henan", "河南CA证书助手", "Henan CA's service", [9651]),
  service("longmai", "龙脉 mToken 服务（湖南CA）", "Longmai's mToken service", [51235, 51245]),
  service("jilin", "吉林CA证书助手", "Jilin CA's service", [45679]),
  service("jiangsu", "江苏智慧CA证书助手（onecertx）", "Jiangsu's onecertx", [9630], ["onecertx"]),
  service("netca", "网证通 NETCA 证书服务", "NETCA's service", [55668]),
  service("itrus", "天威诚信 TopCertKit（四川CA）", "iTrusChina's TopCertKit", [7256], ["topcertkit"]),
  service("szca", "深圳CA证书服务", "SZCA's service", [21317, 18981]),
  service("xian", "西安CA证书服务", "Xi'an CA's service", [26596]),
  service("hubei", "湖北CA证书服务", "HBCA's service", [36157]),
  service("sgcc", "国网 sgccPlus 控件", "State Grid's sgccPlus", [18084], ["sgccplus"]),
  service("rs", "互认助手（RS_CertSafe）", "the RS_CertSafe service", [11200, 61200, 31220], ["rsyncagent"]),
  {
    id: "cfca-srcb",
    zh: "中金CFCA浏览器扩展（上海农商银行）",
    en: "CFCA's extension for Shanghai Rural Commercial Bank",
    ports: [],
    processes: [],
    extensions: ["gjcabjpkopllidimpiinmedbkkloemki"],
  },
];

/** Programs under which a person works on this computer from another one, by the name of the process. */
export const remoteDesktops: ReadonlyMap<string, string> = new Map([
  ["xrdp-sesman", "xrdp"],
  ["xrdp-chansrv", "xrdp"],
  ["sshd", "SSH"],
  ["sshd-session", "SSH"],
  ["xvnc", "VNC"],
  ["xtigervnc", "VNC"],
  ["x2goagent", "X2Go"],
  ["nxagent", "NX"],
]);
