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

/** One button: what is to be signed comes from the gateway, and the answer goes back with it. */
function onSign(form, more, done, asking = () => undefined) {
  form?.addEventListener('submit', async event => {
    event.preventDefault();
    const button = form.querySelector('button');
    button.disabled = true;
    try {
      tell('Touch your passkey …');
      const said = asking();
      const asked = await send(form.dataset.options, said);
      // Somebody may have narrowed it since: what this page shows is what is signed, or nothing is.
      if (form.dataset.words && asked.words !== form.dataset.words) {
        throw new Error('It has changed since this page was opened. Review it again before you sign.');
      }
      const credential = await assertion(asked.options);
      const fields = { signature: canonical(credential.toJSON()), ...more(asked, said) };
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
onSign(document.getElementById('sign'), () => (typed ? { typed_name: typed.value } : {}), () => location.reload());
onSign(document.getElementById('lift'), asked => ({ statement: asked.statement }), () => location.assign('/agents'));
for (const form of document.querySelectorAll('form.endorse, form.practice')) onSign(form, () => ({}), () => location.reload());

const glass = document.getElementById('glass');
onSign(
  glass,
  (_, said) => ({ reason: said.reason, typed_name: glass.elements.typed_name.value }),
  () => location.reload(),
  () => ({ reason: glass.elements.reason.value.trim() }),
);
for (const form of document.querySelectorAll('form.review')) {
  onSign(
    form,
    asked => ({ statement: asked.statement }),
    () => location.reload(),
    () => ({ finding: form.elements.finding.value.trim() }),
  );
}

const enrol = document.getElementById('enrol');
enrol?.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(enrol));
  if (!fields.code) delete fields.code;
  try {
    tell('Creating the passkey …');
    const made = await makePasskey(enrol.dataset.begin, enrol.dataset.finish, fields);
    if (made.statement) {
      const statement = document.getElementById('statement');
      statement.textContent = made.words ?? made.statement;
      statement.hidden = false;
      tell('It waits for an endorsement by a key that you already have.', 'wait');
    } else {
      location.reload();
    }
  } catch (error) {
    tell(words(error), 'bad');
  }
});
