// Verifies a whole log: files, tree, and what its receipts must say of each other. From docs/formats/log.md and receipt.md.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import {
  MINUTE, Refused, checkConfirmation, checkSignature, checkSshSignature, counts, canonical, hex, instant, judgeIntent, leafHash, nodeHash, openCheckpoint,
  optional, readActions, readReceipt, readStatement, refuse, required, same, sha256, textOf, utf8,
} from './core.mjs';

const WIDTH = 256;
const GRACE = 5n * MINUTE;

const isText = (value) => typeof value === 'string';
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isSubset = (some, all) => [...some].every((each) => all.includes(each));

// ---- files ----------------------------------------------------------------------------------------------------------

/** Reads the commit log. Returns the receipts' bytes, and names what is no frame. */
async function readSegments(directory, problems) {
  const folder = pathOf(directory, 'segments');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')).sort() : [];
  if (!names.length) return null;
  const entries = [];
  for (const name of names) {
    const bytes = readFileSync(pathOf(folder, name));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const first = entries.length;
    const isBegun = bytes.length >= 16 && textOf(bytes.subarray(0, 8)) === 'ILKSEG1\n' && view.getBigUint64(8) === BigInt(first);
    if (name !== `${String(first).padStart(20, '0')}.segment` || !isBegun) {
      problems.push(`segments/${name} does not begin with receipt ${first}`);
      return entries;
    }
    let at = 16;
    let place = -1;
    for (;;) {
      const length = at + 12 <= bytes.length ? view.getUint16(at + 2) : 0;
      if (length < 1 || length > 16384 || at + 12 + length > bytes.length) break;
      const head = Buffer.alloc(12);
      head.writeBigUInt64BE(BigInt(entries.length));
      head.writeUInt32BE(view.getUint16(at), 8);
      const receipt = bytes.subarray(at + 12, at + 12 + length);
      const check = (await sha256(Buffer.concat([head, receipt]))).slice(0, 8);
      const next = view.getUint16(at);
      if (!same(check, bytes.subarray(at + 4, at + 12)) || (next !== 0 && next !== place + 1)) break;
      place = next;
      entries.push(receipt);
      at += 12 + length;
    }
    if (bytes.subarray(at).some((value) => value !== 0)) problems.push(`segments/${name} has bytes behind receipt ${entries.length - 1} that are no receipt`);
  }
  return entries;
}

const tilePath = (kind, index, width) => {
  const digits = String(index).padStart(3, '0');
  const parts = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g);
  const name = parts.map((part, i) => (i < parts.length - 1 ? `x${part}` : part)).join('/');
  return `tile/${kind}/${name}${width < WIDTH ? `.p/${width}` : ''}`;
};

function readFileOf(directory, path, problems) {
  const file = pathOf(directory, path);
  if (existsSync(file)) return readFileSync(file);
  problems.push(`${path} is missing`);
  return null;
}

/** Reads the entry bundles up to `size`. Entries that cannot be read are missing in the list. */
function readBundles(directory, size, problems) {
  const entries = [];
  for (let start = 0; start < size; start += WIDTH) {
    const width = Math.min(WIDTH, size - start);
    const path = tilePath('entries', start / WIDTH, width);
    const bytes = readFileOf(directory, path, problems);
    let at = 0;
    for (let i = 0; bytes && i < width; i++) {
      const length = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : bytes.length;
      if (at + 2 + length > bytes.length) {
        problems.push(`${path} is cut off`);
        at = bytes.length;
        break;
      }
      entries[start + i] = bytes.subarray(at + 2, at + 2 + length);
      at += 2 + length;
    }
    if (bytes && at !== bytes.length) problems.push(`${path} has something behind its receipts`);
  }
  return entries;
}

/** Returns the hashes of all full subtrees of 256^level leaves, for each level, and the root. */
async function hashLeaves(entries) {
  const levels = [[]];
  for (const entry of entries) levels[0].push(await leafHash(entry));
  while (levels.at(-1).length >= WIDTH) {
    const below = levels.at(-1);
    const level = [];
    for (let start = 0; start + WIDTH <= below.length; start += WIDTH) level.push(await rootOf(below.slice(start, start + WIDTH)));
    levels.push(level);
  }
  return levels;
}

/** The Merkle tree hash of these hashes (RFC 9162 §2.1.1). */
async function rootOf(hashes) {
  if (!hashes.length) return sha256(new Uint8Array());
  let level = hashes;
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i < level.length; i += 2) above.push(i + 1 < level.length ? await nodeHash(level[i], level[i + 1]) : level[i]);
    level = above;
  }
  return level[0];
}

