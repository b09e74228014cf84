// Drives a real browser through one flow of the console. Told on standard input, as JSON: which flow, the address with
// its code, and where pictures go. Whatever goes wrong ends it with another status than 0.

import { createRequire } from 'node:module';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const order = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(`${order.modules}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const origin = new URL(order.address).origin;
mkdirSync(order.pictures, { recursive: true });

const browser = await chromium.launch({
  executablePath: order.chromium,
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
    // A name that no resolver knows; and the one key that is believed, as if somebody trusted had signed for it.
    ...(order.name_of_console ? [`--host-resolver-rules=MAP ${order.name_of_console} 127.0.0.1`] : []),
    ...(order.pin ? [`--ignore-certificate-errors-spki-list=${order.pin}`] : []),
  ],
});
const context = await browser.newContext();
const page = await context.newPage();
// One for all: where one ends, the browser forgets its authenticators.
const session = await context.newCDPSession(page);
page.setDefaultTimeout(30_000);
const faults = [];
const clear = new Set(); // where a flow asks on purpose, to see that the browser does not
page.on('pageerror', error => faults.push(`${page.url()}: ${error.message}`));
page.on('console', message => {
  if (/Content Security Policy|Trusted/.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
});
page.on('request', request => {
  const asked = new URL(request.url()).origin;
  // What a team's provider shows is its own, and so is what that loads.
  const isTeams = order.provider && (asked === order.provider || request.frame().url().startsWith(order.provider));
  if (asked !== origin && !clear.has(asked) && !request.url().startsWith('data:') && !isTeams) {
    faults.push(`asked elsewhere: ${request.url()}`);
  }
});

const SIZES = { desktop: { width: 1360, height: 900 }, phone: { width: 375, height: 812 } };

async function signIn() {
  await page.goto(order.address);
  await page.waitForURL(`${origin}/live`);
  assert.equal(new URL(page.url()).hash, '');
}

/** What axe-core finds wrong. Evaluated from outside of the page, whose own policy forbids it. */
async function violations() {
  const known = await session.send('Runtime.evaluate', { expression: 'typeof axe' });
  if (known.result.value !== 'object') await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document, { resultTypes: ["violations"] }).then(found => JSON.stringify(found.violations.map('
      + 'one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 200)).join(" | ")}`)))',
    awaitPromise: true,
  });
  return JSON.parse(result.value);
}

/** What can be reached by the tabulator, and shows that it is. */
async function reachable() {
  const wanted = await page.evaluate(() =>
    [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, pre[tabindex]')]
      .filter(one => one.checkVisibility({ visibilityProperty: true }) && !one.disabled).length);
  await page.evaluate(() => document.activeElement?.blur());
  const seen = new Set();
  for (let i = 0; i < wanted + 16; i++) { // a field for a date has stops of its own
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      if (!one || one === document.body) return '';
      one.dataset.visited ??= String(document.querySelectorAll('[data-visited]').length + 1);
      const style = getComputedStyle(one);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
      return outlined ? one.dataset.visited : `unmarked ${one.outerHTML.slice(0, 100)}`;
    });
    if (at.startsWith('unmarked')) faults.push(`${page.url()}: focus is not shown on ${at}`);
    if (at) seen.add(at);
  }
  if (seen.size < wanted) faults.push(`${page.url()}: ${wanted - seen.size} of ${wanted} cannot be reached by keyboard`);
}

/** @param prepare what is to be opened, or filled in, before anybody looks */
async function look(name, path, prepare = async () => {}) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.goto(origin + path);
    if (path.startsWith('/receipts/')) await page.locator('#told.good').waitFor();
    if (path === '/live') await page.locator('#line.good').waitFor();
    await prepare();
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.evaluate(() => scrollTo(0, 0)); // what sticks to the top stands there in pictures, too
      await page.screenshot({ path: `${order.pictures}/${name}-${size}-${colorScheme}.png`, fullPage: true });
      for (const found of await violations()) faults.push(`${name} ${size} ${colorScheme}: ${found}`);
    }
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 1) faults.push(`${name} ${size}: ${wider} pixels too wide`);
  }
  await page.setViewportSize(SIZES.desktop);
  await reachable();
}

