
// ---- the page -------------------------------------------------------------------------------------------------------
// `ProofPage` writes these lines behind core.mjs. Whatever a file says gets onto the page by `textContent` alone.

/** Text of a file, with what nobody would see spelled out. */
const shown = (value) =>
  String(value).replace(/(?! )[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/gu, (char) => `\\u{${char.codePointAt(0).toString(16)}}`);

function element(name, text, type) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (type) made.className = type;
  return made;
}

const at = (id) => document.getElementById(id);
const lines = (id) => at(id).value.split('\n').map((line) => line.trim()).filter((line) => line);
let chosen = null; // the file that the reader chose last
let opened = null; // and what is in it, once it is read
let latest = 0; // the newest check; what an older one finds is of another file, or by other keys

/** The keys that the reader trusts. A line that is no key stops everything: a typing error must not widen trust. */
async function trusted() {
  const logKeys = [];
  for (const line of lines('log-keys')) logKeys.push(await readVerifierKey(line));
  const sealKeys = [];
  for (const line of lines('seal-keys')) sealKeys.push(await readSshLine(line));
  const quorum = Number(at('quorum').value);
  if (!Number.isInteger(quorum) || quorum < 1) refuse('the number of seal signers is not 1 or more');
  return { logKeys, sealKeys, quorum };
}

async function check() {
  const mine = ++latest;
  const file = opened;
  if (!file) return;
  const result = at('result');
  const parts = [];
  try {
    if (!(await knowsEd25519())) {
      parts.push(
        element('p', 'Not checked: this browser cannot check Ed25519 signatures.', 'verdict open'),
        element('p', 'Open this page in Chrome or Edge 137, Firefox 129, Safari 17 or newer, or run: java -jar interlock-evidence.jar verify'),
      );
    } else {
      const proof = await verifyProof(file.bytes, { ...(await trusted()), takesOwnSeal: true });
      parts.push(...verdict(proof), story(proof), ...raw(proof));
    }
  } catch (e) {
    const reason = e instanceof Refused ? e.message : `it cannot be read: ${e.message}`;
    parts.push(element('p', `This file proves nothing: ${shown(reason)}.`, 'verdict bad'));
    if (e instanceof Refused && lines('log-keys').length + lines('seal-keys').length) {
      parts.push(element('p', 'It was checked by the keys that you gave. If they are of another gateway, or mistyped, this is the reason.', 'aside'));
    }
  }
  if (mine !== latest) return;
  result.replaceChildren(element('p', `File: ${shown(file.name)}`, 'aside'), ...parts);
  result.hidden = false;
}

function verdict(proof) {
  const { judged, seal, ownLogKey, ownSealKeys } = proof;
  const signed = judged?.signed ?? 'none needed';
  const ifRight = ownLogKey ? ', if this log key is the right one' : '';
  if (signed === 'no') {
    return [
      element('p', `The record is genuine${ifRight}, but the call lacks what it needed.`, 'verdict bad'),
      list(judged.problems),
      ...whose(proof),
    ];
  }
  if (signed === 'unchecked') {
    const why = proof.receipt.elevation !== undefined || proof.receipt.command === 'elevation.give'
      ? 'It is about an elevation, which this page does not judge: verify the whole log.'
      : `${proof.receipt.sealed ? 'Its texts are sealed, or erased' : 'The file does not have the seal'}, so the signatures of people could not be checked.`;
    return [element('p', `The record holds${ifRight}; the signatures are not checked.`, 'verdict open'), element('p', why), ...whose(proof)];
  }
  if (ownLogKey || (seal && ownSealKeys)) {
    return [element('p', 'All holds, if these keys are the right ones. Compare them.', 'verdict open'), ...whose(proof)];
  }
  if (judged?.signers.some((signer) => signer.rests === 'code')) {
    return [
      element('p', 'The record is proven. That people confirmed is the gateway’s word: it alone says whose passkey signed.', 'verdict open'),
      ...whose(proof),
    ];
  }
  return [element('p', 'Proven by the keys that you trust.', 'verdict good'), ...whose(proof)];
}

/** By which keys it is so; the file vouches for none of them. */
function whose({ checkpoint, seal, ownLogKey, ownSealKeys }) {
  const from = (own) => (own ? 'named by the file: compare it' : 'given by you');
  const rows = element('dl');
  row(rows, 'Log key', `${checkpoint.key.text} (${from(ownLogKey)})`);
  if (seal) row(rows, 'Seal keys', ...seal.by.map((key) => `${key} (${from(ownSealKeys)})`));
  return ownLogKey || ownSealKeys
    ? [rows, element('p', 'Whoever made this file could have made these keys too. Ask the gateway’s owner, or whoever keeps a copy of the log, and paste theirs above.', 'aside')]
    : [rows];
}

function list(texts) {
  const made = element('ul');
  for (const text of texts) made.append(element('li', shown(text)));
  return made;
}

function row(rows, name, ...texts) {
  const value = element('dd');
  for (const text of texts.filter((each) => each !== null)) value.append(element('p', shown(text)));
  if (value.childNodes.length) rows.append(element('dt', name), value);
}

const listed = (values) => [...new Set(values)].join(', ');

const GRAVE = ['destroy', 'unknown', 'privilege', 'execute', 'credential', 'write', 'read'];
const gravity = (action) => GRAVE.findIndex((impact) => action.impacts.includes(impact));

