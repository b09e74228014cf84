// Starts the proxy of npm's @anthropic-ai/sandbox-runtime with the list of hosts: node FILE DIRECTORY-OF-THE-PACKAGE PARENT
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [directory, parent] = process.argv.slice(2);
const entry = createRequire(directory + "/").resolve("@anthropic-ai/sandbox-runtime");
const { SandboxManager } = await import(pathToFileURL(entry));
const hosts = readFileSync(new URL("hosts", import.meta.url), "utf8").trim().split("\n");
await SandboxManager.initialize({
  network: {
    allowedDomains: hosts.map((host) => host.replace(/[\\^$]/g, "")),
    deniedDomains: [],
    parentProxy: { http: parent, noProxy: "" },
  },
  filesystem: { denyRead: [], allowWrite: ["."], denyWrite: [] },
});
console.log(SandboxManager.getProxyPort(), SandboxManager.getProxyAuthToken());
setInterval(() => {}, 1 << 30);
