/** 投标: which lot, encrypting, uploading, the receipt. Text only; the script fills it. */
import { html } from "hono/html";
import { deviceLine, frame, type Html, type Look } from "./frame.ts";

export function renderBidPage(look: Look): Html {
  return frame(look, {
    title: `投标 · ${look.name}`,
    name: "bid",
    style: "bid",
    main: html`
      <div class="columns">
        <div class="main-column">
          <section class="card" aria-labelledby="lots-title">
            <h2 id="lots-title">选择标段</h2>
            <ul class="lots" id="lots" data-testid="lots"></ul>
          </section>
          <section class="card" id="work" aria-labelledby="work-title" hidden>
            <h2 id="work-title">提交投标文件</h2>
            <dl id="lot" data-testid="lot"></dl>
            <p class="deadline" id="deadline" data-testid="deadline" role="timer"></p>
            <ol class="steps">
              <li>
                <strong>加密</strong>
                <p id="encrypt-hint">
                  投标文件在您的电脑上加密，平台收到的只有密文，到开标时由您解密。谁能打开这份标书，互认通窗口中会逐一列出。
                </p>
                <button class="primary" type="button" id="encrypt" data-testid="encrypt" hidden>
                  选择投标文件并加密
                </button>
                <div id="recovery" data-testid="recovery" hidden>
                  <p class="hint">上次的加密可能已经完成，不必重新加密。</p>
                  <button type="button" id="recover" data-testid="recover">找回上次加密的文件</button>
                </div>
                <p class="hint" id="encrypt-missing" data-testid="encrypt-missing" hidden>
                  您的互认通版本还不能加密投标文件，请升级。已有加密投标文件（.cbid）的，可以直接上传。
                </p>
              </li>
              <li>
                <strong>上传</strong>
                <p id="picked" data-testid="picked">还没有加密投标文件。</p>
                <label class="file"
                  >已经加密好的文件
                  <input type="file" id="package" data-testid="package" accept=".cbid,.p7m" />
                </label>
                <div class="row">
                  <button class="primary" type="button" id="upload" data-testid="upload" disabled>上传</button>
                  <button type="button" id="open-own" data-testid="open-own" hidden>打开我自己的标书</button>
                  <button type="button" id="pause" data-testid="pause" data-stays hidden>暂停</button>
                </div>
                <progress id="bar" data-testid="bar" max="1" value="0" aria-label="上传进度" hidden></progress>
                <p class="hint" id="progress" data-testid="progress" role="status"></p>
              </li>
            </ol>
          </section>
          <section class="card" id="receipt-card" aria-labelledby="receipt-title" hidden>
            <h2 id="receipt-title">回执</h2>
            <dl id="receipt" data-testid="receipt"></dl>
            <div class="row">
              <button type="button" id="keep-receipt" data-testid="keep-receipt" hidden>把回执存到本机</button>
              <a class="button" id="receipt-file" data-testid="receipt-file" download>下载回执</a>
              <a class="button" id="to-hall" href="/hall">去开标大厅</a>
            </div>
            <p class="hint">截止前可以再次上传，以最后一份为准。</p>
          </section>
        </div>
        <div class="side-column">
          <section class="card" aria-labelledby="device-title">
            <h2 id="device-title">本机</h2>
            ${deviceLine}
            <p id="sign-in-first" data-testid="sign-in-first" hidden><a href="/">请先登录</a>，再提交投标文件。</p>
          </section>
          <section class="card quiet" aria-labelledby="care-title">
            <h2 id="care-title">开标前请勿</h2>
            <ol>
              <li>更换、续期或注销加密用的CA锁。</li>
              <li>删除备用密钥文件。</li>
              <li>等到最后几分钟才上传。</li>
            </ol>
          </section>
        </div>
      </div>
    `,
  });
}
