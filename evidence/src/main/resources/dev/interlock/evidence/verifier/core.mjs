// The second verifier of Interlock's evidence, written from docs/formats alone. Node and the page of `interlock prove
// --page` run this same file. It needs WebCrypto and nothing else. Whatever it cannot read, it refuses.

export class Refused extends Error {}

export const refuse = (text) => {
  throw new Refused(text);
};

const need = (holds, text) => {
  if (!holds) refuse(text);
};

// ---- bytes ----------------------------------------------------------------------------------------------------------

const subtle = globalThis.crypto.subtle;
const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

export const textOf = (bytes) => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('it is not UTF-8');
  }
};

export const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

export const sha256 = async (bytes) => new Uint8Array(await subtle.digest('SHA-256', bytes));

export const hex = (bytes) => Array.from(bytes, (value) => value.toString(16).padStart(2, '0')).join('');

export const base64 = (bytes) => {
  let text = '';
  for (const value of bytes) text += String.fromCharCode(value);
  return btoa(text);
};

const base64url = (bytes) => base64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export const fromBase64 = (text, url = false) => {
  need(typeof text === 'string' && /^[A-Za-z0-9+/_=-]*$/.test(text), 'it is not base64');
  let bytes;
  try {
    const plain = url ? text.replace(/-/g, '+').replace(/_/g, '/') : text;
    bytes = Uint8Array.from(atob(plain), (char) => char.charCodeAt(0));
  } catch {
    refuse('it is not base64');
  }
  need((url ? base64url(bytes) : base64(bytes)) === text, 'it is not base64 in its one spelling');
  return bytes;
};

const digest = async (value) => hex(await sha256(utf8(canonical(value))));

// ---- JSON (RFC 8785) ------------------------------------------------------------------------------------------------

export function canonical(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    need(Number.isSafeInteger(value), 'a number is not whole, or too large');
    return String(value);
  }
  if (typeof value === 'string') {
    need(!/\p{Surrogate}/u.test(value), 'a text is not Unicode');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** Reads the one spelling that RFC 8785 allows of an object. */
export function readObject(bytes, most = Infinity) {
  need(bytes.length <= most, `it is longer than ${most} bytes`);
  const text = textOf(bytes);
  const value = parse(text);
  need(isObject(value), 'it is not a JSON object');
  need(canonical(value) === text, 'it is not in canonical form (RFC 8785)');
  return value;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return refuse('it is not JSON');
  }
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const has = (object, name) => Object.hasOwn(object, name);
const member = (object, name) => (has(object, name) ? object[name] : undefined);

const isText = (value) => typeof value === 'string';
const isTexts = (value) => Array.isArray(value) && value.every(isText);
const isCount = (value) => Number.isSafeInteger(value) && value >= 0;
const isFlag = (value) => typeof value === 'boolean';

/** Checks that `object` has these members and no others. A name that ends in `?` may be left out. */
function exactly(what, object, members) {
  need(isObject(object), `${what} is not an object`);
  const known = new Set();
  for (const [spelled, check] of Object.entries(members)) {
    const name = spelled.replace(/\?$/, '');
    known.add(name);
    if (!has(object, name)) need(name !== spelled, `${what} has no \`${name}\``);
    else need(check(object[name]), `\`${name}\` of ${what} is not as it must be`);
  }
  for (const name of Object.keys(object)) need(known.has(name), `${what} has an unknown member \`${name}\``);
  return object;
}

const oneOf = (...words) => (value) => words.includes(value);

export function optional(object, name, check) {
  const value = member(object, name);
  need(value === undefined || check(value), `\`${name}\` is not as it must be`);
  return value;
}

export function required(object, name, check) {
  need(has(object, name), `\`${name}\` is missing`);
  return optional(object, name, check);
}

const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;

/** Reads an instant as nanoseconds: RFC 3339 in UTC, with as few of 0, 3, 6 or 9 digits as are exact. */
export function instant(text) {
  const parts = isText(text) && /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?Z$/.exec(text);
  need(parts && !(parts[2] ?? '1').endsWith('000'), 'a time is not as RFC 3339 has it in UTC');
  const millis = Date.parse(`${parts[1]}Z`);
  need(Number.isFinite(millis) && new Date(millis).toISOString().startsWith(parts[1]), 'there is no such time');
  return (BigInt(millis) / 1000n) * SECOND + BigInt((parts[2] ?? '0').padEnd(9, '0'));
}

const isInstant = (value) => instant(value) !== undefined;
const isHash = (value) => isText(value) && /^[0-9a-f]{64}$/.test(value);

// ---- signatures -----------------------------------------------------------------------------------------------------

const CURVES = { nistp256: ['P-256', 'SHA-256', 32], nistp384: ['P-384', 'SHA-384', 48], nistp521: ['P-521', 'SHA-512', 66] };

async function ed25519(key, signature, message) {
  try {
    const imported = await subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
    return await subtle.verify('Ed25519', imported, signature, message);
  } catch (e) {
    if (e.name === 'NotSupportedError') throw new Error('this browser cannot check Ed25519 signatures');
    return false;
  }
}

async function ecdsa(curve, point, [r, s], message) {
  const [namedCurve, hash, size] = CURVES[curve];
  const parts = [r, s].map((number) => {
    const trimmed = number[0] === 0 ? number.slice(1) : number;
    need(trimmed.length <= size && !(number[0] & 0x80), 'a number of the signature is too long');
    return join(new Uint8Array(size - trimmed.length), trimmed);
  });
  try {
    const imported = await subtle.importKey('raw', point, { name: 'ECDSA', namedCurve }, false, ['verify']);
    return await subtle.verify({ name: 'ECDSA', hash }, imported, join(...parts), message);
  } catch {
    return false;
  }
}

/** Whether this program can check Ed25519 at all. Some browsers cannot. */
export const knowsEd25519 = async () => {
  try {
    return !!(await subtle.importKey('raw', fromBase64('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='), 'Ed25519', false, ['verify']));
  } catch {
    return false;
  }
};

// ---- the log's key, notes, checkpoints, proofs -----------------------------------------------------------------------

/** Reads `name+id+base64` (C2SP signed-note); a witness's key has type 4. */
export async function readVerifierKey(text, type = 1) {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  need(parts, 'a log key is not `name+id+base64`');
  const data = fromBase64(parts[3]);
  need(data.length === 33 && data[0] === type, 'a log key is not Ed25519');
  const id = hex((await sha256(join(utf8(`${parts[1]}\n`), data))).slice(0, 4));
  need(id === parts[2], 'the id of a log key does not fit it');
  return { name: parts[1], id, key: data.slice(1), text: text.trim() };
}

function readNote(note) {
  need(note.length <= 128 * 1024, 'the checkpoint is too long');
  const split = note.lastIndexOf('\n\n');
  need(split > 0 && note.endsWith('\n'), 'the checkpoint is no signed note');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  need(lines.length <= 16, 'the checkpoint has too many signatures');
  const signatures = lines.map((line) => {
    const parts = /^\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)$/.exec(line);
    need(parts, 'the checkpoint has a line that is no signature');
    const data = fromBase64(parts[2]);
    need(data.length >= 5, 'a signature of the checkpoint is too short');
    return { name: parts[1], id: hex(data.slice(0, 4)), data: data.slice(4) };
  });
  const body = text.slice(0, -1).split('\n');
  need(body.length === 3 && /^(0|[1-9]\d{0,14})$/.test(body[1]), 'the checkpoint is not origin, size and root');
  const root = fromBase64(body[2]);
  need(root.length === 32, 'the root of the checkpoint is no hash');
  return { text, signatures, origin: body[0], size: Number(body[1]), root };
}

