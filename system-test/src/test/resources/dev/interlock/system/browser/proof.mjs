// Drops a proof onto the page of `interlock prove --page`, offline. Told on standard input, as JSON: the page, the proof,
// the keys to trust, and where pictures go. Whatever goes wrong ends it with another status than 0.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';

const order = JSON.parse(readFileSync(0, 'utf8'));
const require = createRequire(`${order.modules}/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
mkdirSync(order.pictures, { recursive: true });
const browser = await chromium.launch({ executablePath: order.chromium, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
const faults = [];
const proof = readFileSync(order.proof, 'utf8');

async function open(dark, width) {
  const context = await browser.newContext({ viewport: { width, height: 812 }, colorScheme: dark ? 'dark' : 'light', offline: true });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  page.on('request', (request) => request.url() === `file://${order.page}` || faults.push(`asked for ${request.url()}`));
  await page.goto(`file://${order.page}`);
  return page;
}

/** What axe-core finds wrong. Evaluated from outside of the page, whose own policy forbids it. */
async function violations(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe });
  const { result } = await session.send('Runtime.evaluate', {
    expression: 'axe.run(document).then(({ violations }) => JSON.stringify(violations.map((one) => [one.id, one.nodes[0].html])))',
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value;
}

const says = async (page, words) => {
  await page.waitForFunction((text) => document.querySelector('.verdict')?.textContent.startsWith(text), words);
  return page.textContent('#result');
};

const drop = (page, text) =>
  page.evaluate((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], '<b>\u202e'));
    document.getElementById('drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, text);

for (const [dark, width] of [[false, 1000], [true, 375]]) {
  const page = await open(dark, width);
  await page.setInputFiles('#file', order.proof);
  const compared = await says(page, 'All holds, if these keys are the right ones');
  for (const word of [order.log_key, 'named by the file: compare it', 'sam, with a key file', 'The signature is genuine', 'done', ...order.words]) {
    assert.ok(compared.includes(word), `${word} is not in: ${compared}`);
  }
  await page.keyboard.press('Tab'); // from the result to the first receipt
  await page.keyboard.press('Enter');
  await page.click('#keys summary');
  await page.fill('#log-keys', order.log_key);
  await page.fill('#seal-keys', order.seal_key);
  await says(page, 'Proven by the keys that you trust');
  assert.equal(await violations(page), '[]');
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it is wider than the window');
  await page.screenshot({ path: `${order.pictures}/proof-${width}.png`, fullPage: true });
  await page.fill('#seal-keys', order.other_key);
  await says(page, 'This file proves nothing: only 0 of the given seal keys');
  await page.context().close();
}

const page = await open(false, 1000);
await drop(page, proof);
const name = await says(page, 'All holds');
assert.ok(name.includes('File: <b>\\u{202e}'), name);
assert.equal(await page.$('#result b'), null, 'what a file says became markup');
await drop(page, proof.replace('"result":"done"', '"result":"failed"'));
await says(page, 'This file proves nothing: a receipt is not in the log');
await drop(page, '{"nonsense":');
await says(page, 'This file proves nothing: it is not JSON');
// The verdict of a file whose check takes longer must not appear under the name of the next one.
await page.evaluate(() => {
  const { verify } = crypto.subtle;
  window.slow = new Promise((done) => {
    crypto.subtle.verify = async (...args) => {
      crypto.subtle.verify = verify;
      window.begun = true;
      await new Promise((next) => setTimeout(next, 1000));
      setTimeout(done, 1000);
      return verify.apply(crypto.subtle, args);
    };
  });
});
await drop(page, proof);
await page.waitForFunction(() => window.begun);
await drop(page, '{"nonsense":');
await page.evaluate(() => window.slow);
await says(page, 'This file proves nothing: it is not JSON');
// A browser that does not know Ed25519 must say so, and judge nothing.
await page.evaluate(() => { crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError')); });
await drop(page, proof);
await says(page, 'Not checked: this browser cannot check Ed25519');

assert.deepEqual(faults, []);
await browser.close();
