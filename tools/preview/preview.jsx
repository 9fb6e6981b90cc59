// Draws the panels of a board with Grafana's own components, from what a Prometheus answers.
//
// A look at a board where no Grafana can be had, and no proof that Grafana loads it: variables are given in the address,
// transformations are those that our tables use, and of overrides only dashes, links and bars in cells are known.
import { createRoot } from "react-dom/client";
import { MemoryRouter } from "react-router-dom";
import { initPluginTranslations } from "@grafana/i18n";
import {
  FieldType,
  ThemeContext,
  createTheme,
  dateTime,
  getDisplayProcessor,
} from "@grafana/data";
import { BigValue, GlobalStyles, PanelChrome, TimeSeries } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import "uplot/dist/uPlot.min.css";

const CELL = 38;
const COLUMN = 64;
const GAP = 8;
const asked = new URLSearchParams(location.search);
const prometheus = asked.get("prometheus");
const to = Number(asked.get("to") || Date.now() / 1000);
const from = to - Number(asked.get("seconds") || 600);
const theme = createTheme({ colors: { mode: asked.get("mode") || "dark" } });
const chosen = { job: ".+", instance: ".+", engine: ".*", container: asked.get("container") || ".+" };

function filled(expr) {
  const values = { ...chosen, __rate_interval: "30s", __interval: "5s", __range: `${Math.round(to - from)}s` };
  const names = Object.keys(values).sort((one, other) => other.length - one.length);
  return names.reduce((text, name) => text.replaceAll(`$${name}`, values[name]), expr);
}

async function ask(target) {
  const query = new URLSearchParams({ query: filled(target.expr), start: from, end: to, step: (to - from) / 300 });
  const what = target.instant ? `query?query=${encodeURIComponent(filled(target.expr))}&time=${to}` : `query_range?${query}`;
  const answer = await (await fetch(`http://${prometheus}/api/v1/${what}`)).json();
  return answer.data.result.filter((series) => (series.values || [series.value]).some(([, value]) => value !== "NaN"));
}

function legend(target, labels) {
  if (target.legendFormat !== "__auto") return target.legendFormat.replace(/{{(\w+)}}/g, (_, name) => labels[name] || "");
  return Object.values(labels).join(", ") || "Value";
}

// What the registry of field options does in Grafana itself.
function configured(panel, name, at) {
  const { defaults, overrides } = panel.fieldConfig;
  const config = { ...defaults, custom: { ...defaults.custom }, displayName: name };
  config.color = panel.type === "timeseries" ? { mode: "palette-classic" } : { mode: "thresholds" };
  for (const { matcher, properties } of overrides) {
    const meant = matcher.id === "byName" ? matcher.options === name : new RegExp(`^(${matcher.options})$`).test(name);
    if (!meant) continue;
    for (const { id, value } of properties) {
      if (id.startsWith("custom.")) config.custom[id.slice(7)] = value;
      else config[id] = value;
    }
  }
  return { config, state: { seriesIndex: at } };
}

function finished(field) {
  field.display = getDisplayProcessor({ field, theme, timeZone: "utc" });
  return field;
}

async function frames(panel) {
  const found = [];
  for (const target of panel.targets) {
    for (const { metric, values, value } of await ask(target)) {
      const points = values || [value];
      const numbers = points.map((point) => (Number.isFinite(Number(point[1])) ? Number(point[1]) : null));
      const more = configured(panel, legend(target, metric), found.length);
      found.push({
        labels: metric,
        fields: [
          { name: "Time", type: FieldType.time, config: {}, values: points.map((point) => point[0] * 1000) },
          finished({ name: more.config.displayName, type: FieldType.number, values: numbers, labels: metric, ...more }),
        ],
        length: points.length,
      });
    }
  }
  return found;
}