function story({ receipt, index, outcome, checkpoint, seal, judged }) {
  const rows = element('dl');
  const statement = receipt.confirmation?.statement;
  const actions = [...(receipt.actions ?? statement?.meaning?.actions ?? [])].sort((one, other) => gravity(one) - gravity(other));
  row(rows, 'Who asked', receipt.agent ?? (receipt.peer ? `user ${receipt.peer} of the gateway's machine` : null));
  row(rows, 'For whom', receipt.person ? `${receipt.person}, task ${receipt.task}` : null);
  row(rows, 'When', `${receipt.at}, by the gateway's clock`);
  const summary = statement?.summary;
  row(rows, 'What', summary && receipt.grant ? `a call like the one that people confirmed, which was: ${summary}` : (summary ?? receipt.command ?? null),
    ...actions.slice(0, 8).map((action) => `${action.operation}: ${listed(action.impacts)}, ${action.reversibility}; ${listed((action.resources ?? []).map((resource) => resource.id))}, in ${listed((action.resources ?? []).flatMap((resource) => resource.environments ?? []))}`),
    actions.length > 8 ? `and ${actions.length - 8} more actions` : null);
  row(rows, 'What was decided', decision(receipt));
  row(rows, 'By which seal', receipt.seal ? `${receipt.seal}${seal ? `, number ${seal.sequence}` : ''}` : null,
    seal ? `signed by ${seal.by.join(' and ')}` : null,
    receipt.policies ? `policies: ${listed(receipt.policies)}` : null);
  row(rows, 'Who confirmed', ...confirmed(judged, receipt));
  row(rows, 'What happened', happened(receipt, outcome), outcome ? `recorded at ${outcome.at}` : null);
  row(rows, 'Since when unaltered',
    `It is receipt ${index} of ${checkpoint.size} in the log ${checkpoint.origin}, root ${base64(checkpoint.root)}, in hexadecimal ${hex(checkpoint.root)}.`,
    'Nobody can have altered it since somebody other than the gateway first held this root: a replica, a witness, or you, from today. The file cannot say when that was.');
  return rows;
}

function decision(receipt) {
  if (receipt.kind === 'refused') return `refused: ${receipt.reason ?? receipt.refusal ?? ''}`;
  if (receipt.kind === 'held') return 'held, until people confirm it';
  if (receipt.kind !== 'intent') return null;
  if (receipt.observed) return `permitted only because the seal observes; it would have been refused: ${receipt.observed.reason}`;
  if (receipt.hold) return 'permitted once people had confirmed it';
  if (receipt.grant) return 'permitted, as people had confirmed a call like it and granted more';
  return receipt.elevation ? 'permitted by an elevation of its lease' : 'permitted by the policy, without a question';
}

function confirmed(judged, receipt) {
  if (!judged) return [receipt.confirmation ? 'not checked, as nothing was sent' : null];
  if (judged.signed === 'none needed') return ['nobody was asked'];
  const texts = judged.signers.map((signer) => `${signer.person}, with ${kindOfKey(signer)}: ${signer.name}. The signature is genuine.${signer.weak ? ' It counts as weak.' : ''}`);
  if (judged.signed === 'yes' && !texts.length) return ['a program that the seal names for backups'];
  return texts.length ? texts : [judged.signed === 'unchecked' ? `not checked${judged.missing ? `: ${receipt.sealed ? 'its texts are sealed, or erased' : 'the seal is missing'}` : ''}` : 'nobody whose signature counts'];
}

function happened(receipt, outcome) {
  if (receipt.kind !== 'intent') return receipt.kind === 'outcome' ? `${receipt.result}, of intent ${receipt.intent}` : null;
  if (!outcome) return 'The file has no outcome: it does not show what became of the call.';
  const status = outcome.answer?.status ? `, status ${outcome.answer.status}` : '';
  return {
    done: `done: the other side answered that it succeeded${status}`,
    failed: `failed${status}`,
    refused: 'refused after all, before anything was sent',
    unknown: `unknown: it may have happened${status}`,
  }[outcome.result];
}

function raw({ receipt, outcome }) {
  return [receipt, outcome].filter((each) => each).map((each) => {
    const details = element('details');
    const text = element('pre', JSON.stringify(each, null, 2).split('\n').map(shown).join('\n'));
    text.tabIndex = 0;
    details.append(element('summary', `The receipt ${shown(each.id)} in full`), text);
    return details;
  });
}

async function open(file) {
  if (!file) return;
  chosen = file;
  opened = null;
  latest++; // what is being checked is another file
  at('result').hidden = true;
  let why = 'it is longer than any proof';
  if (file.size <= 8 * 1024 * 1024) {
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      if (chosen !== file) return;
      opened = { name: file.name, bytes };
    } catch {
      why = 'it cannot be read, perhaps because it is a directory';
    }
  }
  if (opened) await check();
  else if (chosen === file) {
    at('result').replaceChildren(
      element('p', `File: ${shown(file.name)}`, 'aside'),
      element('p', `This file proves nothing: ${why}.`, 'verdict bad'),
    );
    at('result').hidden = false;
  }
  at('result').focus();
}

at('file').addEventListener('change', (event) => open(event.target.files[0]));
for (const id of ['log-keys', 'seal-keys', 'quorum']) at(id).addEventListener('input', check);
for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    at('drop').classList.toggle('over', name === 'dragover');
    if (name === 'drop') open(event.dataTransfer.files[0]);
  });
}
