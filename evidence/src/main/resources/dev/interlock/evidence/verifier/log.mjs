// Verifies a whole log: files, tree, and what its receipts must say of each other. From docs/formats/log.md and receipt.md.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join as pathOf } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import {
  MINUTE, Refused, checkConfirmation, checkWitnessed, canonical, hex, instant, isAttesting, isWatched, judgeAttestation, judgeIntent, leafHash, nodeHash, openCheckpoint,
  optional, readActions, readReceipt, readStatement, refuse, required, same, sha256, textOf, utf8,
} from './core.mjs';

const WIDTH = 256;
const GRACE = 5n * MINUTE;

const isText = (value) => typeof value === 'string';
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isSubset = (some, all) => [...some].every((each) => all.includes(each));
/** Of a sealed text nobody knows whether it is another one. */
const isSame = (one, other) => one === other || one === '(sealed)' || other === '(sealed)';

// ---- files ----------------------------------------------------------------------------------------------------------

const GZIP_HEADER = Buffer.from('1f8b08000000000000ff', 'hex');
const plainOf = (path) => path.replace(/\.gz$/, '');

/** What a compressed bundle or segment has, or null if it is no whole one. */
function decompressed(bytes) {
  if (bytes.length < 18 || !bytes.subarray(0, 10).equals(GZIP_HEADER)) return null;
  try {
    const { engine } = inflateRawSync(bytes.subarray(10), { maxOutputLength: 2 ** 24, info: true });
    return engine.bytesWritten === bytes.length - 18 ? gunzipSync(bytes, { maxOutputLength: 2 ** 24 }) : null;
  } catch {
    return null;
  }
}

/** Reads a bundle or a segment, which lies there as it is or compressed; null if it is missing or damaged. */
function readEither(directory, path, problems) {
  const at = (name) => pathOf(directory, name);
  const compressed = existsSync(at(`${path}.gz`)) ? decompressed(readFileSync(at(`${path}.gz`))) : undefined;
  if (compressed === null) problems.push(`${path}.gz cannot be decompressed`);
  const plain = existsSync(at(path)) ? readFileSync(at(path)) : null;
  if (plain && compressed && !plain.equals(compressed)) problems.push(`${path}.gz is not the same as ${path}`);
  if (!plain && compressed === undefined) problems.push(`${path} is missing`);
  return plain ?? compressed ?? null;
}