const isBy = (key) => ({ name, id }) => key.name === name && key.id === id;

/** Opens a signed checkpoint. Signatures by other keys are ignored; a false one in the name of a given key is not. */
export async function openCheckpoint(note, keys) {
  const { text, signatures, origin, size, root } = readNote(note);
  let by = null;
  for (const signature of signatures) {
    const key = keys.find((known) => isBy(known)(signature));
    if (key) {
      need(await ed25519(key.key, signature.data, utf8(text)), 'the checkpoint has a false signature of the log');
      by = key;
    }
  }
  need(by, 'the checkpoint is signed by none of the given log keys');
  need(origin === by.name, 'the checkpoint is of another log than its key');
  return { origin, size, root, key: by };
}

/** Whether witnesses whom the seal names must see a call with these impacts before it is sent. */
export const isWatched = (seal, impacts) => [...impacts].some((impact) => impact === 'unknown' || seal?.witnesses?.impacts.includes(impact)) && !!seal?.witnesses;

/** Why checkpoints do not show that enough of the seal's witnesses saw a leaf in time. Returns their trees as well. */
export async function checkWitnessed(notes, { keys, quorum }, origin, leaf, most) {
  const trees = notes.map(readNote);
  const seen = new Set();
  for (const { text, signatures } of trees.filter((tree) => tree.origin === origin && tree.size > leaf && tree.size <= most)) {
    for (const key of keys) {
      for (const { data } of signatures.filter(isBy(key))) {
        const seconds = data.length > 8 ? new DataView(data.buffer, data.byteOffset).getBigUint64(0) : 0n;
        const signed = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
        need(seconds > 0n && (await ed25519(key.key, data.slice(8), signed)), 'a cosignature of a witness is false');
        seen.add(key.text);
      }
    }
  }
  return { trees, problems: seen.size >= quorum ? [] : [`${seen.size} of the seal's witnesses saw it before it was sent, and ${quorum} must`] };
}

export const leafHash = (entry) => sha256(join([0], entry));
export const nodeHash = (left, right) => sha256(join([1], left, right));

