// Every chart on the page is an SVG: saved as it stands, or drawn twice as large into a PNG.
const CHART = '[data-testid="stVegaLiteChart"]';
const SCALE = 2; // pixels of the PNG for one of the page

function charts() {
  const seen = new Map();
  return [...document.querySelectorAll(CHART)].flatMap((element) => {
    const svg = element.querySelector("svg.marks");
    if (!svg) return [];
    const name = element.getAttribute("aria-label") ?? "chart";
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [{ name: count > 1 ? `${name} (${count})` : name, svg }];
  });
}

function copy(svg) {
  const made = svg.cloneNode(true);
  const { width, height } = svg.viewBox.baseVal;
  made.setAttribute("width", width);
  made.setAttribute("height", height);
  const ground = document.createElementNS(svg.namespaceURI, "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor);
  made.prepend(ground);
  return { made, width, height };
}

const text = (svg) => new XMLSerializer().serializeToString(svg);

// A picture made of an SVG sees no font of the page, unless the SVG brings it along.
async function withFonts(svg, original) {
  const used = [...original.querySelectorAll("text")].map((mark) => getComputedStyle(mark).fontFamily).join();
  const rules = [...document.styleSheets].flatMap((sheet) => {
    try { return [...sheet.cssRules]; } catch { return []; } // another origin's sheet may not be read
  });
  const faces = rules.filter((rule) => rule instanceof CSSFontFaceRule
    && used.includes(rule.style.fontFamily.replaceAll(/["']/g, "")) && rule.style.fontStyle !== "italic");
  const styles = await Promise.all(faces.map(async (face) => {
    const source = face.cssText.match(/url\("([^"]+)"\)/)?.[1];
    if (!source) return "";
    const blob = await (await fetch(new URL(source, face.parentStyleSheet.href ?? location.href))).blob();
    const data = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(blob);
    });
    return face.cssText.replace(source, data);
  }));
  const style = document.createElementNS(svg.namespaceURI, "style");
  style.textContent = styles.join("\n");
  svg.prepend(style);
}

async function png(svg) {
  const { made, width, height } = copy(svg);
  await withFonts(made, svg);
  const address = URL.createObjectURL(new Blob([text(made)], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {
    width: Math.round(SCALE * width), height: Math.round(SCALE * height),
  });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

const svgFile = async (svg) => new Blob([text(copy(svg).made)], { type: "image/svg+xml" });

async function save(name, kind, make) {
  const found = charts().find((chart) => chart.name === name);
  if (!found) return;
  const address = URL.createObjectURL(await make(found.svg));
  const file = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-|-$/g, "");
  Object.assign(document.createElement("a"), { href: address, download: `${file}.${kind}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

export default function ({ data, parentElement }) {
  const list = parentElement.querySelector("ul");
  const rows = charts().map(({ name }) => {
    const row = document.createElement("li");
    row.append(Object.assign(document.createElement("span"), { textContent: name }));
    for (const [kind, make] of [["png", png], ["svg", svgFile]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: kind.toUpperCase() });
      button.setAttribute("aria-label", `${name}: ${kind.toUpperCase()}`);
      button.onclick = () => save(name, kind, make);
      row.append(button);
    }
    return row;
  });
  const none = Object.assign(document.createElement("li"), { textContent: data.none });
  list.replaceChildren(...(rows.length ? rows : [none]));
}