function checkTiles(directory, levels, problems) {
  levels.forEach((hashes, level) => {
    for (let start = 0; start < hashes.length; start += WIDTH) {
      const path = tilePath(level, start / WIDTH, Math.min(WIDTH, hashes.length - start));
      const bytes = readFileOf(directory, path, problems);
      const wanted = Buffer.concat(hashes.slice(start, start + WIDTH));
      if (bytes && !wanted.equals(bytes)) problems.push(`${path} is not of the tree that the checkpoint signs`);
    }
  });
}

/** Reads the directory. Returns its receipts' bytes as the checkpoint covers them, and the further ones. */
export async function readLog(directory, logKeys, problems) {
  const note = readFileOf(directory, 'checkpoint', problems);
  if (!note) return { checkpoint: null, entries: [], unpublished: [] };
  const checkpoint = await openCheckpoint(textOf(note), logKeys);
  const committed = await readSegments(directory, problems);
  const bundled = readBundles(directory, checkpoint.size, problems);
  const lead = async (entries) =>
    entries.length >= checkpoint.size && !entries.slice(0, checkpoint.size).includes(undefined) &&
    same(await rootOf(await Promise.all(entries.slice(0, checkpoint.size).map(leafHash))), checkpoint.root);
  const isCommitted = committed !== null && (await lead(committed));
  const isBundled = await lead(bundled);
  if (committed !== null && !isCommitted) problems.push('the segments do not lead to the signed root');
  if (!isBundled) problems.push('the entry bundles do not lead to the signed root');
  if (!isCommitted && !isBundled) return { checkpoint, entries: [], unpublished: [] };
  const entries = (isBundled ? bundled : committed).slice(0, checkpoint.size);
  checkTiles(directory, await hashLeaves(entries), problems);
  return { checkpoint, entries, unpublished: committed?.slice(checkpoint.size) ?? [] };
}

// ---- what receipts say of each other ----------------------------------------------------------------------------------

/** What must be known of the receipts before one, to judge it. */
class Story {
  constructor(seals) {
    Object.assign(this, { seals, sound: [], unmet: [], unchecked: new Set(), checked: 0, weak: 0, unpublished: 0 });
    Object.assign(this, { ids: new Set(), intents: new Map(), outcomes: new Map(), records: new Set() });
    Object.assign(this, { seal: null, adopted: new Map(), leases: new Map(), elevations: new Map() });
  }

  /** Takes the next receipt. */
  async add(receipt, leaf) {
    const fault = (text) => this.sound.push(`leaf ${leaf} (${receipt.id}): ${text}`);
    if (this.ids.has(receipt.id)) fault('its id is not new');
    this.ids.add(receipt.id);
    try {
      if (receipt.kind === 'intent') await this.addIntent(receipt);
      if (receipt.kind === 'outcome') this.addOutcome(receipt, fault);
      if (receipt.kind === 'admin') await this.addAdmin(receipt, fault);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.unmet.push(`${receipt.id}: ${e.message}`);
    }
  }

  addOutcome(receipt, fault) {
    const intent = this.intents.get(receipt.intent);
    if (!intent) fault('its outcome names no earlier intent');
    else if (this.outcomes.has(receipt.intent)) fault('it is a second outcome');
    else if (receipt.agent !== undefined && receipt.agent !== intent.receipt.agent) fault('its outcome is of another agent');
    this.outcomes.set(receipt.intent, receipt.result);
  }

  async addIntent(receipt) {
    const judged = await judgeIntent(receipt, this.seals);
    const problems = judged.signed === 'no' ? [...judged.problems] : [];
    const told = (text) => problems.push(text);
    const at = instant(receipt.at);
    const adopted = this.adopted.get(receipt.seal);
    if (!adopted) told('its seal was not in force');
    else if (adopted.until !== null && at > adopted.until + GRACE) told('its seal had been replaced');
    if (judged.act) {
      if (receipt.elevation !== undefined) this.checkElevated(receipt, judged.act, at, told);
      else this.checkLease(receipt, judged.act, at, told);
    }
    if (judged.statement?.plan?.after) await this.checkPlan(judged.statement, told);
    this.intents.set(receipt.id, { receipt, judged, problems });
  }

  checkLease(receipt, act, at, told) {
    const lease = this.checkHolder(receipt, at, told);
    if (!lease) return;
    const seal = this.seals.get(receipt.seal);
    if (!isSubset([...act.impacts].filter((impact) => impact !== 'unknown'), lease.impacts)) told('its lease does not have its impacts');
    const onlyReads = act.impacts.size === 1 && act.impacts.has('read');
    const outside = [...act.environments].filter((name) => !lease.environments.includes(name));
    if (!outside.length) return;
    if (onlyReads && !seal) this.unchecked.add(receipt.seal);
    else if (!onlyReads || !outside.every((name) => seal.environments[name]?.readable === true)) told('its lease does not have its environments');
  }

