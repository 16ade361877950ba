/** 开标大厅 for bidders, and the same hall for its host (主持人). Text only; the scripts fill it. */
import { html } from "hono/html";
import { deviceLine, frame, type Html, type Look } from "./frame.ts";

const table = html`
  <div class="scroll" tabindex="0" role="region" aria-labelledby="seats-title">
    <table data-testid="seats">
      <thead>
        <tr>
          <th scope="col">投标人</th>
          <th scope="col">签到</th>
          <th scope="col">解密</th>
          <th scope="col">情况</th>
        </tr>
      </thead>
      <tbody id="seats"></tbody>
    </table>
  </div>
  <p class="hint" id="seats-empty" data-testid="seats-empty">开标开始后公布投标人名单。</p>
`;

const exports = html`
  <div class="row" id="exports" hidden>
    <a class="button" id="result-csv" data-testid="result-csv" download>导出表格（CSV）</a>
    <a class="button" id="result-json" data-testid="result-json" download>导出数据（JSON）</a>
  </div>
`;

const head = html`
  <section class="card stage" aria-labelledby="stage-title">
    <h2 id="stage-title">开标大厅</h2>
    <label class="inline"
      >标段
      <select id="lots" data-testid="lots"></select
    ></label>
    <p class="project" id="project" data-testid="project"></p>
    <p class="clock" id="clock" data-testid="clock" role="timer"></p>
    <p class="phase" id="phase" data-testid="phase" role="status"></p>
  </section>
`;

export function renderHallPage(look: Look): Html {
  return frame(look, {
    title: `开标大厅 · ${look.name}`,
    name: "hall",
    style: "hall",
    main: html`
      <div class="columns">
        <div class="main-column">
          ${head}
          <section class="card" aria-labelledby="seats-title">
            <h2 id="seats-title">开标情况</h2>
            ${table}${exports}
          </section>
        </div>
        <div class="side-column">
          <section class="card" aria-labelledby="mine-title">
            <h2 id="mine-title">我的投标</h2>
            ${deviceLine}
            <p id="sign-in-first" data-testid="sign-in-first" hidden><a href="/">请先登录</a>，再参加开标。</p>
            <p id="not-submitted" data-testid="not-submitted" hidden>贵单位没有在本标段提交投标文件。</p>
            <div id="mine" hidden>
              <dl id="bid" data-testid="bid"></dl>
              <p class="outcome" id="outcome" data-testid="outcome" role="status"></p>
              <button class="wide-button" type="button" id="check-in" data-testid="check-in">签到</button>
              <button class="primary" type="button" id="decrypt" data-testid="decrypt" disabled>我要解密</button>
              <p class="hint" id="decrypt-missing" data-testid="decrypt-missing" hidden>
                您的互认通版本还不能解密，请升级后再来，本页会自动继续。
              </p>
              <p class="hint" id="progress" data-testid="progress" role="status"></p>
              <section class="ladder" id="ladder" data-testid="ladder" aria-labelledby="ladder-title" hidden>
                <h3 id="ladder-title">没有解密成功，可以这样做</h3>
                <p id="ladder-reason" data-testid="ladder-reason"></p>
                <ol>
                  <li>
                    <button type="button" id="again" data-testid="again">重试</button>
                    <span>把加密时用的CA锁换一个USB口插好，再点“重试”。</span>
                  </li>
                  <li>
                    <strong>换一台电脑</strong>
                    <span>在另一台装有互认通的电脑上插入这把CA锁，登录本平台，到开标大厅点“我要解密”。</span>
                  </li>
                  <li>
                    <button type="button" id="other-key" data-testid="other-key">换锁</button>
                    <span id="spares" data-testid="spares"></span>
                  </li>
                  <li>
                    <button type="button" id="backup" data-testid="backup">使用备用密钥文件</button>
                    <span>加密后另存过备用密钥文件的：在互认通窗口中选择这个文件，输入开启码。</span>
                  </li>
                  <li>
                    <a class="button" id="record" data-testid="record" download>导出记录</a>
                    <span>时间、原因和核验数据，可交主持人或监督部门。</span>
                  </li>
                </ol>
              </section>
            </div>
          </section>
          <section class="card quiet" aria-labelledby="how-title">
            <h2 id="how-title">解密怎么做</h2>
            <ol>
              <li>插入加密时用的CA锁，先点“签到”。</li>
              <li>主持人宣布后，“我要解密”变亮，点一下。</li>
              <li>在互认通窗口中核对项目，输入PIN码。</li>
              <li>看到“已解密”和时间，就完成了。</li>
            </ol>
            <p class="hint">
              交给平台的只有这份投标文件的密钥，并且只有开标室能读；PIN码和CA锁里的密钥不会离开您的电脑。
            </p>
          </section>
        </div>
      </div>
    `,
  });
}

export function renderHostPage(look: Look): Html {
  return frame(look, {
    title: `主持开标 · ${look.name}`,
    name: "host",
    style: "hall",
    main: html`
      ${head}
      <section class="card" aria-labelledby="host-title">
        <h2 id="host-title">主持人</h2>
        <div class="row">
          <button class="primary narrow" type="button" id="begin" data-testid="begin">开始开标，发出解密指令</button>
          <button type="button" id="again" data-testid="again" hidden>解密时间已过，再发一次指令</button>
          <button type="button" id="postpone" data-testid="postpone">延期10分钟</button>
          <button type="button" id="now" data-testid="now">开标时间改为现在（尚无人投标时）</button>
          <button type="button" id="close" data-testid="close">结束开标</button>
        </div>
        <p class="hint" id="progress" data-testid="progress" role="status"></p>
      </section>
      <section class="card" aria-labelledby="seats-title">
        <h2 id="seats-title">开标情况</h2>
        ${table}${exports}
      </section>
    `,
  });
}
