// Receipts as they are written. Everything that comes is put into the page as text, never as markup.

import { localize } from './console.js';

const LIMIT = 200;
const FIRST = 120; // as many the page begins with
const AGAIN = 10_000;
const body = document.getElementById('rows');
const template = document.getElementById('row-template');
const line = document.getElementById('line');
const lineText = document.getElementById('line-text');
const verdict = document.getElementById('f-verdict');
const text = document.getElementById('f-text');
const pause = document.getElementById('pause');
const waiting = [];
let still = false;
let missed = false;
let events;

function state(mood, words) {
  line.className = `line ${mood}`;
  if (lineText.textContent !== words) lineText.textContent = words;
}

function sub(words, href, more = '') {
  const element = document.createElement(href ? 'a' : 'span');
  element.className = `sub ${more}`.trim();
  element.textContent = words;
  if (href) element.href = href;
  return element;
}

function fits(row) {
  const administration = verdict.value === 'admin';
  if (row.classList.contains('admin') && !administration) return false;
  const moods = administration ? [] : verdict.value.split(' ').filter(Boolean);
  const mood = moods.length === 0 || moods.some(one => row.classList.contains(one));
  return mood && row.textContent.toLowerCase().includes(text.value.trim().toLowerCase());
}

function filter() {
  let shown = 0;
  for (const row of body.rows) {
    row.hidden = !fits(row);
    if (!row.hidden) shown++;
  }
  document.getElementById('none').hidden = shown > 0 || body.rows.length === 0;
}

function settle(receipt) {
  const row = document.getElementById(receipt.intent);
  if (!row || row.dataset.settled) return;
  row.dataset.settled = '1';
  row.classList.remove('plain', 'wait', 'good', 'bad');
  row.classList.add(receipt.mood);
  const pill = row.querySelector('.pill');
  pill.className = `pill ${receipt.mood}`;
  pill.textContent = receipt.verdict;
  const took = Math.max(0, Date.parse(receipt.iso) - Date.parse(row.dataset.at));
  row.querySelector('.verdict').append(sub(`${took} ms`));
}

/** An agent's calls to its model are one row, at the place of the latest. Returns false for one that is counted. */
function fold(row, receipt) {
  row.dataset.model = `${receipt.agent} ${receipt.task}`;
  const before = [...body.rows].find(other => other.dataset.model === row.dataset.model);
  if (before && Date.parse(before.dataset.at) >= Date.parse(receipt.iso)) return false;
  row.dataset.calls = 1 + Number(before?.dataset.calls ?? 0);
  if (before) row.querySelector('.what').textContent = `${receipt.what}, ${row.dataset.calls} times`;
  before?.remove();
  return true;
}

function add(receipt) {
  if (document.getElementById(receipt.id)) return;
  if (receipt.kind === 'outcome') {
    settle(receipt);
    return;
  }
  const row = template.content.firstElementChild.cloneNode(true);
  row.id = receipt.id;
  row.className = `row fresh ${receipt.mood}${receipt.kind === 'admin' ? ' admin' : ''}`;
  row.dataset.at = receipt.iso;
  const link = row.querySelector('.at a');
  link.href = `/receipts/${receipt.id}`;
  const time = row.querySelector('time');
  time.dateTime = receipt.iso;
  localize(time);
  time.dataset.since = receipt.iso;
  row.querySelector('.agent').textContent = receipt.agent || '–';
  if (receipt.task) row.querySelector('.agent').append(sub(receipt.task));
  row.querySelector('.what').textContent = receipt.what;
  if (receipt.model && !fold(row, receipt)) return;
  if (receipt.reason) row.querySelector('.what').append(sub(receipt.reason, null, 'clip'));
  row.querySelector('.where').textContent = receipt.environments;
  const pill = row.querySelector('.pill');
  pill.textContent = receipt.verdict;
  pill.className = `pill ${receipt.mood}`;
  if (receipt.hold) row.querySelector('.verdict').append(sub('its hold', `/holds/${receipt.hold}`));
  row.hidden = !fits(row);
  // By time. What comes first may be older than all that the page shows, which is where it ends.
  const older = [...body.rows].find(other => Date.parse(other.dataset.at) <= Date.parse(receipt.iso));
  if (!older && body.rows.length >= FIRST) return;
  body.insertBefore(row, older ?? null);
  document.getElementById('nothing')?.remove();
  while (body.rows.length > LIMIT) body.lastElementChild.remove();
}

function follow() {
  const agent = new URLSearchParams(location.search).get('agent');
  events = new EventSource(agent ? `/live/events?agent=${encodeURIComponent(agent)}` : '/live/events');
  let before = false;
  events.onopen = () => {
    if (!before) {
      before = true;
      state(still ? 'wait' : 'good', still ? 'paused' : 'live');
    } else if (still) {
      missed = true; // nobody is to lose what they look at
      state('wait', 'paused, and some calls are missing');
    } else {
      location.reload(); // what was written meanwhile comes with the page
    }
  };
  events.onerror = () => {
    // Any answer but the stream ends it for good: signed out, or too many windows.
    if (events?.readyState === EventSource.CLOSED) {
      state('bad', 'ended: sign in again, or close another window');
      missed = true;
      if (!still) setTimeout(() => location.reload(), AGAIN);
    } else {
      state('bad', 'not connected, retrying');
    }
  };
  events.onmessage = event => {
    const receipt = JSON.parse(event.data);
    if (still) {
      waiting.push(receipt);
      state('wait', `paused, ${waiting.length} more`);
    } else {
      add(receipt);
    }
  };
}

for (const time of body.querySelectorAll('time')) time.dataset.since = time.dateTime;
filter();

pause.addEventListener('click', () => {
  still = !still;
  pause.setAttribute('aria-pressed', String(still));
  pause.textContent = still ? 'Resume' : 'Pause the list';
  if (!still && missed) {
    location.reload();
    return;
  }
  state(still ? 'wait' : 'good', still ? 'paused' : 'live');
  if (!still) waiting.splice(0).forEach(add);
});
verdict.addEventListener('change', filter);
text.addEventListener('input', filter);

// A window that nobody sees holds no connection: browsers have few of them.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') {
    events?.close();
    events = undefined;
  } else if (!events) {
    location.reload();
  }
});
addEventListener('pagehide', () => events?.close());

follow();