/** From the first visit on: with a passkey of the browser's own authenticator. */
async function enrolled() {
  await session.send('WebAuthn.enable');
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(origin);
  await page.getByLabel('Your name in the policy').fill(order.person);
  await page.getByLabel('Invitation').fill('no-invitation');
  await page.getByRole('button', { name: 'Create my passkey' }).click();
  await page.getByText('The code is wrong or has expired').waitFor();
  await page.goto(order.invitation); // its address fills in both fields
  await page.getByText('You are invited').waitFor();
  assert.equal(page.url().includes('#'), false);
  await page.getByRole('button', { name: 'Create my passkey' }).click();
  await page.waitForURL(`${origin}/live`);
}

/** Signs the hold, and may slip first. */
async function signs() {
  await page.goto(`${origin}/holds/${order.hold}`);
  const typed = page.locator('#typed');
  if (order.wrong) {
    await typed.fill(order.wrong);
    await page.getByRole('button', { name: 'Sign with your passkey' }).click();
    await page.getByText('The typed name does not match').waitFor();
    await page.goto(`${origin}/holds/${order.hold}`);
  }
  for (const found of await violations()) faults.push(`a hold to sign: ${found}`);
  await page.screenshot({ path: `${order.pictures}/to-sign-desktop.png`, fullPage: true });
  await page.setViewportSize({ width: 1360, height: 1040 });
  await page.evaluate(() => scrollTo(0, 0));
  for (const colorScheme of ['dark', 'light']) { // as the README shows it
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${order.pictures}/sign-${colorScheme}.png` });
  }
  await page.setViewportSize(SIZES.phone);
  await page.screenshot({ path: `${order.pictures}/to-sign-phone.png`, fullPage: true });
  if (order.name) await typed.fill(order.name);
  await page.getByRole('button', { name: 'Sign with your passkey' }).click();
  await page.getByText(`Signed by ${order.person}`).waitFor();
  await page.screenshot({ path: `${order.pictures}/signed-phone.png`, fullPage: true });
  await page.setViewportSize(SIZES.desktop);
  await look('keys', '/keys');
}

/** By the team's provider, which believes every name. */
async function atTheProvider() {
  await page.goto(`${origin}/signin`);
  await page.getByRole('button', { name: 'Sign in with' }).click();
  await page.waitForURL(`${order.provider}/**`);
  await page.locator('input[name=login]').fill(order.login);
  await page.locator('input[name=password]').fill('anything');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

const flows = {
  /** Looks, finds that nothing can be signed by it, and says no. */
  async team() {
    await look('signin-team', '/signin');
    await atTheProvider();
    await page.waitForURL(`${origin}/live`);
    await page.goto(`${origin}/holds/${order.hold}`);
    await page.getByRole('button', { name: 'Sign with your passkey' }).click();
    await page.locator('#told.bad').waitFor();
    await page.getByLabel('Reason; the agent reads it').fill(order.reason);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.getByText('This hold is denied').waitFor();
  },

  /** Is signed in until it is not. */
  async ends() {
    await atTheProvider();
    await page.waitForURL(`${origin}/live`);
    console.log('in');
    while (!page.url().startsWith(`${origin}/signin`)) await page.goto(`${origin}/status`);
  },

  /** Somebody of the team whom the seal does not know. */
  async unknown() {
    await atTheProvider();
    await page.getByText('The seal has no person with the subject').waitFor();
    for (const found of await violations()) faults.push(`nobody of the seal: ${found}`);
    await page.screenshot({ path: `${order.pictures}/signin-unknown.png`, fullPage: true });
    await page.goto(`${origin}/live`);
    assert.equal(page.url(), `${origin}/signin`);
  },

  /** A provider that does not answer. */
  async gone() {
    await page.goto(`${origin}/signin`);
    await page.getByRole('button', { name: 'Sign in with' }).click();
    await page.getByText('does not answer').waitFor();
    for (const found of await violations()) faults.push(`no provider: ${found}`);
    await page.screenshot({ path: `${order.pictures}/signin-gone.png`, fullPage: true });
  },

  async pages() {
    await look('signin', '/signin');
    await signIn();
    await page.goto(`${origin}/receipts`);
    const receipt = await page.locator('tr.row.wait .at a').first().getAttribute('href');
    const all = {
      live: '/live', holds: '/holds', hold: `/holds/${order.hold}`, receipts: '/receipts', receipt, agents: '/agents',
      enrol: '/agents/enrol?agent=jer/reviewer&owner=jer&teams=platform&review=2099-03-01',
      inventory: '/inventory', backups: '/backups', policy: '/policy', drills: '/drills', status: '/status', keys: '/keys', missing: '/nowhere',
      ...(order.more ?? {}),
    };
    for (const [name, path] of Object.entries(all)) await look(name, path);
  },

  /** A code opens once. */
  async code() {
    await signIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${origin}/signin`);
    await page.goto(`${origin}/holds`);
    assert.equal(page.url(), `${origin}/signin?to=/holds`);
    await page.goto('about:blank');
    await page.goto(order.address);
    await page.getByText('This code does not open the console').waitFor();
  },

  /** By keyboard alone, from the list to the answer. */
  async deny() {
    await signIn();
    await page.goto(`${origin}/holds`);
    const cover = page.locator(`a[href="/holds/${order.hold}"]`);
    await cover.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${origin}/holds/${order.hold}`);
    await page.getByLabel('Reason; the agent reads it').focus();
    await page.keyboard.type(order.reason);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('This hold is denied').waitFor();
  },

  /** What is asked for while somebody looks comes in by itself, and what became of it. */
  async times() {
    await signIn();
    const timeZone = 'Asia/Kolkata';
    await session.send('Emulation.setTimezoneOverride', { timezoneId: timeZone });
    await session.send('Emulation.setLocaleOverride', { locale: 'de-DE' });
    await page.goto(`${origin}/receipts`);
    const row = page.locator('.rows td.at time').last();
    const at = new Date(await row.getAttribute('datetime'));
    const said = style => new Intl.DateTimeFormat('de-DE', { ...style, timeZone }).format(at);
    assert.equal(await row.textContent(), `${said({ dateStyle: 'medium' })} ${said({ timeStyle: 'medium' })}`);
    assert.equal(await page.locator('.rows th .zone').textContent(), 'GMT+5:30');
    // What is asked for by the reader's clock is found: the address has it in UTC.
    await page.getByLabel('From').fill('2026-11-20T12:00');
    await page.getByLabel('From').press('Enter');
    await page.waitForURL(url => url.searchParams.get('from') === '2026-11-20T06:30');
    assert.equal(await page.getByLabel('From').inputValue(), '2026-11-20T12:00');
  },

  async live() {
    await signIn();
    await page.locator('#line.good').waitFor();
    console.log('looking');
    await page.locator('tr.fresh.good').first().waitFor();
    assert.match(await page.locator('tr.fresh.good .verdict').first().textContent(), /done.* ms/);
  },

  /** A certificate that nobody vouches for: nothing is shown, and no code is spent. */
  async distrusted() {
    await assert.rejects(page.goto(order.address), /ERR_CERT_AUTHORITY_INVALID/);
  },

  /** The same under TLS: the cookie is for this host and for encrypted pages alone, and nothing goes in the clear again. */
  async encrypted() {
    const seen = [];
    page.on('response', answer => {
      if (answer.url().startsWith(`${origin}/`)) seen.push(answer.headers()['strict-transport-security'] ?? 'none');
    });
    await enrolled();
    await signs();
    // The other one says in which zone the reader's day begins.
    const [cookie, ...others] = (await context.cookies()).filter(each => each.name !== 'zone');
    assert.deepEqual(others, []);
    assert.deepEqual({ ...cookie, value: '' }, {
      name: '__Host-interlock', value: '', domain: new URL(origin).hostname, path: '/', expires: -1, httpOnly: true,
      secure: true, sameSite: 'Strict',
    });
    assert.match(await page.evaluate(() => document.cookie), /^zone=[^;]*$/);
    assert.deepEqual([...new Set(seen)], ['max-age=31536000']);
    clear.add(origin.replace('https:', 'http:'));
    await page.goto(`${origin.replace('https:', 'http:')}/status`);
    assert.equal(page.url(), `${origin}/status`);
  },

  /** A seal that asks less of backups than the one before it. */
  async loosened() {
    await signIn();
    await look('policy-loosened', '/policy');
    for (const words of order.words) await page.locator('li.lost', { hasText: words }).waitFor();
    await page.getByRole('link', { name: order.before }).click();
    await page.waitForURL(`${origin}/policy/**`);
    assert.equal(await page.locator('li.lost').count(), 0);
  },

  /** From the first visit to a signed hold, with the browser's own authenticator. */
  async sign() {
    await enrolled();
    await signs();
  },

  /** One signature for all calls of a set, and another one that also grants more. */
  async together() {
    await enrolled();
    await look('set', `/holds/${order.set}`);
    await page.goto(`${origin}/holds/${order.set}`);
    await page.getByRole('button', { name: 'Sign all 2 with your passkey' }).click();
    await page.locator('p.signed').waitFor();
    await look('set-signed', `/holds/${order.set}`);
    await look('to-grant', `/holds/${order.hold}`);
    await page.goto(`${origin}/holds/${order.hold}`);
    await page.locator('#more').check();
    await page.locator('#calls').fill('3');
    await page.getByRole('button', { name: 'Sign with your passkey' }).click();
    await page.locator('p.signed').waitFor();
    await look('granted', '/holds');
    await page.getByText('0 of 3 used').waitFor();
  },

  /** What somebody has practised is theirs once they have touched their passkey. */
  async practice() {
    await enrolled();
    await look('practised', '/backups');
    await page.getByText(order.words).waitFor();
    await page.getByRole('button', { name: 'Sign that you rehearsed it' }).click();
    await page.getByText('Rehearsed, not signed').waitFor({ state: 'detached' });
    await page.getByText(new RegExp(`by ${order.person}, [0-9]+ (second|minute)s? ago`)).waitFor();
    await look('practised-signed', '/backups');
  },

  /** From a yes to what was destroyed, which is read-only until somebody lifts that. */
  async thaw() {
    await enrolled();
    await signs();
    console.log('signed');
    const frozen = page.getByText('Read-only:').first();
    while (await frozen.count() === 0) await page.goto(`${origin}/agents`);
    await look('frozen', '/agents');
    await page.getByRole('link', { name: 'How to lift it' }).first().click();
    for (const found of await violations()) faults.push(`a freeze to lift: ${found}`);
    await page.screenshot({ path: `${order.pictures}/thaw-desktop.png`, fullPage: true });
    await page.getByRole('button', { name: 'Lift it with your passkey' }).click();
    await page.waitForURL(`${origin}/agents`);
    assert.equal(await frozen.count(), 0);
  },

  /**
   * From the first visit to the hold that a tap opens, also for somebody who is signed out by then. Only the push
   * service's own part is played: the browser's subscription is given, and the message comes by the debugger.
   */
  async push() {
    await context.grantPermissions(['notifications'], { origin });
    await context.addInitScript(subscription => {
      if (!self.PushManager) return;
      const given = { endpoint: subscription.endpoint, toJSON: () => ({ ...subscription, expirationTime: null }) };
      PushManager.prototype.getSubscription = async () => (localStorage.getItem('subscribed') ? given : null);
      PushManager.prototype.subscribe = async options => {
        if (!options.userVisibleOnly || options.applicationServerKey.length !== 65) throw new Error('not as it should be');
        localStorage.setItem('subscribed', 'yes');
        return given;
      };
    }, order.subscription);
    const registrations = new Map();
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations: all }) => {
      for (const one of all) registrations.set(one.scopeURL, one.registrationId);
    });
    await session.send('ServiceWorker.enable');
    await enrolled();
    await look('keys-with-passkey', '/keys');
    await page.goto(`${origin}/keys`);
    const name = page.getByLabel('Name of this device');
    assert.match(await name.inputValue(), /^Chrome on Linux$/);
    await name.focus();
    await page.keyboard.type(', the test');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const row = page.locator('tr[data-device]', { hasText: 'Chrome on Linux, the test' });
    await row.getByText('this browser').waitFor();
    await look('devices', '/keys');
    console.log('subscribed');

    while (!existsSync(order.message)) await page.goto(`${origin}/keys`);
    await session.send('ServiceWorker.deliverPushMessage', {
      origin, registrationId: registrations.get(`${origin}/`), data: readFileSync(order.message, 'utf8'),
    });
    const shown = () => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications())
      .map(({ title, body, tag, data }) => ({ title, body, tag, data })));
    while ((await shown()).length === 0) await page.goto(`${origin}/keys`);
    const { text, path } = JSON.parse(readFileSync(order.message, 'utf8'));
    assert.deepEqual(await shown(), [{ title: 'A call waits for you', body: text, tag: path, data: { path } }]);

    const [worker] = context.serviceWorkers();
    const click = () => worker.evaluate(async () => {
      const opened = [];
      self.clients.openWindow = async address => { opened.push(address); }; // without a real tap it may not
      const [notification] = await self.registration.getNotifications();
      const tap = new NotificationEvent('notificationclick', { notification });
      let done;
      tap.waitUntil = promise => { done = promise; };
      self.dispatchEvent(tap);
      await done;
      return opened;
    });
    const opened = await click();
    assert.deepEqual(opened, [`${origin}${path}`]);
    while ((await shown()).length > 0) await page.goto(`${origin}/keys`);

    // A message that is not the gateway's opens nothing but the list.
    await session.send('ServiceWorker.deliverPushMessage', {
      origin, registrationId: registrations.get(`${origin}/`), data: '{"path":"//evil.example/holds","text":"x"}',
    });
    while ((await shown()).length === 0) await page.goto(`${origin}/keys`);
    assert.deepEqual(await click(), [`${origin}/holds`]);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${origin}/signin`);
    await page.goto(opened[0]);
    assert.equal(page.url(), `${origin}/signin?to=${path}`);
    await look('signin-for-a-hold', new URL(page.url()).pathname + new URL(page.url()).search);
    await page.getByRole('button', { name: 'Use your passkey' }).click();
    await page.waitForURL(`${origin}${path}`);
    await page.goto(`${origin}/keys`);
    await row.getByRole('button').click();
    await page.getByText('None of your devices is notified.').waitFor();
  },

  /** What a browser without push, or with notifications blocked, says. */
  async withoutPush() {
    await context.addInitScript(() => { delete self.PushManager; });
    await enrolled();
    await page.goto(`${origin}/keys`);
    await page.getByText('This browser has no notifications by push').waitFor();
    assert.ok(await page.getByRole('button', { name: 'Notify this device' }).isDisabled());
    await look('keys-without-push', '/keys');
  },

  /** Stops an agent. */
  async kill() {
    await signIn();
    page.on('dialog', dialog => dialog.accept());
    await page.getByLabel('What', { exact: true }).selectOption('agent');
    await page.getByLabel('Its name').fill(order.agent);
    await page.getByLabel('Why').fill('seen at the console');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.waitForURL(`${origin}/agents`);
    await page.getByText(`Stopped: agent ${order.agent}`).first().waitFor();
    await page.getByRole('link', { name: 'How to lift it' }).click();
    await page.getByText('interlock kill --lift').waitFor();
  },
};

try {
  await flows[order.flow]();
} finally {
  await page.screenshot({ path: `${order.pictures}/end-of-${order.flow}.png`, fullPage: true }).catch(() => {});
  await browser.close();
}
assert.deepEqual(faults, []);