/** Reads the commit log. Returns the receipts' bytes, and names what is no frame. */
async function readSegments(directory, problems) {
  const folder = pathOf(directory, 'segments');
  const all = existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')).map(plainOf) : [];
  const names = [...new Set(all)].sort();
  if (!names.length) return null;
  const entries = [];
  for (const name of names) {
    const bytes = readEither(directory, `segments/${name}`, problems);
    if (!bytes) return entries;
    const shown = existsSync(pathOf(folder, name)) ? name : `${name}.gz`;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const first = entries.length;
    const isBegun = bytes.length >= 16 && textOf(bytes.subarray(0, 8)) === 'ILKSEG1\n' && view.getBigUint64(8) === BigInt(first);
    if (name !== `${String(first).padStart(20, '0')}.segment` || !isBegun) {
      problems.push(`segments/${shown} does not begin with receipt ${first}`);
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
    if (bytes.subarray(at).some((value) => value !== 0)) problems.push(`segments/${shown} has bytes behind receipt ${entries.length - 1} that are no receipt`);
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
    const bytes = readEither(directory, path, problems);
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

/** Compares every file below `tile`: those of the checkpoint, narrower partial ones of earlier checkpoints, and no others. */
function checkTiles(directory, entries, levels, problems) {
  const bundle = (some) => Buffer.concat(some.flatMap((entry) => [Buffer.from([entry.length >> 8, entry.length & 0xff]), entry]));
  const kinds = new Map([['entries', [entries, bundle]], ...levels.map((hashes, level) => [String(level), [hashes, (some) => Buffer.concat(some)]])]);
  for (const [kind, [items]] of kinds) {
    for (let start = 0; start < items.length; start += WIDTH) {
      const path = tilePath(kind, start / WIDTH, Math.min(WIDTH, items.length - start));
      if (!existsSync(pathOf(directory, path)) && !(kind === 'entries' && existsSync(pathOf(directory, `${path}.gz`)))) problems.push(`${path} is missing`);
    }
  }
  for (const path of filesBelow(directory, 'tile')) {
    const isCompressed = /^tile\/entries\/[x\d/]+\.gz$/.test(path);
    const name = isCompressed ? plainOf(path) : path;
    const [, kind, digits, width] = /^tile\/(entries|\d+)\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d+))?$/.exec(name) ?? [];
    const [items, written] = kinds.get(kind) ?? [[]];
    const start = digits === undefined ? 0 : Number(digits.replace(/\D/g, '')) * WIDTH;
    const some = items.slice(start, start + Number(width ?? WIDTH));
    const found = isCompressed ? decompressed(readFileSync(pathOf(directory, path))) : readFileSync(pathOf(directory, path));
    if (!some.length || name !== tilePath(kind, start / WIDTH, some.length)) problems.push(`${path} is not part of the checkpoint`);
    else if (!found || !written(some).equals(found)) problems.push(`${path} is not of the tree that the checkpoint signs`);
  }
}

function filesBelow(directory, folder) {
  const found = existsSync(pathOf(directory, folder)) ? readdirSync(pathOf(directory, folder), { withFileTypes: true }) : [];
  return found.filter(({ name }) => !name.startsWith('.'))
    .flatMap((each) => (each.isDirectory() ? filesBelow(directory, `${folder}/${each.name}`) : [`${folder}/${each.name}`]));
}

/** Reads the directory. Returns its receipts' bytes as the checkpoint covers them, and the further ones. */
export async function readLog(directory, logKeys, problems) {
  const note = readFileOf(directory, 'checkpoint', problems);
  if (!note) return { checkpoint: null, entries: [], unpublished: [] };
  const checkpoint = await openCheckpoint(textOf(note), logKeys);
  const committed = await readSegments(directory, problems);
  const bundled = readBundles(directory, checkpoint.size, []); // `checkTiles` names what is wrong with them
  const lead = async (entries) =>
    entries.length >= checkpoint.size && !entries.slice(0, checkpoint.size).includes(undefined) &&
    same(await rootOf(await Promise.all(entries.slice(0, checkpoint.size).map(leafHash))), checkpoint.root);
  const isCommitted = committed !== null && (await lead(committed));
  const isBundled = await lead(bundled);
  if (committed !== null && !isCommitted) problems.push('the segments do not lead to the signed root');
  if (!isBundled) problems.push('the entry bundles do not lead to the signed root');
  if (!isCommitted && !isBundled) return { checkpoint, entries: [], unpublished: [] };
  const entries = (isBundled ? bundled : committed).slice(0, checkpoint.size);
  checkTiles(directory, entries, await hashLeaves(entries), problems);
  return { checkpoint, entries, unpublished: committed?.slice(checkpoint.size) ?? [] };
}

// ---- what receipts say of each other ----------------------------------------------------------------------------------

/** What must be known of the receipts before one, to judge it. */
class Story {
  constructor(seals, size) {
    Object.assign(this, { seals, size, sound: [], unmet: [], unchecked: [], erased: [], checked: 0, weak: 0, unpublished: 0 });
    Object.assign(this, { ids: new Set(), intents: new Map(), outcomes: new Map(), records: new Set() });
    Object.assign(this, { seal: null, sequence: 0, adopted: new Map(), leases: new Map(), elevations: new Map() });
    Object.assign(this, { watched: new Map(), trees: [] });
  }

  /** Takes the next receipt. */
  async add(receipt, leaf) {
    const fault = (text) => this.sound.push(`leaf ${leaf} (${receipt.id}): ${text}`);
    if (this.ids.has(receipt.id)) fault('its id is not new');
    this.ids.add(receipt.id);
    try {
      if (receipt.kind === 'intent') await this.addIntent(receipt, leaf);
      if (receipt.kind === 'outcome') this.addOutcome(receipt, leaf, fault);
      if (receipt.kind === 'admin') await this.addAdmin(receipt, leaf, fault);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.unmet.push(`${receipt.id}: ${e.message}`);
    }
  }

  addOutcome(receipt, leaf, fault) {
    const intent = this.intents.get(receipt.intent);
    if (!intent) fault('its outcome names no earlier intent');
    else if (this.outcomes.has(receipt.intent)) fault('it is a second outcome');
    else if (receipt.agent !== undefined && receipt.agent !== intent.receipt.agent) fault('its outcome is of another agent');
    // What no checkpoint covers excuses nothing that one covers.
    const isExcuse = leaf < this.size || !intent || intent.leaf >= this.size;
    if (this.watched.delete(receipt.intent) && receipt.result !== 'refused') this.unmet.push(`${receipt.id}: witnesses had not seen its intent`);
    this.outcomes.set(receipt.intent, receipt.result === 'refused' && !isExcuse ? 'unknown' : receipt.result);
  }

  async addIntent(receipt, leaf) {
    const judged = await judgeIntent(receipt, this.seals);
    const problems = judged.signed === 'no' ? [...judged.problems] : [];
    const told = (text) => problems.push(text);
    const at = instant(receipt.at);
    const adopted = this.adopted.get(receipt.seal);
    if (!adopted) told('its seal was not in force');
    else if (adopted.until !== null && at >= adopted.until + GRACE) told('its seal had been replaced');
    if (judged.act) {
      if (receipt.elevation !== undefined) this.checkElevated(receipt, judged.act, at, told);
      else this.checkLease(receipt, judged.act, at, told);
    }
    if (judged.statement?.plan?.after) await this.checkPlan(judged.statement, told);
    this.intents.set(receipt.id, { receipt, leaf, judged, problems });
    const seal = this.seals.get(receipt.seal);
    if (judged.act && isWatched(seal, judged.act.impacts)) this.watched.set(receipt.id, { seal, leaf });
  }

  checkLease(receipt, act, at, told) {
    const lease = this.checkHolder(receipt, at, told);
    if (!lease) return;
    if (!this.covers(lease, act, this.seals.get(receipt.seal))) told('its lease does not cover it');
  }

  checkHolder(receipt, at, told) {
    const lease = this.leases.get(receipt.lease);
    if (!lease) {
      told('its lease was not issued before');
      return null;
    }
    for (const name of ['agent', 'person', 'task', 'root']) if (!isSame(lease[name], receipt[name])) told(`its lease is of another ${name}`);
    if (at >= lease.expires + GRACE) told('its lease was over');
    return lease;
  }

  checkElevated(receipt, act, at, told) {
    this.checkHolder(receipt, at, told);
    const given = (this.elevations.get(receipt.elevation) ?? []).filter((one) => one.lease === receipt.lease);
    const seal = this.seals.get(receipt.seal);
    if (!given.some((one) => one.seal === receipt.seal)) told('no elevation was given to its lease under its seal');
    if (!given.some((one) => at < one.until + GRACE)) told('its elevation was over');
    if (!given.some((one) => this.covers(one, act, seal))) told('its elevation does not cover it');
  }

  /** Whether a lease or an elevation has what an intent does. One that only reads may be where the seal calls it readable. */
  covers({ impacts, environments }, act, seal) {
    if (!isSubset([...act.impacts].filter((impact) => impact !== 'unknown'), impacts)) return false;
    const onlyReads = act.impacts.size === 1 && act.impacts.has('read');
    return [...act.environments].every((name) => environments.includes(name) || (onlyReads && (!seal || seal.environments[name]?.readable === true)));
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

  /** What witnesses saw of an intent, before its call was sent. */
  async see(receipt, leaf) {
    const watched = this.watched.get(required(receipt, 'intent', isText));
    const notes = required(receipt, 'checkpoints', isTexts);
    const { trees, problems } = await checkWitnessed(notes, watched?.seal.witnesses ?? { keys: [], quorum: 0 }, receipt.origin, watched?.leaf, leaf);
    this.trees.push(...trees.map((tree) => ({ ...tree, leaf })));
    if (problems.length) refuse(problems[0]);
    this.watched.delete(receipt.intent);
  }

  async addAdmin(receipt, leaf, fault) {
    const { command } = receipt;
    if (command === 'seal.adopt' && receipt.sequence !== undefined) this.adopt(receipt);
    else if (['lease.issue', 'run.open', 'lease.derive'].includes(command) && receipt.expires !== undefined) this.issue(receipt);
    else if (command === 'run.renew' && receipt.expires !== undefined) this.renew(receipt);
    else if (command === 'elevation.give') await this.elevate(receipt);
    else if (command === 'call.witnessed') await this.see(receipt, leaf);
    else if (isAttesting(receipt)) {
      const { signed, missing, problems } = await judgeAttestation(receipt, this.seals);
      if (signed === 'unchecked') this.unchecked.push({ missing });
      if (signed === 'no') refuse(problems.join('; '));
    }
    else if (command === 'texts.order') this.erase(receipt);
    else if (command === 'session.record' && receipt.result === undefined) {
      const { lease } = receipt;
      if (!isText(lease) || !/^[0-9a-f]{64}$/.test(receipt.manifest_sha256)) return fault('it records a session, and names no lease or no digest');
      if (this.records.has(lease)) fault('its session is recorded a second time');
      this.records.add(lease);
    }
  }

  /** What was erased. Only the gateway itself does that. */
  erase(receipt) {
    if (receipt.agent !== 'interlock:texts' || receipt.result !== undefined) return;
    for (const range of receipt.numbers ?? []) {
      const [, first, last] = /^(\d{1,12})-(\d{1,12})$/.exec(range) ?? [];
      if (first === undefined || Number(last) < Number(first)) refuse(`\`${range}\` is not a range of numbers`);
      this.erased.push([Number(first), Number(last)]);
    }
  }

  /** Why signatures are unchecked: how often for want of a seal, of the keys of texts, or because these were erased. */
  reasons() {
    const isErased = (number) => this.erased.some(([first, last]) => number >= first && number <= last);
    const sealed = this.unchecked.filter(({ missing }) => missing === 'its sealed texts');
    const erased = sealed.filter(({ number }) => isErased(number)).length;
    return { erased, no_seal: this.unchecked.length - sealed.length, sealed: sealed.length - erased };
  }

  adopt(receipt) {
    const id = required(receipt, 'seal', isText);
    const sequence = required(receipt, 'sequence', Number.isSafeInteger);
    const at = instant(receipt.at);
    const before = this.adopted.get(this.seal);
    const isOlder = sequence <= this.sequence;
    if (before) before.until = at;
    this.seal = id;
    this.sequence = Math.max(this.sequence, sequence);
    this.adopted.set(id, { until: null });
    if (isOlder) refuse('its sequence does not grow');
  }

  issue(receipt) {
    const id = required(receipt, 'lease', isText);
    const lease = { root: receipt.root, expires: instant(receipt.expires), issued: instant(receipt.at) };
    for (const name of ['agent', 'person', 'task']) lease[name] = required(receipt, name, isText);
    for (const name of ['environments', 'impacts']) lease[name] = required(receipt, name, isTexts);
    if (this.leases.has(id)) refuse('a lease of this name was issued before');
    this.leases.set(id, lease);
    if (receipt.command !== 'lease.derive') return;
    const parent = this.leases.get(receipt.parent);
    if (!parent) refuse('its parent was not issued before');
    for (const name of ['agent', 'person', 'task']) if (!isSame(parent[name], lease[name])) refuse(`its parent has another ${name}`);
    if (lease.root !== (parent.root ?? receipt.parent)) refuse('it names another root than its parent');
    if (lease.expires > parent.expires) refuse('it ends later than its parent');
    for (const name of ['environments', 'impacts']) if (!isSubset(lease[name], parent[name])) refuse(`it has ${name} that its parent lacks`);
  }

  renew(receipt) {
    const lease = this.leases.get(required(receipt, 'lease', isText));
    if (!lease) refuse('it renews a lease that was not issued before');
    lease.expires = instant(receipt.expires);
  }

  async elevate(receipt) {
    if (receipt.result !== undefined) return; // an attempt that failed
    const confirmation = required(receipt, 'confirmation', isObject);
    const given = {
      lease: required(receipt, 'lease', isText), seal: required(required(confirmation, 'statement', isObject), 'seal', isText), until: instant(required(receipt, 'until', isText)),
      environments: receipt.environments ?? [], impacts: receipt.impacts ?? [],
    };
    const minutes = BigInt(required(receipt, 'minutes', Number.isSafeInteger));
    const hold = required(receipt, 'hold', isText);
    this.elevations.set(hold, [...(this.elevations.get(hold) ?? []), given]);
    if (receipt.sealed) return void this.unchecked.push({ missing: 'its sealed texts', number: receipt.sealed.number }); // calls are held against what it says all the same
    const statement = await readStatement(confirmation.statement);
    const facts = statement.meaning.actions.flatMap((action) => action.facts);
    const gives = (name) => [...new Set(facts.filter((fact) => fact.name === `gives ${name}`).map((fact) => fact.value))].sort();
    if (statement.upstream !== '.interlock' || statement.hold !== hold || statement.lease !== given.lease || statement.agent !== receipt.agent) {
      refuse('people signed for something else');
    }
    const pairs = [[given.environments, 'environment'], [given.impacts, 'impact'], [receipt.resources ?? [], 'resource'], [[String(minutes)], 'minutes']];
    for (const [words, name] of pairs) {
      if (canonical([...new Set(words)].sort()) !== canonical(gives(name))) refuse(`people signed for another ${name}`);
    }
    const from = given.until - minutes * MINUTE;
    if (from > instant(receipt.at) + MINUTE) refuse('it lasts longer than people signed');
    const seal = this.seals.get(statement.seal);
    if (!seal) return void this.unchecked.push({ missing: statement.seal });
    const opened = instant(statement.opened_at);
    const { signers, problems } = await checkConfirmation(statement, confirmation.signatures, seal, from < opened ? opened : from);
    const people = signers.map((signer) => signer.person);
    if (!people.some((person) => person === statement.person || seal.people.get(person).groups.includes('owners'))) {
      problems.push('nobody signed who may widen the lease');
    }
    if (!isSubset(receipt.signers ?? [], people)) problems.push('it names people who did not sign');
    this.checked++;
    this.unmet.push(...problems.map((text) => `${receipt.id}: ${text}`));
  }

  /** What is known only at the end: which intents were no actions, and what was used twice. */
  finish() {
    const used = new Map();
    for (const [id, { receipt, judged, problems }] of this.intents) {
      if (this.outcomes.get(id) === 'refused') continue;
      this.unmet.push(...problems.map((text) => `${id}: ${text}`));
      if (judged.signed === 'unchecked') this.unchecked.push({ missing: judged.missing, number: receipt.sealed?.number });
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
  const story = new Story(seals, log.entries.length);
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
  for (const { leaf, size, root } of log.entries.length ? story.trees : []) {
    if (size > log.entries.length || same(await rootOf(await Promise.all(log.entries.slice(0, size).map(leafHash))), root)) continue;
    problems.push(`leaf ${leaf}: the witnesses saw another history`);
  }
  problems.push(...story.sound);
  const sound = problems.length === 0;
  const signed = !sound ? 'unchecked' : story.unmet.length ? 'no' : story.unchecked.length ? 'unchecked' : 'yes';
  return {
    origin: log.checkpoint?.origin ?? null, size: log.checkpoint?.size ?? 0, sound, problems, signed, unmet: story.unmet,
    checked: story.checked, weak: story.weak, missing: [...new Set(story.unchecked.map(({ missing }) => missing))], unchecked_because: story.reasons(), unpublished: log.unpublished.length,
    exit: !sound || signed === 'no' ? 1 : signed === 'yes' ? 0 : 2,
  };
}