  checkHolder(receipt, at, told) {
    const lease = this.leases.get(receipt.lease);
    if (!lease) {
      told('its lease was not issued before');
      return null;
    }
    for (const name of ['agent', 'person', 'task']) if (lease[name] !== receipt[name]) told(`its lease is of another ${name}`);
    if (lease.root !== (receipt.root ?? receipt.lease)) told('its lease descends from another one');
    if (at > lease.expires + GRACE) told('its lease was over');
    return lease;
  }

  checkElevated(receipt, act, at, told) {
    this.checkHolder(receipt, at, told);
    const given = this.elevations.get(receipt.elevation);
    if (!given || given.lease !== receipt.lease) return told('no elevation was given to its lease');
    if (given.seal !== receipt.seal) told('its elevation was given under another seal');
    if (at > given.until + GRACE || at < given.from - MINUTE) told('its elevation was over');
    if (!isSubset([...act.impacts].filter((impact) => impact !== 'unknown'), given.impacts)) told('its elevation does not have its impacts');
    if (!isSubset(act.environments, given.environments)) told('its elevation does not have its environments');
  }

  async checkPlan({ plan }, told) {
    for (const { receipt, judged } of this.intents.values()) {
      const before = judged.statement;
      if (before?.plan && before.plan.first === plan.first && before.plan.step === plan.step - 1 && hex(await sha256(utf8(before.nonce))) === plan.after) {
        if (this.outcomes.get(receipt.id) === 'done') return;
      }
    }
    told('the step before it had not been done');
  }

  async addAdmin(receipt, fault) {
    const { command } = receipt;
    if (command === 'seal.adopt' && receipt.sequence !== undefined) this.adopt(receipt);
    else if (['lease.issue', 'run.open', 'lease.derive'].includes(command) && receipt.expires !== undefined) this.issue(receipt);
    else if (command === 'run.renew' && receipt.expires !== undefined) this.renew(receipt);
    else if (command === 'elevation.give') await this.elevate(receipt);
    else if (command === 'backup.attest' || command === 'backup.rehearsal') await this.attest(receipt);
    else if (command === 'session.record') {
      const lease = required(receipt, 'lease', isText);
      if (this.records.has(lease)) fault('its session is recorded a second time');
      this.records.add(lease);
    }
  }

  adopt(receipt) {
    const id = required(receipt, 'seal', isText);
    const sequence = required(receipt, 'sequence', Number.isSafeInteger);
    const at = instant(receipt.at);
    const before = this.adopted.get(this.seal);
    if (before && id !== this.seal && sequence <= before.sequence) refuse('its sequence does not grow');
    if (this.seals.has(id) && this.seals.get(id).sequence !== sequence) refuse('its seal has another sequence');
    if (before && id !== this.seal) before.until = at;
    this.seal = id;
    this.adopted.set(id, { sequence, until: null });
  }

  issue(receipt) {
    const id = required(receipt, 'lease', isText);
    const lease = { root: receipt.root ?? id, expires: instant(receipt.expires), issued: instant(receipt.at) };
    for (const name of ['agent', 'person', 'task']) lease[name] = required(receipt, name, isText);
    for (const name of ['environments', 'impacts']) lease[name] = required(receipt, name, isTexts);
    if (this.leases.has(id)) refuse('a lease of this name was issued before');
    this.leases.set(id, lease);
    if (receipt.command !== 'lease.derive' || receipt.parent === undefined) return;
    const parent = this.leases.get(receipt.parent);
    if (!parent) refuse('its parent was not issued before');
    for (const name of ['agent', 'person', 'task', 'root']) if (parent[name] !== lease[name]) refuse(`its parent has another ${name}`);
    if (lease.expires > parent.expires) refuse('it ends later than its parent');
    for (const name of ['environments', 'impacts']) if (!isSubset(lease[name], parent[name])) refuse(`it has ${name} that its parent lacks`);
  }

  renew(receipt) {
    const lease = this.leases.get(required(receipt, 'lease', isText));
    if (lease) lease.expires = instant(receipt.expires);
  }

