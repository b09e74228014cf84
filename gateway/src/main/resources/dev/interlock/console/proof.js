// RFC 9162 §2.1.3.2: from the receipt's own bytes and the hashes beside it follows a root; the checkpoint that the log
// signed must have the same one. Everything is computed here, by the browser's own cryptography.

import { tell } from './console.js';

const steps = document.getElementById('steps');

async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
}

const bytes = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));
const base64 = array => btoa(String.fromCharCode(...array));

function show(id, words, good) {
  const step = document.getElementById(id);
  step.className = good ? 'good' : 'bad';
  step.querySelector('.id').textContent = words;
}

/** The root that index, size and path lead to; throws unless the path is exactly as long as it must be. */
async function root(leaf, index, size, path) {
  if (!(index < size)) throw new Error('The receipt is not below the checkpoint.');
  let fn = index;
  let sn = size - 1n;
  let hash = leaf;
  for (const one of path) {
    if (sn === 0n) throw new Error('The proof is too long.');
    if (fn % 2n === 1n || fn === sn) {
      hash = await sha256(Uint8Array.of(1), one, hash);
      while (fn % 2n === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      hash = await sha256(Uint8Array.of(1), hash, one);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  if (sn !== 0n) throw new Error('The proof is too short.');
  return hash;
}

/** C2SP signed-note: name+hash+key, and signatures of it; algorithm 1 is Ed25519. */
async function signed(checkpoint, verifierKey) {
  const [text, signatures] = checkpoint.split('\n\n');
  const parts = verifierKey.split('+');
  const name = parts[0];
  const key = bytes(parts.slice(2).join('+'));
  if (key[0] !== 1) throw new Error('The log uses a signature algorithm that this page does not support.');
  const imported = await crypto.subtle.importKey('raw', key.slice(1), 'Ed25519', false, ['verify']);
  for (const line of signatures.trim().split('\n')) {
    const [, signer, signature] = line.split(' ');
    if (signer !== name) continue;
    const data = new TextEncoder().encode(`${text}\n`);
    if (await crypto.subtle.verify('Ed25519', imported, bytes(signature).slice(4), data)) return name;
  }
  throw new Error('The log did not sign this checkpoint.');
}

async function check() {
  const answer = await fetch(steps.dataset.proof);
  const proof = await answer.json();
  if (!answer.ok) throw new Error(proof.error ?? 'There is no proof yet.');
  const leaf = await sha256(Uint8Array.of(0), new TextEncoder().encode(proof.entry));
  show('step-leaf', base64(leaf), true);
  const [, size, promised] = proof.checkpoint.split('\n');
  const computed = base64(await root(leaf, BigInt(proof.index), BigInt(size), proof.path.map(bytes)));
  const same = computed === promised;
  show('step-root', computed, same);
  show('step-checkpoint', `${promised} of ${size} receipts`, same);
  if (!same) throw new Error('It is not in the ledger: the roots differ.');
  if (JSON.parse(proof.entry).id !== document.querySelector('[data-receipt]').dataset.receipt) {
    throw new Error('This is the proof of another receipt.');
  }
  show('step-signature', `by ${await signed(proof.checkpoint, proof.key)}`, true);
}

check().then(
  () => tell('It is in the ledger.', 'good'),
  error => tell(error.message, 'bad'));
