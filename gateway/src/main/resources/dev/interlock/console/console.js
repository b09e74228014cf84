// What every page does: times that count down or up, and a second thought before something ends.

const DAY = 86400;
const units = [[DAY, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];

function left(seconds) {
  const parts = [];
  let rest = seconds;
  for (const [size, name] of units) {
    if (rest >= size || (parts.length > 0 && parts.length < 2)) {
      parts.push(`${Math.floor(rest / size)} ${name}`);
      rest %= size;
    }
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

// Dates, times and zone are the reader's, as the browser has them. Without a script the pages say UTC.
const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' })
  .formatToParts().find(part => part.type === 'timeZoneName').value;
// For the pages that the gateway draws by the reader's day.
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; Path=/; SameSite=Strict; Max-Age=31536000`;

/** Shows a time of the page as its reader writes it. */
export function localize(time) {
  const at = Date.parse(time.dateTime);
  if (Number.isNaN(at)) return;
  time.title = `${date.format(at)} ${clock.format(at)} ${zone}`;
  const day = time.querySelector('.date') ?? document.createElement('span');
  day.textContent = `${date.format(at)} `;
  time.replaceChildren(day, clock.format(at));
}

document.querySelectorAll('time[datetime]').forEach(localize);
for (const name of document.querySelectorAll('.zone')) name.textContent = zone;
for (const field of document.querySelectorAll('input[type=datetime-local]')) {
  const minute = at => new Date(at).toISOString().slice(0, 16);
  const offset = at => new Date(at).getTimezoneOffset() * 60e3;
  const given = Date.parse(`${field.value.slice(0, 16)}Z`); // in the address and for the gateway it is UTC
  if (!Number.isNaN(given)) field.value = minute(given - offset(given));
  field.form.addEventListener('formdata', event => {
    if (field.value) event.formData.set(field.name, minute(field.value));
  });
}

function tick() {
  for (const time of document.querySelectorAll('time[data-until]')) {
    const seconds = Math.floor((Date.parse(time.dataset.until) - Date.now()) / 1000);
    if (Number.isNaN(seconds)) continue;
    time.textContent = seconds > 0 ? `in ${left(seconds)}` : 'over';
  }
  for (const time of document.querySelectorAll('time[data-since]')) {
    const seconds = Math.floor((Date.now() - Date.parse(time.dataset.since)) / 1000);
    const [size, name] = units.find(([least]) => seconds >= least) ?? [1, 's'];
    if (Number.isNaN(seconds) || seconds >= DAY) continue;
    time.textContent = seconds < 1 ? 'now' : `${Math.floor(seconds / size)} ${name} ago`;
  }
}

tick();
setInterval(tick, 1000);

for (const button of document.querySelectorAll('button[data-confirm]')) {
  button.addEventListener('click', event => {
    if (!window.confirm(button.dataset.confirm)) event.preventDefault();
  });
}

/** What a page of ours sends: its own form, with what proves that it is of this session. */
export async function send(path, fields) {
  const csrf = document.querySelector('meta[name=csrf]').content;
  const body = new URLSearchParams(fields ?? {});
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'X-CSRF-Token': csrf, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
    redirect: 'manual',
  });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error([json.error ?? 'The request failed.', json.next ?? ''].join(' ').trim());
  }
  return json;
}

/** RFC 8785, for what is made of strings, whole numbers, truth and lists alone: the gateway reads one spelling. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const names = Object.keys(value).filter(name => value[name] !== undefined).sort();
    return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Says something where people look, and where screen readers listen. */
export function tell(text, mood = '') {
  const told = document.getElementById('told');
  told.textContent = text;
  told.className = `told ${mood}`;
}

/** Makes a passkey in this browser, between two questions to the gateway; returns what the second one answered. */
export async function makePasskey(begin, finish, fields) {
  const { enrolment, options } = await send(begin, fields);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  return send(finish, { ...fields, enrolment, credential: canonical(credential.toJSON()) });
}
