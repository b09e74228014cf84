// isomorphic-git as a client: follows one order, which is a line of JSON, and prints what its user would see.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

const order = JSON.parse((await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value);
const require = createRequire(order.modules + "/from.js");
const git = require("isomorphic-git");
const http = require("isomorphic-git/http/node");
const fs = require("node:fs");

const said = [];
const { dir, url, ref } = order;
const common = { fs, http, dir, url, headers: { Authorization: order.authorization }, onMessage: line => said.push(line) };
const author = { name: "Sam", email: "sam@example.com" };

const acts = {
    clone: () => git.clone(common),
    async commit() {
        const branches = await git.listBranches({ fs, dir });
        if (branches.includes(ref)) {
            await git.deleteBranch({ fs, dir, ref }); // begins anew
        }
        await git.branch({ fs, dir, ref, object: order.start, checkout: true, force: true });
        await git.checkout({ fs, dir, ref, force: true });
        writeFileSync(join(dir, order.file), order.file);
        await git.add({ fs, dir, filepath: order.file });
        said.push(await git.commit({ fs, dir, message: order.file, author }));
    },
    push: () => git.push({ ...common, ref, remoteRef: "refs/heads/" + ref, force: order.force }),
    delete: () => git.push({ ...common, ref, remoteRef: "refs/heads/" + ref, delete: true }),
    async fetch() {
        await git.fetch({ ...common, ref, remote: "origin" });
        said.push(await git.resolveRef({ fs, dir, ref: "refs/remotes/origin/" + ref }));
    },
};

let failed = false;
try {
    await acts[order.act]();
} catch (e) {
    failed = true;
    said.push(e.message, e.data?.response ?? "");
}
console.log(JSON.stringify({ failed, said: said.join("\n") }));
