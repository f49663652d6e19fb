// Brings to life what pages without Python show (cctview.show.widgets.keep.living), each when it comes near the screen.

const PLAYER = ".cctview-living[data-player]";

function enliven(el) {
  const { player } = el.dataset;
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
    enliven(target);
  }
}, { rootMargin: "1000px" });

for (const [name, play] of Object.entries(moments)) start(name, play);
for (const el of document.querySelectorAll(PLAYER)) near.observe(el);
