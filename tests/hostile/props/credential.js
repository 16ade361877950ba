/** What a platform's own page does to get a credential for the bidder who is logged in: a challenge, a login, the credential. */
globalThis.obtainCredential = async () => {
  const ask = async (path, body) => {
    const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
    return answer.json();
  };
  const { nonce } = await ask("/api/nonce");
  await ask("/api/login", await sharedCertificate.login({ nonce }));
  const { credential } = await ask("/api/credential");
  return credential;
};
