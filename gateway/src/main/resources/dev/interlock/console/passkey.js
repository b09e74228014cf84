// Passkeys: enrolling one, and signing a hold with it. What is signed is the statement that the gateway keeps; this page
// only carries it to the authenticator, which says yes when somebody touches it.

import { canonical, makePasskey, send, tell } from './console.js';

function words(error) {
  return error.name === 'NotAllowedError' ? 'No passkey was used. Nothing was signed.' : error.message;
}

async function assertion(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

const LIST = 'interlock-statements@v1';

/** Returns whether what would be signed is what this page shows, with no other grant than the one that was chosen. */
function isShown(form, wanted, asked) {
  if (!wanted.calls) return asked.words === form.dataset.words;
  return asked.statement === canonical({
    more: { calls: Number(wanted.calls), until: wanted.until },
    statements: JSON.parse(form.dataset.digests),
    type: LIST,
  });
}

/** Returns the grant that was chosen, if any, until a whole second. */
function granting() {
  if (!document.getElementById('more')?.checked) return {};
  const until = new Date(Date.now() + Number(document.getElementById('hours').value) * 3600e3);
  return { calls: document.getElementById('calls').value, until: `${until.toISOString().slice(0, 19)}Z` };
}

/** One button: what is to be signed comes from the gateway, and the answer goes back with it. */
function onSign(form, more, done, ask = () => ({})) {
  form?.addEventListener('submit', async event => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      tell('Touch your passkey …');
      const wanted = ask();
      const asked = await send(form.dataset.options, wanted);
      // Somebody may have narrowed it since: what this page shows is what is signed, or nothing is.
      if (form.dataset.words && !isShown(form, wanted, asked)) {
        throw new Error('It has changed since this page was opened. Review it again before you sign.');
      }
      const credential = await assertion(asked.options);
      const fields = { signature: canonical(credential.toJSON()), ...more(asked) };
      const result = await send(form.dataset.sign, fields);
      tell(result.result ?? 'Signed.', 'good');
      done();
    } catch (error) {
      tell(words(error), 'bad');
      button.disabled = false;
    }
  });
}

const typed = document.getElementById('typed');
const sign = document.getElementById('sign');
onSign(sign, asked => ({
  ...(typed ? { typed_name: typed.value } : {}),
  // One signature over a list: of several holds, or with a grant.
  ...(JSON.parse(asked.statement).type === LIST ? { statement: asked.statement } : {}),
}), () => location.reload(), granting);
onSign(document.getElementById('lift'), asked => ({ statement: asked.statement }), () => location.assign('/agents'));
for (const form of document.querySelectorAll('form.endorse, form.practice')) onSign(form, () => ({}), () => location.reload());
