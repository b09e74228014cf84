// The way in. A code may come in the fragment, which no browser sends anywhere; it is taken out of the address at once.

import { canonical, makePasskey, send, tell } from './console.js';

const field = document.getElementById('code-field');

/** The page that somebody asked for before they were signed in. */
const page = /^\/([a-z]{4,9}|holds\/[HS]-[0-9A-Z]{26})$/.exec(new URLSearchParams(location.search).get('to') ?? '')?.[0];

function goOn(to) {
  location.assign(page ?? to);
}

async function useCode(code) {
  tell('Signing in …');
  try {
    goOn((await send('/signin', { code })).to);
  } catch (error) {
    tell(error.message, 'bad');
    field.focus();
  }
}

document.getElementById('code').addEventListener('submit', event => {
  event.preventDefault();
  useCode(field.value.trim());
});

async function usePasskey() {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    tell('This browser does not support passkeys, or not on this page: it needs HTTPS or localhost.', 'bad');
    return;
  }
  try {
    tell('Touch your passkey …');
    const { login, options } = await send('/signin/options');
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
    const credential = await navigator.credentials.get({ publicKey });
    const assertion = canonical(credential.toJSON());
    goOn((await send('/signin/passkey', { login, assertion })).to);
  } catch (error) {
    tell(error.name === 'NotAllowedError' ? 'No passkey was used.' : error.message, 'bad');
  }
}

document.getElementById('passkey').addEventListener('click', usePasskey);

const invited = document.getElementById('invited');
const ways = [...invited.parentElement.children].filter(one => !invited.contains(one) && !one.matches('h1, #told'));
invited.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = Object.fromEntries([...new FormData(invited)].map(([name, value]) => [name, value.trim()]));
  try {
    tell('Creating the passkey …');
    await makePasskey('/signin/invitation', '/signin/invitation/finish', fields);
  } catch (error) {
    tell(error.name === 'NotAllowedError' ? 'No passkey was made.' : error.message, 'bad');
    return;
  }
  for (const way of ways) way.hidden = false;
  tell('Your passkey is made. Sign in with it.', 'good');
  await usePasskey();
});

document.getElementById('elsewhere')?.addEventListener('click', async () => {
  try {
    tell('Redirecting …');
    // The provider does not bring it back.
    if (page) sessionStorage.setItem('to', page);
    else sessionStorage.removeItem('to');
    location.assign((await send('/signin/elsewhere')).to);
  } catch (error) {
    tell(error.message, 'bad');
  }
});

function takeCode() {
  const code = location.hash.slice(1);
  if (!code) return;
  history.replaceState(null, '', location.pathname + location.search);
  const invitation = new URLSearchParams(code);
  if (!invitation.has('invited')) {
    useCode(code);
    return;
  }
  // A browser makes a passkey only for somebody who asks for it.
  invited.elements.person.value = invitation.get('invited');
  invited.elements.code.value = invitation.get('code');
  for (const way of ways) way.hidden = true; // the others are for people who have a passkey, or a code
  const make = invited.querySelector('button');
  make.classList.add('primary');
  tell('You are invited. Make your passkey with the button below.');
  make.focus();
}

addEventListener('hashchange', takeCode);
takeCode();
