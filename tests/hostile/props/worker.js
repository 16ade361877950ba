/** Says whether there is an API in it, to whoever started it. */
const api = typeof self.sharedCertificate;
if ("clients" in self) self.addEventListener("message", ({ source }) => source.postMessage(api));
else if ("onconnect" in self) self.addEventListener("connect", ({ ports: [port] }) => port.postMessage(api));
else self.postMessage(api);
