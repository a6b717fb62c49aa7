// Draws how metrics went, each when it comes into sight, with the colours of the theme.
const plots = document.querySelector(".plots");
const runs = [...document.querySelectorAll("[data-charted] [data-run]")].map((item) => ({
  id: item.dataset.run,
  name: item.textContent,
}));
const drawn = new Map(); // figures, and what is drawn in them

if (plots) {
  const inSight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      inSight.unobserve(target);
      show(target);
    }
  });
  for (const figure of plots.querySelectorAll(".plot")) inSight.observe(figure);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

async function show(figure) {
  const query = new URLSearchParams({ metric: figure.dataset.metric });
  for (const { id } of runs) query.append("run", id);
  const canvas = figure.querySelector(".plot-canvas");
  try {
    const answer = await fetch(`${plots.dataset.courses}?${query}`);
    if (!answer.ok) throw new Error(answer.statusText);
    const { courses } = await answer.json();
    draw(figure, aligned(courses));
  } catch {
    canvas.textContent = "This chart could not be loaded. Reload the page to try again.";
  }
}

/** The points of all runs over one axis, as uPlot takes them. */
function aligned(courses) {
  const over = plots.dataset.axis === "time" ? "times" : "steps";
  return window.uPlot.join(
    courses.map((course) => {
      const points = course[over].map((at, place) => [at, course.values[place]]);
      const last = new Map(points.sort((a, b) => a[0] - b[0])); // of several at one place the last
      return [[...last.keys()], [...last.values()]];
    }),
  );
}

function draw(figure, data) {
  const canvas = figure.querySelector(".plot-canvas");
  drawn.get(figure)?.plot.destroy();
  canvas.textContent = "";
  const plot = new window.uPlot(options(canvas), data, canvas);
  if (!drawn.has(figure)) new ResizeObserver(() => resize(figure)).observe(canvas);
  drawn.set(figure, { plot, data });
}

function options(canvas) {
  const style = getComputedStyle(document.documentElement);
  const axis = { stroke: colour(style, "--text-muted"), grid: { stroke: colour(style, "--line"), width: 1 } };
  const isSingle = runs.length === 1;
  return {
    width: canvas.clientWidth,
    height: 240,
    scales: { x: { time: plots.dataset.axis === "time" } },
    axes: [
      { ...axis, ticks: { stroke: colour(style, "--line") } },
      { ...axis, ticks: { stroke: colour(style, "--line") }, size: 64, values: (_, values) => values.map(short) },
    ],
    legend: { show: true },
    series: [
      { label: plots.dataset.axis === "time" ? "Time" : "Step" },
      ...runs.map(({ name }, place) => ({
        label: isSingle ? canvas.parentElement.dataset.metric : name,
        stroke: colour(style, `--series-${(place % 8) + 1}`),
        width: 2,
        dash: place < 8 ? [] : [6, 4],
        spanGaps: true,
        value: (_, value) => (value === null || value === undefined ? "–" : short(value)),
      })),
    ],
  };
}

const short = (value) => (value === null ? "" : Number(value.toPrecision(6)).toString());

/** The value of a token as a canvas takes it: of `light-dark()`, the side that the theme has now. */
function colour(style, name) {
  const sample = document.createElement("span");
  sample.style.color = style.getPropertyValue(name);
  document.body.append(sample);
  const value = getComputedStyle(sample).color;
  sample.remove();
  return value;
}

function resize(figure) {
  const { plot } = drawn.get(figure);
  const width = figure.querySelector(".plot-canvas").clientWidth;
  if (width && width !== plot.width) plot.setSize({ width, height: plot.height });
}

function redraw() {
  for (const [figure, { data }] of drawn) draw(figure, data);
}
