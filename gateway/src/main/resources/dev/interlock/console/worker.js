// Shows what the gateway pushes, and opens the hold when somebody taps it. It serves no page and stores nothing.

const HOLD = /^\/holds\/[HS]-[0-9A-Z]{26}$/;

/** The gateway encrypts every message for this browser alone. Even so, only a hold of this console is ever opened. */
function read(data) {
  try {
    const said = data.json();
    if (HOLD.test(said.path)) return { path: said.path, text: String(said.text) };
  } catch {
    // shown as below
  }
  return { path: '/holds', text: 'Open the console to see it.' };
}

self.addEventListener('push', event => {
  const { path, text } = read(event.data);
  event.waitUntil(self.registration.showNotification('A call waits for you', {
    body: text,
    data: { path },
    tag: path, // one for each hold, and a ring again when nobody has answered
    renotify: true,
    requireInteraction: true,
  }));
});

async function open(path) {
  const address = new URL(path, self.location.origin).href;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(one => one.url === address);
  return there ? there.focus() : self.clients.openWindow(address);
}

self.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.path));
});
