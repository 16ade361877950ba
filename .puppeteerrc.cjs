/** The browser comes from the system, never from puppeteer's own download. */
module.exports = { skipDownload: true };
