// Notifies this device: a subscription at the browser's push service, which the gateway keeps with the person's name.

import { canonical, send } from './console.js';

const form = document.getElementById('device');
const told = document.getElementById('device-told');

function tell(text, mood = '') {
  told.textContent = text;
  told.className = `told ${mood}`;
}

/** Trusted Types: the one script that this page lets become a worker. */
const scripts = self.trustedTypes?.createPolicy('worker', {
  createScriptURL: path => {
    if (path !== '/worker.js') throw new TypeError('There is only one worker.');
    return path;
  },
});

/** Why this browser cannot be notified, if so, and what to do about it. */
function obstacle() {
  if (!self.isSecureContext) return 'Notifications need an encrypted page: open the console by https, or on localhost.';
  const ready = 'serviceWorker' in navigator && 'PushManager' in self && 'Notification' in self;
  const apple = /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.platform) && navigator.maxTouchPoints > 1);
  if (!ready && apple) {
    return 'On an iPhone or iPad, add this console to the Home Screen (Share, Add to Home Screen), and open it from there.';
  }
  if (!ready) return 'This browser has no notifications by push. Use another browser, or another device.';
  if (Notification.permission === 'denied') {
    return 'Notifications of this console are blocked in this browser. Allow them in its settings for this page.';
  }
  return '';
}

function guess() {
  const agent = navigator.userAgent;
  const browser = [[/Edg/, 'Edge'], [/Firefox/, 'Firefox'], [/Chrom/, 'Chrome'], [/Safari/, 'Safari']];
  const system = [[/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Windows/, 'Windows'], [/Mac/, 'Mac'],
    [/Linux/, 'Linux']];
  const first = names => names.find(([pattern]) => pattern.test(agent))?.[1];
  return `${first(browser) ?? 'a browser'} on ${first(system) ?? 'a device'}`;
}

const bytes = base64url => Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0));
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

/** A subscription to this gateway's key. One to another key, as after a new installation, is of no use any more. */
async function subscribed(manager) {
  const applicationServerKey = bytes(form.dataset.key);
  const before = await manager.getSubscription();
  const key = before?.options?.applicationServerKey;
  if (before && key && !same(new Uint8Array(key), applicationServerKey)) await before.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

async function add() {
  tell('Allow notifications if your browser asks …');
  if (await Notification.requestPermission() !== 'granted') {
    throw new Error('Without your permission this browser shows no notifications.');
  }
  await navigator.serviceWorker.register(scripts ? scripts.createScriptURL('/worker.js') : '/worker.js');
  const registration = await navigator.serviceWorker.ready;
  const subscription = await subscribed(registration.pushManager);
  const { endpoint, keys } = subscription.toJSON();
  await send(form.dataset.add, {
    label: form.elements.label.value.trim(),
    subscription: canonical({ endpoint, keys: { auth: keys.auth, p256dh: keys.p256dh } }),
  });
}

/** Marks the row of this browser. Its name is a digest of the address, as the gateway makes it. */
async function mark() {
  const registration = await navigator.serviceWorker?.getRegistration('/');
  const subscription = await registration?.pushManager?.getSubscription();
  if (!subscription) return;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(subscription.endpoint));
  const hex = [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
  const row = document.querySelector(`[data-device="D-${hex.slice(0, 24)}"]`);
  if (row) row.querySelector('.this').hidden = false;
  else tell('This browser is no longer among your devices. Notify it again if you wish.', 'wait');
}

if (form) {
  const button = form.querySelector('button');
  const why = obstacle();
  form.elements.label.value = guess();
  if (why) {
    button.disabled = true;
    tell(why, 'wait');
  }
  form.addEventListener('submit', async event => {
    event.preventDefault();
    button.disabled = true;
    try {
      await add();
      location.reload();
    } catch (error) {
      tell(error.message, 'bad');
      button.disabled = false;
    }
  });
  if (!why) mark().catch(() => {});
}
