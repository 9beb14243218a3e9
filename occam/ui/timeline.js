// A range input that the page moves and the viewer may take hold of: letting go sends the record as one event, so a
// position that the page has moved since is never taken for the viewer's wish.
const HOLD = 400; // milliseconds after letting go in which the page's older positions are not shown

const LOOK = 30; // milliseconds between two looks for the first picture
const PATIENCE = 3000; // milliseconds after which the rest is asked for without it
const LEAVING = 5000; // milliseconds after a click on a page's link in which nothing is asked for

// A wish for the rest of a page that is being left meets the next one half-way, and that may then stay blank.
let left = -LEAVING;
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-testid=stPageLink-NavLink]")) left = performance.now();
}, true);
const PICTURE = "[data-testid=stVegaLiteChart] svg.marks";

// Maps are fetched by the renderer, asynchronously even from a data URL.
const drawn = () => {
  const images = document.querySelector(PICTURE)?.querySelectorAll("image");
  return images && [...images].every((image) => image.getAttribute("href") || image.getAttribute("xlink:href"));
};

export default function ({ data, parentElement, setTriggerValue }) {
  const input = parentElement.querySelector("input");
  const bubble = parentElement.querySelector("output");
  const stepOf = (index) => data.labels[index]
    ?? Math.min(index * data.every, data.last).toLocaleString("en").replaceAll(",", "\u202f");

  const say = () => {
    const step = stepOf(Number(input.value));
    const share = Number(input.max) ? Number(input.value) / Number(input.max) : 0;
    input.setAttribute("aria-valuetext", `${data.word} ${step}`);
    input.style.setProperty("--share", share);
    bubble.textContent = step;
    bubble.style.setProperty("--share", share);
  };

  for (const [name, text] of Object.entries(data.texts)) {
    for (const place of document.querySelectorAll(`[data-live="${name}"]`)) {
      if (place.written !== text) place.innerHTML = place.written = text;
    }
  }
  if (data.awaits && !input.awaiting) {
    input.awaiting = true;
    const began = performance.now();
    const look = () => {
      const now = performance.now();
      if (!input.isConnected) return;
      if (now - left < LEAVING || (!drawn() && now - began < PATIENCE)) setTimeout(look, LOOK);
      else requestAnimationFrame(() => setTimeout(() => setTriggerValue("drawn", true)));
    };
    look();
  }
  input.setAttribute("aria-label", data.label);
  input.disabled = data.records < 2;
  input.max = Math.max(data.records - 1, 1);
  input.onpointerdown = () => { input.held = true; };
  input.oninput = say;
  input.onchange = () => {
    input.held = false;
    input.until = performance.now() + HOLD;
    setTriggerValue("scrub", Number(input.value));
  };
  input.onpointerup = () => { input.held = false; };
  // The page's shortcuts do not listen to inputs; a range has no use for letters, digits and the space bar.
  input.onkeydown = (event) => {
    if (event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: event.key, code: event.code, bubbles: true }));
  };
  if (!input.held && performance.now() > (input.until ?? 0)) input.value = data.index;
  say();
}