async function rows(panel) {
  const [target] = panel.targets;
  const found = (await ask(target)).sort((one, other) => other.value[1] - one.value[1]);
  const { renameByName, indexByName } = panel.transformations[0].options;
  const names = Object.keys(indexByName).sort((one, other) => indexByName[one] - indexByName[other]);
  const fields = names.map((name) => {
    const numeric = name === "Value";
    const values = found.map((series) => (numeric ? Number(series.value[1]) : series.metric[name] || ""));
    const more = configured(panel, renameByName[name], 0);
    if (!numeric) more.config.color = undefined;
    return { name: renameByName[name], type: numeric ? FieldType.number : FieldType.string, values, ...more };
  });
  const frame = { fields: fields.map(finished), length: found.length };
  frame.fields.forEach((field) => (field.getLinks = () => []));
  return frame;
}

const range = { from: dateTime(from * 1000), to: dateTime(to * 1000), raw: { from: "then", to: "now" } };

async function drawn(panel, width, height) {
  if (panel.type === "table") {
    const data = await rows(panel);
    // Rows beyond the frame are left out, as nobody can scroll in a picture.
    data.length = Math.min(data.length, Math.floor(height / 36) - 1);
    data.fields.forEach((field) => (field.values = field.values.slice(0, data.length)));
    return data.length ? <TableNG data={data} width={width} height={height} /> : <Nothing />;
  }
  const found = await frames(panel);
  if (!found.length) return <Nothing />;
  if (panel.type === "timeseries") {
    const list = { showLegend: true, displayMode: "list", placement: "bottom", calcs: [] };
    return <TimeSeries frames={found} width={width} height={height} timeRange={range} timeZone="utc" legend={list} />;
  }
  return (
    <div style={{ display: "flex", gap: GAP, height }}>
      {found.map(({ fields: [, field] }, at) => {
        const value = field.display(field.values[field.values.length - 1]);
        const text = panel.options.textMode;
        const shown = text === "name" ? { ...value, text: field.name, suffix: "", prefix: "" } : value;
        const title = found.length > 1 || text === "value_and_name" ? field.name : undefined;
        const each = Math.floor((width - GAP * (found.length - 1)) / found.length);
        return <BigValue key={at} theme={theme} value={{ ...shown, title }} width={each} height={height} colorMode={panel.options.colorMode} graphMode="none" />;
      })}
    </div>
  );
}

const Nothing = () => <div style={{ color: theme.colors.text.secondary, padding: 16 }}>No data</div>;

async function main() {
  await initPluginTranslations("preview");
  const board = await (await fetch(asked.get("board"))).json();
  const inner = (panel) => [panel.gridPos.w * COLUMN - GAP, panel.gridPos.h * CELL - GAP];
  const panels = await Promise.all(
    board.panels.map(async (panel) => {
      const [width, height] = inner(panel);
      const place = { position: "absolute", left: panel.gridPos.x * COLUMN, top: panel.gridPos.y * CELL + 48, width, height };
      if (panel.type === "row") {
        return <div key={panel.id} style={{ ...place, fontWeight: 500, lineHeight: "30px" }}>{panel.title}</div>;
      }
      // Padding and heading of a panel take as much as this.
      const content = await drawn(panel, width - 18, height - 50);
      return (
        <div key={panel.id} style={place}>
          <PanelChrome title={panel.title} width={width} height={height} padding="md">{() => content}</PanelChrome>
        </div>
      );
    }),
  );
  const bottom = Math.max(...board.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  document.body.style.margin = 0;
  document.body.style.background = theme.colors.background.canvas;
  document.body.style.color = theme.colors.text.primary;
  createRoot(document.getElementById("board")).render(
    <MemoryRouter>
      <ThemeContext.Provider value={theme}>
        <GlobalStyles />
        <div style={{ position: "relative", width: 24 * COLUMN, height: bottom * CELL + 48, fontFamily: "sans-serif", fontSize: 14 }}>
          <h3 style={{ margin: 0, padding: 8 }}>{board.title}</h3>
          {panels}
        </div>
      </ThemeContext.Provider>
    </MemoryRouter>,
  );
  requestAnimationFrame(() => setTimeout(() => (document.title = "drawn"), 2000));
}

main().catch((error) => {
  document.title = `failed: ${error.stack || error}`;
});
