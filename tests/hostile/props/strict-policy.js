/** The script of strict-policy.html: its policy allows none inside the page. */
(async () => {
  let types = "";
  try {
    document.createElement("p").innerHTML = "<b>text</b>";
  } catch (error) {
    types = error.name;
  }
  const items = [{ name: "投标函.pdf", content: new Blob(["content"]) }];
  report({
    types,
    status: await outcome(sharedCertificate.status()),
    login: await outcome(sharedCertificate.login({ nonce: "short" })),
    sign: await outcome(sharedCertificate.sign({ items, format: "cms-detached" })),
  });
})();
