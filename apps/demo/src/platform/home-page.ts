/** The platform's first page. Text only: what people and servers say is put in by the script, as text. */
import { html } from "hono/html";
import { deviceLine, frame, type Html, type Look } from "./frame.ts";

const entry = html`
  <section class="card" id="entry" hidden aria-label="登录与注册">
    <div class="tabs" role="tablist" aria-label="登录与注册">
      <button role="tab" id="tab-login" aria-controls="panel-login" aria-selected="true">互认通登录</button>
      <button role="tab" id="tab-guide" aria-controls="panel-guide" aria-selected="false" tabindex="-1">
        注册须知
      </button>
    </div>
    ${deviceLine}
    <div role="tabpanel" id="panel-login" aria-labelledby="tab-login">
      <div id="choices">
        <p>用您手中任何一家互认CA的数字证书登录，不必为本平台另办CA锁。</p>
        <button class="primary" id="login" data-testid="login" type="button">互认通登录</button>
        <p class="or">还没有在本平台登记？</p>
        <button class="wide-button" id="register" data-testid="register" type="button">互认通注册</button>
        <p class="hint">本平台只收到您的证书和一次性的登录签名，得不到PIN码。</p>
      </div>
      <form id="form" data-testid="registration-form" hidden>
        <p class="verified">
          <strong id="form-name"></strong><span id="form-uscc"></span>
          <small>单位名称和统一社会信用代码取自证书，已核验，写入登记凭证。</small>
        </p>
        <label>通讯地址 <input name="address" maxlength="200" autocomplete="street-address" required /></label>
        <label>联系人 <input name="contact" maxlength="50" autocomplete="name" required /></label>
        <label>联系电话（选填） <input name="phone" maxlength="20" inputmode="tel" autocomplete="tel" /></label>
        <label>开户银行及账号（选填） <input name="bank" maxlength="100" /></label>
        <p class="hint">以上四项由您自行填写，本平台未核验，只留在本平台，不写入登记凭证。</p>
        <button class="primary" data-testid="submit-form">提交登记</button>
      </form>
    </div>
    <div role="tabpanel" id="panel-guide" aria-labelledby="tab-guide" hidden>
      <p>在其他互认平台登记过的单位：点“互认通注册”，出示登记凭证，不必再填表。</p>
      <p>第一次登记的单位：用证书确认身份后填一张表，登记凭证会存到您的电脑，以后各互认平台通用。</p>
      <p class="hint">登记凭证只写平台核验过的内容：单位名称、统一社会信用代码、证书签发机构、登记机关行政区划。</p>
    </div>
  </section>
`;

const desk = html`
  <div id="desk" hidden>
    <section class="card" aria-labelledby="account-title">
      <h2 id="account-title">我的单位</h2>
      <dl id="account" data-testid="account"></dl>
      <div class="row">
        <button type="button" id="save-credential" data-testid="save-credential">把登记凭证存到本机</button>
        <button type="button" id="logout" data-testid="logout">退出登录</button>
      </div>
    </section>
    <section class="card" aria-labelledby="sign-title">
      <h2 id="sign-title">我的投标：在线签名</h2>
      <form id="sign-form" data-testid="sign-form">
        <label
          >投标函
          <textarea id="sign-text" name="text" rows="4">
我单位承诺遵守招标文件的全部要求，所提交材料真实有效。</textarea>
        </label>
        <label>或选择文件（可多选） <input type="file" name="files" multiple data-testid="files" /></label>
        <label class="inline"><input type="checkbox" name="attached" /> 把原文放进签名文件（每份不超过16兆字节）</label>
        <button class="primary" data-testid="sign">签名并提交</button>
        <p class="hint" id="progress" data-testid="progress" role="status"></p>
      </form>
    </section>
    <section class="card" aria-labelledby="list-title">
      <h2 id="list-title">已收到的签名</h2>
      <p class="hint" id="empty">还没有收到签名。</p>
      <ul id="documents" data-testid="documents"></ul>
    </section>
  </div>
`;

function notices({ notices, region, authorities, platforms }: Look): Html {
  return html`
    <section class="card" aria-labelledby="notices-title">
      <h2 id="notices-title">${region}招标公告</h2>
      <ul class="notices">
        ${notices.map(
          ({ title, code, opening }) => html`
            <li>
              <span>${title}</span>
              <small>${code} · 开标 北京时间 ${opening}</small>
            </li>
          `,
        )}
      </ul>
      <p class="hint">以上均为演示数据。</p>
    </section>
    <section class="card" aria-labelledby="scope-title">
      <h2 id="scope-title">互认范围</h2>
      <dl>
        <dt>受信CA</dt>
        <dd>${authorities.join("、")}</dd>
        <dt>登记凭证</dt>
        <dd>${platforms.join("、")}</dd>
      </dl>
    </section>
  `;
}

export function renderPage(look: Look): Html {
  return frame(look, {
    title: look.name,
    name: "site",
    style: "home",
    main: html`
      <div class="columns">
        <div class="main-column">${desk}${notices(look)}</div>
        <div class="side-column">
          ${entry}
          <section class="card quiet" aria-labelledby="help-title">
            <h2 id="help-title">办事指南</h2>
            <ol>
              <li>安装互认通扩展和互认通程序。</li>
              <li>插入CA锁，或导入软件证书。</li>
              <li>在任一互认平台登记一次。</li>
              <li>到其他互认平台出示登记凭证，直接登录。</li>
            </ol>
          </section>
        </div>
      </div>
    `,
  });
}
