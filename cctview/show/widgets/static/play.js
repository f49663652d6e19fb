// Brings to life what pages without Python show: what cctview.show.widgets.keep.living wrote, and moments whose data lie in a script
// file (data-kept), each when it comes near the screen; other moments at once.

const PLAYERS = ".cctview-living[data-player], .cctview-moment[data-later]";

async function enliven(el) {
  const { player, later, kept } = el.dataset;
  if (later) {
    const { data, state } = await load(kept);
    el.classList.add("live");
    return mount(el, moments[later], data, state);
  }
  if (el.classList.contains("live") || !players[player]) return;
  el.classList.add("live");
  const data = JSON.parse(el.querySelector(":scope > script[type='application/json']").textContent);
  const place = make("div", { class: "player" });
  el.append(place);
  players[player](place, data);
}

const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    void enliven(target);
  }
}, { rootMargin: "1000px" });

for (const [name, play] of Object.entries(moments)) start(name, play);
for (const el of document.querySelectorAll(PLAYERS)) near.observe(el);
