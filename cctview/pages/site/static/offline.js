// Keeps the pages of this site that were opened, and all that their widgets show, so that they play without a network.
// Names in kept/ come from their content, so a file of that name never changes; pages are asked for again where there is a network.
const STORE = "cctview";

async function page(request) {
  const store = await caches.open(STORE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await store.put(request, answer.clone());
    return answer;
  } catch (error) {
    const known = await store.match(request, { ignoreSearch: true });
    if (known) return known;
    throw error;
  }
}

async function file(request) {
  const store = await caches.open(STORE);
  const known = await store.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await store.put(request, answer.clone());
  return answer;
}

/** Keep a page that was open before this worker was, and the files that it names. */
async function keep(address) {
  const answer = await page(new Request(address));
  const text = await answer.clone().text();
  const names = new Set(text.match(/kept\/[\w-]+\.\w+/g) ?? []);
  for (const name of names) {
    const script = await file(new Request(new URL(name, address)));
    if (!name.endsWith(".js")) continue;
    for (const more of (await script.clone().text()).match(/kept\/[\w-]+\.\w+/g) ?? []) await file(new Request(new URL(more, address)));
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  event.respondWith(address.pathname.includes("/kept/") ? file(request) : page(request));
});
self.addEventListener("message", (event) => event.waitUntil(keep(event.source.url.replace(/#.*/, ""))));
