#!/usr/bin/env node
// The command of the second verifier: `node verify.mjs --help`.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';

globalThis.crypto ??= webcrypto; // Node 18
const { Refused, kindOfKey, openSeal, readSshLine, readVerifierKey, refuse, verifyProof } = await import('./core.mjs');
const { verifyLog } = await import('./log.mjs');

const USAGE = `usage: node verify.mjs PATH… --vkey VKEY [--seal PATH…] [--seal-key KEY…] [--seal-quorum N]

PATH is a log's directory, or a file made by \`interlock prove\`. The options mean what they mean to
\`java -jar interlock-evidence.jar verify\`. One line of JSON for each path; the exit code is the worst of them:
0 everything holds, 1 something does not, 2 it could not be checked.
`;

const fileOr = (value) => (existsSync(value) ? readFileSync(value, 'utf8') : value);

async function read(args) {
  const given = { paths: [], vkeys: [], seals: [], sealKeys: [], quorum: 1 };
  const lists = { '--vkey': 'vkeys', '--seal': 'seals', '--seal-key': 'sealKeys' };
  for (let i = 0; i < args.length; i++) {
    if (lists[args[i]] && i + 1 < args.length) given[lists[args[i]]].push(args[++i]);
    else if (args[i] === '--seal-quorum' && /^[1-9]\d*$/.test(args[i + 1] ?? '')) given.quorum = Number(args[++i]);
    else if (args[i].startsWith('--')) refuse(`use no \`${args[i]}\`; see --help`);
    else given.paths.push(args[i]);
  }
  if (!given.paths.length || !given.vkeys.length) refuse('name a log or a proof, and the log key with --vkey; see --help');
  if (given.seals.length && !given.sealKeys.length) refuse('name who may sign seals with --seal-key');
  const logKeys = [];
  for (const each of given.vkeys) logKeys.push(await readVerifierKey(fileOr(each)));
  const sealKeys = [];
  for (const each of given.sealKeys) {
    for (const line of fileOr(each).split('\n').filter((text) => text.trim() && !text.startsWith('#'))) sealKeys.push(await readSshLine(line));
  }
  const seals = new Map();
  for (const path of given.seals) {
    const files = statSync(path).isDirectory() ? readdirSync(path).filter((name) => name.endsWith('.json')).map((name) => join(path, name)) : [path];
    for (const file of files) {
      const seal = await openSeal(readFileSync(file), sealKeys, given.quorum);
      seals.set(seal.id, seal);
    }
  }
  return { paths: given.paths, logKeys, sealKeys, quorum: given.quorum, seals };
}

async function verify(path, options) {
  try {
    if (statSync(path).isDirectory()) return { path, ...(await verifyLog(path, options)) };
    const { receipt, index, outcome, checkpoint, judged } = await verifyProof(readFileSync(path), options);
    const signed = judged?.signed ?? 'none needed';
    return {
      path, receipt: receipt.id, index, origin: checkpoint.origin, size: checkpoint.size, outcome: outcome?.result ?? null, signed,
      problems: judged?.problems ?? [],
      by: judged?.signers.map((signer) => `${signer.person}, ${kindOfKey(signer)}`) ?? [],
      exit: signed === 'no' ? 1 : signed === 'unchecked' ? 2 : 0,
    };
  } catch (e) {
    // Whatever breaks the reader is refused: a TypeError on a malformed file is no pass.
    return { path, exit: 1, problems: [e instanceof Refused ? e.message : `it cannot be read: ${e.message}`] };
  }
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(USAGE);
} else {
  try {
    const options = await read(args);
    let worst = 0;
    for (const path of options.paths) {
      const verdict = await verify(path, options);
      process.stdout.write(`${JSON.stringify(verdict)}\n`);
      worst = verdict.exit === 1 || worst === 1 ? 1 : Math.max(worst, verdict.exit);
    }
    process.exitCode = worst;
  } catch (e) {
    process.stderr.write(`verify: ${e.message}\n`);
    process.exitCode = 2;
  }
}
