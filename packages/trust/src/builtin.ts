import type { Registry } from "./registry.ts";

/**
 * The platforms that the trial notice 发改办法规〔2023〕54号 addresses, with the origins that public material attests. No official
 * list of platforms, CAs or apps is public: rows with one weak source are not enabled, and no CA is named before its list is.
 */
export const builtinRegistry: Registry = {
  platforms: [
    { id: "beijing", name: "北京市公共资源交易服务平台", origins: ["https://ggzyfw.beijing.gov.cn"], enabled: true },
    { id: "beijing-construction", name: "北京建设工程招标投标", origins: ["https://zhjy.bcactc.com"], enabled: false },
    { id: "shanghai", name: "上海市公共资源交易平台", origins: ["https://www.shggzy.com"], enabled: true },
    { id: "zhejiang", name: "浙江省公共资源交易服务平台", origins: ["https://ggzy.zj.gov.cn"], enabled: true },
    { id: "shandong", name: "山东省公共资源交易平台", origins: ["https://ggzyjy.shandong.gov.cn"], enabled: true },
    { id: "henan", name: "河南省公共资源交易平台", origins: ["https://hnsggzyjy.henan.gov.cn"], enabled: false },
    { id: "chongqing", name: "重庆市公共资源交易平台", origins: ["https://www.cqggzy.com"], enabled: true },
    { id: "shenzhen", name: "深圳公共资源交易平台", origins: ["https://www.szggzy.com"], enabled: true },
    { id: "hangzhou", name: "杭州市公共资源交易网", origins: ["https://ggzy.hzctc.hangzhou.gov.cn"], enabled: true },
    {
      id: "guangzhou",
      name: "广州公共资源交易平台",
      origins: ["https://www.gzggzy.cn", "https://ywtb.gzggzy.cn"],
      enabled: true,
    },
    { id: "huaneng", name: "中国华能集团电子商务平台", origins: ["https://ec.chng.com.cn"], enabled: true },
    {
      id: "powerchina",
      name: "中国电建采购招标数智化平台",
      origins: ["https://bid.powerchina.cn", "https://ec.powerchina.cn"],
      enabled: true,
    },
    { id: "jiangsu", name: "江苏省招标中心", origins: ["https://www.jszbcg.com"], enabled: true },
    {
      id: "public-service",
      name: "中国招标投标公共服务平台",
      origins: ["https://www.cebpubservice.com", "https://bulletin.cebpubservice.com", "https://ctbpsp.com"],
      enabled: true,
    },
  ],
  authorities: [],
};
