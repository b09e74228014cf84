// Passkeys: enrolling one, and signing a hold with it. What is signed is the statement that the gateway keeps; this page
// only carries it to the authenticator, which says yes when somebody touches it.

import { canonical, send, tell } from './console.js';

function words(error) {
  return error.name === 'NotAllowedError' ? 'No passkey was used. Nothing was signed.' : error.message;
}

async function assertion(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

const sign = document.getElementById('sign');
sign?.addEventListener('submit', async event => {
  event.preventDefault();
  const button = sign.querySelector('button');
  button.disabled = true;
  try {
    tell('Touch your passkey …');
    const { options } = await send(sign.dataset.options);
    const credential = await assertion(options);
    const fields = { assertion: canonical(credential.toJSON()) };
    const typed = document.getElementById('typed');
    if (typed) fields.typed_name = typed.value;
    const result = await send(sign.dataset.sign, fields);
    tell(result.result, 'good');
    location.reload();
  } catch (error) {
    tell(words(error), 'bad');
    button.disabled = false;
  }
});

const enrol = document.getElementById('enrol');
enrol?.addEventListener('submit', async event => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(enrol));
  if (!fields.code) delete fields.code;
  try {
    tell('Make the passkey …');
    const { enrolment, options } = await send(enrol.dataset.begin, fields);
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    const made = await send(enrol.dataset.finish, {
      ...fields,
      enrolment,
      credential: canonical(credential.toJSON()),
    });
    if (made.statement) {
      const statement = document.getElementById('statement');
      statement.textContent = made.words ?? made.statement;
      statement.hidden = false;
      tell('It waits until a key that you have already endorses it.', 'wait');
    } else {
      location.reload();
    }
  } catch (error) {
    tell(words(error), 'bad');
  }
});