/** The root that `leaf` at `index` leads to in a tree of `size` (RFC 9162 §2.1.3.2). */
export async function rootOfPath(leaf, index, size, path) {
  need(index < size, 'the tree has no such leaf');
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  let r = leaf;
  for (const p of path) {
    need(sn > 0n, 'the inclusion proof is too long');
    if (fn & 1n || fn === sn) {
      r = await nodeHash(p, r);
      while (!(fn & 1n) && fn > 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      r = await nodeHash(r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  need(sn === 0n, 'the inclusion proof is too short');
  return r;
}

// ---- SSH keys and signatures ----------------------------------------------------------------------------------------

function wire(bytes) {
  let at = 0;
  const take = (count) => {
    need(at + count <= bytes.length, 'an SSH value is cut off');
    at += count;
    return bytes.slice(at - count, at);
  };
  const number = () => take(4).reduce((sum, value) => sum * 256 + value, 0);
  return {
    take,
    number,
    string: () => take(number()),
    text() {
      return textOf(this.string());
    },
    end: () => need(at === bytes.length, 'something follows an SSH value'),
  };
}

const sshString = (bytes) => {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return join(length, bytes);
};

/** Reads the public key's blob, as it is in base64 in a line of OpenSSH. */
async function readSshKey(blob) {
  const from = wire(blob);
  const type = from.text();
  const curve = /^(?:sk-)?ecdsa-sha2-(nistp\d+)(?:@openssh\.com)?$/.exec(type)?.[1];
  const security = type.startsWith('sk-');
  const known = ['ssh-ed25519', 'sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'];
  need(known.includes(type), `a key of type \`${type}\` does not count`);
  if (curve) need(from.text() === curve, 'a key names another curve than its type');
  const key = from.string();
  need(curve ? key.length === 2 * CURVES[curve][2] + 1 && key[0] === 4 : key.length === 32, 'a key has the wrong length');
  const application = security ? from.string() : null;
  from.end();
  const name = `SHA256:${base64(await sha256(blob)).replace(/=+$/, '')}`;
  return { type, curve, key, application, name, class: security ? 'hardware' : 'software' };
}

/** Reads a line of OpenSSH, such as of `people`: type, base64 and perhaps a comment. */
export async function readSshLine(line) {
  const [type, blob] = line.trim().split(/\s+/);
  const key = await readSshKey(fromBase64(blob ?? ''));
  need(key.type === type, 'a key line names another type than its key');
  return key;
}

/** Opens an armored signature: its key, and the rest of it, which is not verified yet. */
async function openSshSignature(armor) {
  const parts = /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?$/.exec(armor);
  need(parts, 'it is no armored SSH signature');
  const from = wire(fromBase64(parts[1].replace(/\n/g, '')));
  need(textOf(from.take(6)) === 'SSHSIG' && from.number() === 1, 'it is no SSH signature of version 1');
  return { key: await readSshKey(from.string()), from };
}

/** Returns the key that made this armored signature over `message`, or throws. */
export async function checkSshSignature(armor, namespace, message) {
  const { key, from } = await openSshSignature(armor);
  need(from.text() === namespace, 'the signature was made for something else');
  const reserved = from.string();
  const hash = from.text();
  need(hash === 'sha256' || hash === 'sha512', 'the signature uses another hash');
  const signature = wire(from.string());
  from.end();
  need(reserved.length === 0, 'the signature has a reserved part');
  need(signature.text() === key.type, 'the signature is of another type than its key');
  const value = signature.string();
  const hashed = new Uint8Array(await subtle.digest(hash === 'sha256' ? 'SHA-256' : 'SHA-512', message));
  let signed = join(utf8('SSHSIG'), sshString(utf8(namespace)), sshString(reserved), sshString(utf8(hash)), sshString(hashed));
  if (key.application) {
    const state = signature.take(5); // flags and counter
    need(state[0] & 1, 'nobody touched the security key');
    signed = join(await sha256(key.application), state, await sha256(signed));
  }
  signature.end();
  let genuine;
  if (key.curve) {
    const numbers = wire(value);
    const pair = [numbers.string(), numbers.string()];
    numbers.end();
    genuine = await ecdsa(key.curve, key.key, pair, signed);
  } else {
    genuine = value.length === 64 && (await ed25519(key.key, value, signed));
  }
  need(genuine, 'the signature is false');
  return key;
}

// ---- the seal -------------------------------------------------------------------------------------------------------

const SEAL_TYPE = 'application/vnd.interlock.seal.v1+json';

/**
 * Opens a seal's envelope by the keys that may sign seals; at least `quorum` of them must have. With `keys` null every
 * key that signed it counts, and the reader must compare them: `by` names them.
 */
export async function openSeal(bytes, keys, quorum = 1) {
  const envelope = exactly('the seal', readObject(bytes, 4 * 1024 * 1024), {
    payload: isText,
    payloadType: oneOf(SEAL_TYPE),
    signatures: (value) => Array.isArray(value) && value.length <= 16,
  });
  const payload = fromBase64(envelope.payload);
  const signed = join(utf8(`DSSEv1 ${SEAL_TYPE.length} ${SEAL_TYPE} ${payload.length} `), payload);
  const by = new Set();
  for (const each of envelope.signatures) {
    exactly('a signature of the seal', each, { keyid: isText, sig: isText });
    const armor = textOf(fromBase64(each.sig));
    const { key } = await openSshSignature(armor);
    need(key.name === each.keyid, 'a signature of the seal is by another key than it says');
    if (keys === null || keys.some((pinned) => pinned.name === key.name)) {
      by.add((await checkSshSignature(armor, 'interlock-seal@v1', signed)).name);
    }
  }
  need(by.size >= Math.max(1, quorum), `only ${by.size} of the given seal keys signed the seal`);
  return { ...(await readSeal(payload)), by: [...by] };
}

async function readSeal(payload) {
  const document = readObject(payload);
  need(document.type === 'interlock-seal@v1', 'it is no seal');
  const confirm = optional(document, 'confirm', isObject) ?? {};
  const people = new Map();
  const owners = new Map();
  for (const [name, person] of Object.entries(optional(document, 'people', isObject) ?? {})) {
    const keys = required(person, 'keys', isTexts);
    people.set(name, { groups: required(person, 'groups', isTexts) });
    for (const line of keys) {
      const key = await readSshLine(line);
      need(!owners.has(key.name), 'a key of the seal belongs to two people');
      owners.set(key.name, name);
    }
  }
  const attesters = [];
  const backups = optional(document, 'backups', isObject) ?? {};
  for (const line of optional(backups, 'attesters', isTexts) ?? []) attesters.push((await readSshLine(line)).name);
  const witnesses = optional(document, 'witnesses', isObject);
  if (witnesses) exactly('`witnesses` of the seal', witnesses, { keys: isTexts, quorum: isCount, impacts: isTexts });
  return {
    id: hex(await sha256(payload)),
    sequence: required(document, 'sequence', isCount),
    expires: instant(required(document, 'expires', isText)),
    environments: required(document, 'environments', isObject),
    grants: optional(optional(document, 'approvals', isObject) ?? {}, 'grants', isObject),
    people,
    owners,
    attesters,
    witnesses: witnesses && { ...witnesses, keys: await Promise.all(witnesses.keys.map((key) => readVerifierKey(key, 4))) },
    plans: optional(backups, 'plans', isObject) ?? {},
    softwareKeys: optional(confirm, 'software_keys', isFlag) ?? false,
    firstPasskey: optional(confirm, 'first_passkey', isText),
    recovery: optional(confirm, 'recovery', isText),
  };
}

function readQuorum(text) {
  const parts = isText(text) && /^([1-9]\d*) of (\S+)$/.exec(text);
  need(parts, 'a quorum is not such as `2 of owners`');
  return { count: Number(parts[1]), group: parts[2] };
}

const inGroup = (seal, person, group) => seal.people.get(person)?.groups.includes(group) ?? false;

function meetsQuorum(seal, people, text) {
  const { count, group } = readQuorum(text);
  return [...new Set(people)].filter((person) => inGroup(seal, person, group)).length >= count;
}

// ---- passkeys -------------------------------------------------------------------------------------------------------

const KEY_STATEMENT = {
  type: oneOf('interlock-key@v1'), algorithm: oneOf('ES256', 'EdDSA'),
  person: isText, credential: isText, key: isText, rp: isText, made_at: isInstant,
  origin: (value) => isText(value) && /^(https:\/\/[^/?#@\s]+|http:\/\/localhost(:\d+)?)$/.test(value),
  nonce: (value) => fromBase64(value, true).length === 32,
};

const SPKI = {
  ES256: [fromBase64('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'), 64],
  EdDSA: [fromBase64('MCowBQYDK2VwAyEA'), 32],
};

/** The host of an origin that is in its one spelling. */
const hostOf = (origin) => {
  try {
    const url = new URL(origin);
    return url.origin === origin ? url.hostname : null;
  } catch {
    return null;
  }
};

/** Reads a chain of enrolments, and returns whose key this is under the seal, of which class, and what it rests on. */
async function checkEnrolment(enrolment, seal, depth) {
  need(depth <= 3, 'a chain of enrolments is too long');
  exactly('an enrolment', enrolment, { ...KEY_STATEMENT, basis: isObject });
  const { basis, ...statement } = enrolment;
  const id = fromBase64(statement.credential, true);
  need(id.length >= 16 && id.length <= 1023, 'the identifier of a passkey is too short or too long');
  const der = fromBase64(statement.key);
  const [prefix, length] = SPKI[statement.algorithm];
  need(der.length === prefix.length + length && same(der.slice(0, prefix.length), prefix), 'a passkey has no such key');
  const host = hostOf(statement.origin);
  need(statement.rp && (host === statement.rp || host?.endsWith(`.${statement.rp}`)), 'a passkey is of another site than its relying party');
  need(seal.people.has(statement.person), `the seal has no person \`${statement.person}\``);
  const found = { person: statement.person, der, name: `passkey:${base64url(await sha256(der))}` };
  if (basis.by === 'code') {
    exactly('a basis', basis, { by: isText });
    need(seal.firstPasskey === 'code', 'the seal requires that a first passkey is endorsed');
    return { ...found, class: 'hardware', rests: 'code' };
  }
  exactly('a basis', basis, {
    by: oneOf('signatures', 'recovery'), signatures: (value) => Array.isArray(value) && value.length >= 1 && value.length <= 5,
  });
  const signers = [];
  for (const each of basis.signatures) {
    const signer = await checkSignature(each, 'interlock-key@v1', utf8(canonical(statement)), seal, depth + 1);
    need(counts(signer, seal), 'a passkey was endorsed by a key that does not count');
    signers.push(signer);
  }
  if (basis.by === 'signatures') {
    need(signers.every((signer) => signer.person === found.person), 'a passkey was endorsed by somebody else');
  } else {
    need(signers.every((signer) => signer.person !== found.person), 'somebody recovered their own passkey');
    need(seal.recovery && meetsQuorum(seal, signers.map((signer) => signer.person), seal.recovery), 'too few recovered a passkey');
  }
  const order = ['seal', 'signatures', 'recovery', 'code'];
  const rests = [basis.by, ...signers.map((signer) => signer.rests)].sort((a, b) => order.indexOf(b) - order.indexOf(a))[0];
  const weak = signers.some((signer) => signer.class === 'software');
  return { ...found, class: weak ? 'software' : 'hardware', rests };
}

/** Whether no object in this JSON has a member twice. */
function isUnambiguous(text) {
  const open = [];
  for (const [token, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(?=\s*(:?))|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon) {
      const name = JSON.parse(token);
      if (open.at(-1).has(name)) return false;
      open.at(-1).add(name);
    }
  }
  return true;
}

async function checkAssertion(assertion, message, seal, depth) {
  exactly('an assertion', assertion, {
    type: oneOf('webauthn'), credential: isText, authenticator_data: isText, client_data: isText, signature: isText, enrolment: isObject,
  });
  need(canonical(assertion).length <= 8192, 'an assertion is too long');
  const { enrolment } = assertion;
  const owner = await checkEnrolment(enrolment, seal, depth);
  need(assertion.credential === enrolment.credential, 'an assertion is by another passkey than was enrolled');
  const clientData = fromBase64(assertion.client_data, true);
  const client = parse(textOf(clientData));
  need(isObject(client) && isUnambiguous(textOf(clientData)), 'what the browser wrote is ambiguous');
  need(member(client, 'type') === 'webauthn.get', 'a passkey did something else than sign');
  need(member(client, 'challenge') === base64url(await sha256(message)), 'a passkey signed something else');
  need(member(client, 'origin') === enrolment.origin, 'a passkey signed at another site');
  need((optional(client, 'crossOrigin', isFlag) ?? false) === false && !has(client, 'topOrigin'), "a passkey signed in somebody else's page");
  const data = fromBase64(assertion.authenticator_data, true);
  need(data.length === 37, "the authenticator's data have another length");
  need(same(data.slice(0, 32), await sha256(utf8(enrolment.rp))), 'a passkey signed for another site');
  need((data[32] & 0x05) === 0x05, 'nobody was verified at the passkey');
  need((data[32] & ~0x1d) === 0 && (data[32] & 0x18) !== 0x10, 'the passkey has flags that do not count');
  const signed = join(data, await sha256(clientData));
  const signature = fromBase64(assertion.signature, true);
  const genuine =
    enrolment.algorithm === 'EdDSA'
      ? signature.length === 64 && (await ed25519(owner.der.slice(12), signature, signed))
      : await ecdsa('nistp256', owner.der.slice(26), readDerPair(signature), signed);
  need(genuine, 'the signature is false');
  return { ...owner, how: 'passkey' };
}

/** Reads the two numbers of an ECDSA signature in DER. */
function readDerPair(der) {
  need(der.length <= 72 && der[0] === 0x30 && der[1] === der.length - 2, 'a signature is no DER');
  let at = 2;
  const numbers = [0, 1].map(() => {
    const length = der[at + 1];
    need(der[at] === 2 && length >= 1 && at + 2 + length <= der.length, 'a signature is no DER');
    const number = der.slice(at + 2, at + 2 + length);
    need(length === 1 || number[0] !== 0 || number[1] & 0x80, 'a number of a signature is not in its shortest form');
    at += 2 + length;
    return number;
  });
  need(at === der.length, 'a signature is no DER');
  return numbers;
}

/** Returns who signed, with which key, what it rests on; a signature is an armored SSHSIG or an assertion. */
export async function checkSignature(signature, namespace, message, seal, depth = 1) {
  if (isObject(signature)) return checkAssertion(signature, message, seal, depth);
  const key = await checkSshSignature(signature, namespace, message);
  const person = seal.owners.get(key.name);
  need(person !== undefined, `key ${key.name} is nobody's under the seal`);
  return { person, name: key.name, class: key.class, rests: 'seal', how: 'ssh' };
}

export const counts = (signer, seal) => signer.class === 'hardware' || seal.softwareKeys;

const isWeak = (signer) => signer.class !== 'hardware' || signer.rests === 'code';

/** The kind of a key, as far as anybody can know: nothing attests that a key is in hardware. */
export const kindOfKey = (signer) => {
  if (signer.class === 'software') return signer.how === 'passkey' ? 'a passkey that a key file endorsed' : 'a key file (software)';
  if (signer.rests === 'code') return 'a passkey that the gateway alone says is theirs';
  return signer.how === 'passkey' ? 'a passkey; nothing attests where it is kept' : 'a security key, by its own word; nothing attests it';
};

// ---- statements and confirmations -----------------------------------------------------------------------------------

const IMPACTS = ['read', 'write', 'destroy', 'credential', 'privilege', 'execute', 'unknown'];

/** Reads a statement, and refuses one that contradicts itself. */
export async function readStatement(value) {
  const statement = exactly('the statement', value, {
    type: oneOf('interlock-statement@v1'),
    hold: isText, seal: isText, lease: isText, agent: isText, person: isText, task: isText, upstream: isText,
    'behind?': isTexts,
    meaning: isObject, meaning_sha256: isHash, request: isObject, request_sha256: isHash,
    summary: isText, 'reason?': isText,
    obligations: isObject,
    nonce: (text) => fromBase64(text, true).length === 32,
    opened_at: isInstant, expires: isInstant,
    'plan?': isObject,
  });
  need(utf8(canonical(statement)).length <= 10240, 'the statement is too long');
  exactly('the obligations', statement.obligations, {
    confirm: isTexts, cooldown_seconds: isCount, type_name: isFlag, other: isFlag, 'backup_seconds?': isCount, 'rows?': () => true,
  });
  const { meaning } = statement;
  need((await digest(meaning)) === statement.meaning_sha256, 'the digest of the meaning does not fit it');
  need((await digest(statement.request)) === statement.request_sha256, 'the digest of the request does not fit it');
  for (const name of ['upstream', 'agent', 'lease']) {
    need(member(meaning, name) === statement[name], `the meaning is of another ${name}`);
  }
  need(instant(statement.expires) >= instant(statement.opened_at), 'the statement ends before it begins');
  if (statement.plan) {
    exactly('the plan', statement.plan, { first: isText, step: isCount, of: isCount, 'after?': isHash });
    const { step, of, after } = statement.plan;
    need(step >= 1 && step <= of && of >= 2 && of <= 20 && (step === 1) === (after === undefined), 'the plan has no such step');
  }
  return statement;
}

/** Checks one signature of a confirmation; it is over the statement, or over a list that names it. */
async function checkConfirming(text, statement, seal) {
  const namespace = 'interlock-confirm@v1';
  const bytes = utf8(canonical(statement));
  if (!text.startsWith('{')) return { ...(await checkSignature(text, namespace, bytes, seal)), more: null };
  const value = readObject(utf8(text));
  if (value.type === 'webauthn') return { ...(await checkSignature(value, namespace, bytes, seal)), more: null };
  exactly('a list', value, {
    type: oneOf('interlock-statements@v1'),
    statements: (hashes) => isTexts(hashes) && hashes.every(isHash) && new Set(hashes).size === hashes.length,
    'more?': isObject,
    signature: (each) => isText(each) || isObject(each),
  });
  const { signature, ...list } = value;
  const count = list.statements.length;
  need(list.more ? count === 1 : count >= 2 && count <= 20, 'a list names too few or too many statements');
  if (list.more) exactly('a grant', list.more, { calls: (calls) => isCount(calls) && calls > 0, until: isInstant });
  need(list.statements.includes(hex(await sha256(bytes))), 'a list does not name the statement');
  need(!statement.plan || list.statements.length === statement.plan.of, 'a list is not of the whole plan');
  return { ...(await checkSignature(signature, namespace, utf8(canonical(list)), seal)), more: list.more ?? null };
}

/** Decides whether `signatures` confirm the statement under the seal, at that instant. Never throws for a false one. */
export async function checkConfirmation(statement, signatures, seal, at) {
  const unmet = [];
  if (statement.seal !== seal.id) unmet.push('the statement names another seal');
  if (at >= seal.expires) unmet.push('the seal had expired');
  if (at < instant(statement.opened_at) || at >= instant(statement.expires)) unmet.push('it was outside the time of the statement');
  const behind = [statement.person, ...(statement.behind ?? [])];
  const signers = [];
  const owners = new Map();
  for (const text of signatures.slice(0, 16)) {
    try {
      const signer = await checkConfirming(text, statement, seal);
      if (!counts(signer, seal)) continue;
      if (behind.includes(signer.person) && (statement.obligations.other || signer.class !== 'hardware')) continue;
      // Otherwise two enrolments of one passkey would make one person a quorum of two.
      if (!owners.has(signer.name)) owners.set(signer.name, signer.person);
      need(owners.get(signer.name) === signer.person, `${signer.name} cannot be the key of two people`);
      signers.push({ ...signer, weak: isWeak(signer) });
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      unmet.push(`a signature does not count: ${e.message}`);
    }
  }
  const problems = signers.length ? unmet.filter((text) => !text.startsWith('a signature')) : unmet;
  const people = signers.map((signer) => signer.person);
  for (const quorum of statement.obligations.confirm) {
    if (!meetsQuorum(seal, people, quorum)) problems.push(`not signed by ${quorum}`);
  }
  if (!signers.length) problems.push('nobody signed whose signature counts');
  if (statement.obligations.backup_seconds !== undefined) {
    problems.push(...(await backupProblems(statement, seal, at)));
  }
  return { signers, problems };
}

/** Whether what is stored in `domain` is lost with the resource `gone`: it is that, or of the same provider and below it. */
function liesIn(domain, gone) {
  const [one, other] = [domain.toLowerCase(), gone.toLowerCase()];
  const parts = (name) => /^([^:]*):[^/]*\/(.*)$/s.exec(name)?.slice(1) ?? [null, name];
  const [[provider, id], [from, above]] = [parts(one), parts(other)];
  return one === other || (provider !== null && provider === from && id.startsWith(`${above}/`));
}

/** Whether a survivor is a backup that counts: attested, whole, young enough, and not lost as well. */
async function isGoodBackup(survivor, statement, seal, lost, at) {
  const attestation = required(survivor, 'attestation', isObject);
  const key = await checkSshSignature(required(survivor, 'signature', isText), 'interlock-restore@v1', utf8(canonical(attestation)));
  const plan = member(seal.plans, attestation.plan);
  if (!seal.attesters.includes(key.name) || !plan || attestation.type !== 'interlock-restore@v1' || attestation.of !== plan.of) return false;
  const [taken, tried] = [instant(attestation.taken_at), instant(attestation.tried_at)];
  return attestation.restored === true && attestation.wrong.length === 0 && taken <= tried && tried <= at &&
    at - taken <= BigInt(statement.obligations.backup_seconds) * SECOND &&
    survivor.of === plan.of && survivor.domain === plan.domain && survivor.taken_at === attestation.taken_at &&
    ![...lost, plan.of].some((gone) => liesIn(plan.domain, gone));
}

/** Each lost resource needs a backup that covers it, by each plan that saves it; copies of a plan are one. */
async function backupProblems(statement, seal, at) {
  const radius = required(statement.meaning, 'radius', isObject);
  const lost = optional(radius, 'lost', isTexts) ?? [];
  if (!lost.length) return ['a backup is required, and nothing is named that would be lost'];
  const good = [];
  for (const survivor of optional(radius, 'survivors', Array.isArray) ?? []) {
    try {
      if (has(survivor, 'attestation') && (await isGoodBackup(survivor, statement, seal, lost, at))) good.push(survivor);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
    }
  }
  const plans = Object.entries(seal.plans);
  const group = (name) => member(seal.plans[name], 'copy_of') ?? name;
  return lost.flatMap((resource) => {
    const covering = good.filter((survivor) => (optional(survivor, 'covers', isTexts) ?? []).includes(resource));
    const saved = new Set([resource, ...covering.map((survivor) => survivor.of)]);
    for (const [, { of }] of plans) {
      if (of.includes(':database/') && resource.startsWith(`${of.replace(':database/', ':table/')}.`)) saved.add(of);
    }
    const needed = new Set(plans.filter(([, plan]) => saved.has(plan.of)).map(([name]) => group(name)));
    for (const survivor of covering) needed.delete(group(survivor.attestation.plan));
    return needed.size || !covering.length ? [`${resource} has no attested backup that counts`] : [];
  });
}

// ---- receipts and intents -------------------------------------------------------------------------------------------

const KINDS = ['intent', 'outcome', 'refused', 'held', 'admin'];
const RESULTS = ['done', 'failed', 'refused', 'unknown'];
const isReceiptId = (value) => isText(value) && /^R-[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(value);

/** Checks what every receipt has; `bytes` are its one spelling. */
export function readReceipt(bytes) {
  const receipt = readObject(bytes, 16384);
  need(receipt.type === 'interlock-receipt@v1', 'it is no receipt');
  required(receipt, 'id', isReceiptId);
  required(receipt, 'kind', oneOf(...KINDS));
  required(receipt, 'origin', isText);
  instant(required(receipt, 'at', isText));
  if (receipt.kind === 'outcome') {
    required(receipt, 'intent', isReceiptId);
    required(receipt, 'result', oneOf(...RESULTS));
  }
  for (const name of ['agent', 'person', 'task', 'lease', 'root', 'seal', 'upstream', 'hold', 'grant', 'elevation', 'command']) {
    optional(receipt, name, isText);
  }
  optional(receipt, 'confirmation', isObject);
  return receipt;
}

/** Members that a gateway may seal, and those within which it does. */
const SEALED = 'task reason summary subject id value radius path query headers free push nonce meaning_sha256 request_sha256 like_sha256'.split(' ');
const AROUND = 'actions resources facts confirmation statement meaning request observed'.split(' ');

/** Returns `receipt` with its sealed texts in their places. */
async function openTexts({ sealed, id, ...rest }, key) {
  const { key_sha256: digestOfKey, text } = exactly('`sealed`', sealed, { key_sha256: isHash, number: isCount, text: isText });
  need(hex(await sha256(key)) === digestOfKey, 'its texts are sealed under another key');
  const aes = await subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
  const plain = await subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, aes, fromBase64(text)).catch(() => refuse('its texts do not open'));
  const texts = parse(textOf(new Uint8Array(plain)));
  need(Array.isArray(texts), 'its texts are not a list');
  const inside = (value) => (Array.isArray(value) ? value.map(inside) : isObject(value) ? whole(value) : value);
  const whole = (object) => (isText(object.name) && object.name.startsWith('count.') ? object : Object.fromEntries(Object.keys(object).sort().map((name) => {
    const value = object[name];
    const isSealed = (isText(value) || Array.isArray(value) || isObject(value)) && (SEALED.includes(name) || (name === 'resources' && isTexts(value)));
    need(!isSealed || texts.length, 'a sealed text is missing');
    return [name, isSealed ? texts.shift() : AROUND.includes(name) ? inside(value) : value];
  })));
  const opened = { ...whole(rest), id };
  need(!texts.length, 'there are more sealed texts than places');
  return readReceipt(utf8(canonical(opened)));
}

/** What an intent does by its own word, and that its `meaning_sha256` is of that. Throws if it does not say. */
export async function readActions(intent) {
  for (const name of ['seal', 'agent', 'person', 'task', 'lease', 'upstream']) required(intent, name, isText);
  const signed = optional(intent, 'confirmation', isObject);
  const meaning = has(intent, 'actions')
    ? { upstream: intent.upstream, agent: intent.agent, lease: intent.root ?? intent.lease, actions: intent.actions, radius: required(intent, 'radius', isObject) }
    : required(required(required(signed ?? {}, 'statement', isObject), 'meaning', isObject), 'actions', Array.isArray) && signed.statement.meaning;
  need(has(intent, 'sealed') || (await digest(meaning)) === required(intent, 'meaning_sha256', isHash), 'what it says it does is not what its digest says');
  const { actions } = meaning;
  need(Array.isArray(actions) && actions.length, 'it does not say what it does');
  const impacts = new Set();
  const environments = new Set();
  for (const action of actions) {
    const of = required(action, 'impacts', (list) => isTexts(list) && list.length && list.every((word) => IMPACTS.includes(word)));
    of.forEach((impact) => impacts.add(impact));
    required(action, 'operation', isText);
    for (const resource of required(action, 'resources', Array.isArray)) {
      required(resource, 'id', isText);
      required(resource, 'environments', (list) => isTexts(list) && list.length).forEach((name) => environments.add(name));
    }
  }
  need(environments.size, 'it does not say in which environment');
  return { meaning, actions, impacts, environments };
}

/**
 * Judges one intent by itself: what it does, and that people signed that. Returns `signed`: `none needed`, `yes`, `no` or
 * `unchecked`, with the signers and the problems. `seals` maps ids to seals.
 */
export async function judgeIntent(intent, seals) {
  const no = (...problems) => ({ signed: 'no', signers: [], problems });
  let act;
  try {
    act = await readActions(intent);
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return no(e.message);
  }
  const marked = ['hold', 'grant', 'confirmation'].some((name) => has(intent, name));
  if (!marked) {
    if (has(intent, 'witnesses') && !seals.has(intent.seal)) return { signed: 'unchecked', signers: [], problems: [], missing: intent.seal, act };
    return act.impacts.has('destroy') ? no('it destroys something, and carries no confirmation') : { signed: 'none needed', signers: [], problems: [], act };
  }
  if (has(intent, 'sealed')) return { signed: 'unchecked', signers: [], problems: [], missing: 'its sealed texts', act };
  try {
    const confirmation = exactly('the confirmation', required(intent, 'confirmation', isObject), { statement: isObject, signatures: isTexts });
    const statement = await readStatement(confirmation.statement);
    for (const name of ['seal', 'agent', 'person', 'task', 'upstream']) {
      need(statement[name] === intent[name], `people signed for another ${name}`);
    }
    need(statement.lease === (intent.root ?? intent.lease), 'people signed for another lease');
    need(has(intent, 'hold') !== has(intent, 'grant'), 'it names no hold, or a hold and a grant');
    if (has(intent, 'hold')) {
      need(intent.hold === statement.hold, 'people signed another hold');
      need(intent.meaning_sha256 === statement.meaning_sha256, 'it does something else than people signed');
      need(intent.request_sha256 === statement.request_sha256, 'it sent something else than people signed');
    } else {
      need(intent.grant === `G-${statement.hold.slice(2)}`, 'it names the grant of another hold');
    }
    const seal = seals.get(statement.seal);
    if (!seal) return { signed: 'unchecked', signers: [], problems: [], missing: statement.seal, statement, act };
    const at = instant(intent.at);
    let grant = null;
    // A granted call may be later than the statement was valid. People signed while it was.
    const isLate = has(intent, 'grant') && at >= instant(statement.expires);
    const signedAt = isLate ? instant(statement.opened_at) : at;
    const { signers, problems } = await checkConfirmation(statement, confirmation.signatures, seal, signedAt);
    if (has(intent, 'grant')) {
      grant = signers[0]?.more ?? null;
      problems.push(...(await grantProblems(intent, act, statement, seal, signers, at)));
    }
    return { signed: problems.length ? 'no' : 'yes', signers, problems, statement, seal, grant, act };
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return no(e.message);
  }
}

/** Whether `act` is like the first call that the signers granted more of (statement.md, Grant, 1 to 6). */
async function grantProblems(intent, act, statement, seal, signers, at) {
  const { more } = signers[0] ?? {};
  if (!more || signers.some((signer) => canonical(signer.more) !== canonical(more))) return ['the signatures grant no more calls'];
  const first = statement.meaning;
  const kinds = [...act.impacts];
  const texts = kinds.every((impact) => impact === 'read' || impact === 'write');
  const like = { ...statement.request };
  if (texts && has(like, 'frame_digest')) {
    delete like.body_digest;
    delete like.body_length;
  }
  const isLike = (action, before) =>
    canonical([action.operation, action.impacts, action.reversibility, places(action)]) ===
      canonical([before.operation, before.impacts, before.reversibility, places(before)]) &&
    action.resources.every(({ id }) => before.resources.some((resource) => resource.id === id)) && hasLikeFacts(action, before);
  const checks = [
    [has(intent, 'actions'), 'it has no actions of its own'],
    [seal.grants && more.calls <= seal.grants.calls, 'the seal grants no more calls, or fewer'],
    [instant(more.until) <= instant(statement.expires) + BigInt(seal.grants?.time ?? 0) * SECOND, 'the seal grants nothing for so long'],
    [at < instant(more.until) && at < seal.expires, 'the grant had ended'],
    [at >= instant(statement.opened_at) + BigInt(statement.obligations.cooldown_seconds) * SECOND, 'the cooldown had not ended'],
    [kinds.every((impact) => ['read', 'write', 'execute'].includes(impact)), 'nobody can grant what it does'],
    [[...act.environments].every((name) => seal.environments[name]?.protected === false), 'it lies in a protected environment'],
    [act.actions.every((action) => action.resources.every((resource) => resource.known === true)), 'it touches something unknown'],
    [!statement.obligations.type_name && statement.obligations.backup_seconds === undefined && !has(statement.obligations, 'rows'), 'its obligations allow no grant'],
    [!statement.plan, 'nothing is granted by a step of a plan'],
    [act.actions.length === first.actions.length && act.actions.every((action, i) => isLike(action, first.actions[i])), 'it is not like the confirmed call'],
    [canonical(act.meaning.radius.environments ?? []) === canonical(first.radius.environments ?? []), 'it lies elsewhere'],
    [(act.meaning.radius.lost ?? []).every((name) => first.radius.lost?.includes(name)) && !act.meaning.radius.lost_backups?.length, 'it loses something else'],
    [intent.like_sha256 === (await digest(like)), 'it sent something that is not like the confirmed call'],
  ];
  return checks.filter(([holds]) => !holds).map(([, text]) => text);
}

/** The kinds of things that an action touches, and where. */
const places = (action) => [...new Set(action.resources.map(({ id, environments, known }) => canonical([id.split('/')[0], environments, known])))].sort();

const FREE = ['body', 'comment', 'description', 'message', 'summary', 'text', 'title'];

/** All facts are the same, but for texts that the agent may write, counts, which may be less, and `leaves-out`. */
function hasLikeFacts(action, before) {
  const isClaimed = (fact) => fact.provenance === 'claimed';
  const isMeasured = (fact) => !isClaimed(fact) && (fact.name.startsWith('count.') || fact.name === 'leaves-out');
  const fixed = ({ facts }) => canonical(facts.filter((fact) => !isMeasured(fact) && !(isClaimed(fact) && FREE.includes(fact.name.split('.').at(-1)))));
  const number = (fact, otherwise) => (/^\d{1,15}$/.test(fact.value) ? Number(fact.value) : otherwise);
  return fixed(action) === fixed(before) && action.facts.filter(isMeasured).every((fact) => {
    const may = before.facts.filter((other) => isMeasured(other) && other.name === fact.name);
    if (fact.name === 'leaves-out') return fact.value.startsWith('none of the ') || may.some((other) => other.value === fact.value);
    return number(fact, Infinity) <= (may.length ? Math.min(...may.map((other) => number(other, 0))) : 0);
  });
}

/** Whether a receipt says that somebody attested a backup. An attempt that failed claims nothing. */
export const isAttesting = (receipt) =>
  receipt.kind === 'admin' &&
  ((receipt.command === 'backup.attest' && has(receipt, 'attestation')) || (receipt.command === 'backup.rehearsal' && has(receipt, 'rehearsal')));

/** Judges by whom an attestation of a backup is signed, as `judgeIntent` does. */
export async function judgeAttestation(receipt, seals) {
  try {
    const id = required(receipt, 'seal', isText);
    const seal = seals.get(id);
    if (!seal) return { signed: 'unchecked', signers: [], problems: [], missing: id };
    const signature = required(receipt, 'signature', (value) => isText(value) || isObject(value));
    if (receipt.command === 'backup.attest') {
      const key = await checkSshSignature(signature, 'interlock-restore@v1', utf8(canonical(required(receipt, 'attestation', isObject))));
      need(seal.attesters.includes(key.name), 'no attester of the seal signed it');
      return { signed: 'yes', signers: [], problems: [] };
    }
    const given = isText(signature) && signature.startsWith('{') ? parse(signature) : signature;
    const signer = await checkSignature(given, 'interlock-rehearsal@v1', utf8(canonical(required(receipt, 'rehearsal', isObject))), seal);
    need(signer.person === receipt.person && counts(signer, seal), 'somebody else signed it');
    return { signed: 'yes', signers: [{ ...signer, weak: isWeak(signer) }], problems: [] };
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    return { signed: 'no', signers: [], problems: [e.message] };
  }
}

// ---- proofs ---------------------------------------------------------------------------------------------------------

/** Checks that an entry of a proof is in the tree of the checkpoint. */
async function checkEntry(entry, checkpoint) {
  exactly('an entry', entry, { receipt: isObject, index: isCount, path: (list) => isTexts(list) && list.length <= 63 });
  const bytes = utf8(canonical(entry.receipt));
  const receipt = readReceipt(bytes);
  need(receipt.origin === checkpoint.origin, 'a receipt was made for another log');
  const root = await rootOfPath(await leafHash(bytes), entry.index, checkpoint.size, entry.path.map((hash) => fromBase64(hash)));
  need(same(root, checkpoint.root), 'a receipt is not in the log that the checkpoint signs');
  return receipt;
}

/**
 * Verifies a proof of one call. `logKeys` are those that the reader trusts; if there are none, the key that the file names is
 * used, and the result says so (`ownLogKey`). Without `sealKeys` the seal in the file counts for nothing, unless
 * `takesOwnSeal`; then the result says so (`ownSealKeys`). `seals` are further seals, opened already.
 */
export async function verifyProof(bytes, { logKeys = [], sealKeys = [], takesOwnSeal = false, quorum = 1, seals = new Map() } = {}) {
  const trimmed = bytes.at(-1) === 10 ? bytes.slice(0, -1) : bytes;
  const proof = exactly('the proof', readObject(trimmed, 8 * 1024 * 1024), {
    type: oneOf('interlock-proof@v1'),
    receipt: isObject, index: isCount, path: isTexts, checkpoint: isText,
    'outcome?': isObject, 'witnessed?': Array.isArray, 'seal?': isObject, 'log_key?': isText, 'text_key?': isText,
  });
  need(logKeys.length || proof.log_key, 'the proof names no log key: give the one that you trust');
  const keys = logKeys.length ? logKeys : [await readVerifierKey(proof.log_key)];
  const checkpoint = await openCheckpoint(proof.checkpoint, keys);
  const { receipt: value, index, path } = proof;
  const stored = await checkEntry({ receipt: value, index, path }, checkpoint);
  const receipt = has(proof, 'text_key') ? await openTexts(stored, fromBase64(proof.text_key)) : stored;
  let outcome = null;
  if (proof.outcome) {
    outcome = await checkEntry(proof.outcome, checkpoint);
    need(receipt.kind === 'intent' && outcome.kind === 'outcome' && outcome.intent === receipt.id, 'the outcome is of another call');
    need(proof.outcome.index > proof.index, 'the outcome is before the call');
    need(!has(outcome, 'agent') || outcome.agent === receipt.agent, 'the outcome is of another agent');
  }
  const known = new Map(seals);
  let seal = null;
  if (proof.seal && (sealKeys.length || takesOwnSeal)) {
    seal = await openSeal(utf8(canonical(proof.seal)), sealKeys.length ? sealKeys : null, quorum);
    need(seal.id === receipt.seal, 'the seal is not the one that decided');
    known.set(seal.id, seal);
  }
  seal ??= known.get(receipt.seal) ?? null;
  let judged = receipt.kind === 'intent' && outcome?.result !== 'refused' ? await judgeIntent(receipt, known) : null;
  // Without the seal nobody knows whether witnesses had to see it: that it names no such demand is its own word.
  const isRead = judged?.act && [...judged.act.impacts].every((impact) => impact === 'read');
  if (judged?.signed === 'none needed' && !seal && !isRead) Object.assign(judged, { signed: 'unchecked', missing: receipt.seal });
  if (judged?.act && !outcome && judged.signed !== 'no' && isWatched(seal, judged.act.impacts)) judged.signed = 'unchecked';
  if (judged?.act && outcome && isWatched(seal, judged.act.impacts)) {
    const seen = proof.witnessed ?? [];
    for (const each of seen) exactly('what witnesses saw', each, { checkpoint: isText, path: (list) => isTexts(list) && list.length <= 63 });
    const { trees, problems } = await checkWitnessed(seen.map((each) => each.checkpoint), seal.witnesses, receipt.origin, index, proof.outcome.index);
    for (const [i, tree] of trees.entries()) {
      const root = await rootOfPath(await leafHash(utf8(canonical(value))), index, tree.size, seen[i].path.map((hash) => fromBase64(hash)));
      need(same(root, tree.root), 'the call is not in what witnesses saw');
    }
    if (problems.length) Object.assign(judged, { signed: 'no', problems: [...judged.problems, ...problems] });
  }
  if (isAttesting(receipt)) judged = await judgeAttestation(receipt, known);
  if (receipt.command === 'elevation.give') judged = { signed: 'unchecked', signers: [], problems: [] }; // `log.mjs` judges it
  if (judged && judged.signed !== 'no' && has(receipt, 'elevation')) judged.signed = 'unchecked';
  return { receipt, index: proof.index, outcome, checkpoint, seal, judged, ownLogKey: !logKeys.length, ownSealKeys: !!seal && !sealKeys.length };
}