  async elevate(receipt) {
    const confirmation = required(receipt, 'confirmation', isObject);
    const statement = await readStatement(confirmation.statement);
    const { meaning } = statement;
    const action = meaning.actions[0];
    if (statement.upstream !== '.interlock' || meaning.actions.length !== 1 || action.operation !== 'interlock/elevate') refuse('its statement gives nothing');
    const gives = (name) => action.facts.filter((fact) => fact.name === `gives ${name}`).map((fact) => fact.value).sort();
    const until = instant(required(receipt, 'until', isText));
    const at = instant(receipt.at);
    if (statement.lease !== required(receipt, 'lease', isText)) refuse('people signed for another lease');
    for (const [name, given] of [['environments', gives('environment')], ['impacts', gives('impact')], ['resources', gives('resource')]]) {
      if (canonical([...(receipt[name] ?? [])].sort()) !== canonical(given)) refuse(`people signed for other ${name}`);
    }
    if (String(receipt.minutes) !== gives('minutes')[0] || until > at + BigInt(receipt.minutes) * MINUTE + MINUTE) refuse('people signed for another time');
    this.elevations.set(statement.hold, {
      lease: statement.lease, seal: statement.seal, until, from: at, environments: gives('environment'), impacts: gives('impact'),
    });
    const seal = this.seals.get(statement.seal);
    if (!seal) return void this.unchecked.add(statement.seal);
    const { signers, problems } = await checkConfirmation(statement, confirmation.signatures, seal, at);
    const owner = statement.agent.split('/')[0];
    const people = signers.map((signer) => signer.person);
    if (!signers.some((signer) => seal.people.get(signer.person).groups.includes('owners') || (signer.person === owner && signer.class === 'hardware'))) {
      problems.push('nobody signed who may widen the lease');
    }
    if (!isSubset(receipt.signers ?? [], people)) problems.push('it names people who did not sign');
    this.checked++;
    this.unmet.push(...problems.map((text) => `${receipt.id}: ${text}`));
  }

  async attest(receipt) {
    const id = required(receipt, 'seal', isText);
    const seal = this.seals.get(id);
    if (!seal) return void this.unchecked.add(id);
    const signature = required(receipt, 'signature', (value) => isText(value) || isObject(value));
    if (receipt.command === 'backup.attest') {
      const key = await checkSshSignature(signature, 'interlock-restore@v1', utf8(canonical(required(receipt, 'attestation', isObject))));
      if (!seal.attesters.includes(key.name)) refuse('no attester of the seal signed it');
    } else {
      const given = isText(signature) && signature.startsWith('{') ? JSON.parse(signature) : signature;
      const signer = await checkSignature(given, 'interlock-rehearsal@v1', utf8(canonical(required(receipt, 'rehearsal', isObject))), seal);
      if (signer.person !== receipt.person || !counts(signer, seal)) refuse('somebody else signed it');
    }
  }

  /** What is known only at the end: which intents were no actions, and what was used twice. */
  finish() {
    const used = new Map();
    for (const [id, { receipt, judged, problems }] of this.intents) {
      if (this.outcomes.get(id) === 'refused') continue;
      this.unmet.push(...problems.map((text) => `${id}: ${text}`));
      if (judged.signed === 'unchecked') this.unchecked.add(judged.missing);
      if (judged.signed === 'yes') this.checked++;
      if (judged.signers.some((signer) => signer.weak)) this.weak++;
      const name = receipt.hold ?? receipt.grant;
      if (name === undefined) continue;
      used.set(name, (used.get(name) ?? 0) + 1);
      const most = receipt.hold !== undefined ? 1 : (judged.grant?.calls ?? Infinity);
      if (used.get(name) > most) this.unmet.push(`${id}: ${name} was used more often than people allowed`);
    }
  }
}

/** Verifies a log's directory. `exit` is 0 if everything holds, 1 if something does not, 2 if it could not be checked. */
export async function verifyLog(directory, { logKeys, seals = new Map() }) {
  const problems = [];
  const log = await readLog(directory, logKeys, problems);
  const story = new Story(seals);
  const all = [...log.entries, ...log.unpublished];
  for (let leaf = 0; leaf < all.length; leaf++) {
    try {
      const receipt = readReceipt(all[leaf]);
      if (receipt.origin !== log.checkpoint.origin) refuse('it was made for another log');
      await story.add(receipt, leaf);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      problems.push(`leaf ${leaf}: ${e.message}`);
    }
  }
  story.finish();
  problems.push(...story.sound);
  const sound = problems.length === 0;
  const signed = !sound ? 'unchecked' : story.unmet.length ? 'no' : story.unchecked.size ? 'unchecked' : 'yes';
  return {
    origin: log.checkpoint?.origin ?? null, size: log.checkpoint?.size ?? 0, sound, problems, signed, unmet: story.unmet,
    checked: story.checked, weak: story.weak, missing: [...story.unchecked], unpublished: log.unpublished.length,
    exit: !sound || signed === 'no' ? 1 : signed === 'yes' ? 0 : 2,
  };
}
