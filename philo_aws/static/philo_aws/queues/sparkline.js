// Draws numbers as a line into an <svg viewBox="0 0 100 24">.

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 100;
const HEIGHT = 24;
const MARGIN = 2;

export function drawSparkline(svg, values, label) {
    const low = Math.min(...values);
    const spread = Math.max(...values) - low;
    // A level that does not change lies in the middle, an empty queue at the bottom.
    const level = low ? 0.5 : 0;
    const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
    const points = values.map((value, index) => {
        const height = spread ? (value - low) / spread : level;
        return [index * step, HEIGHT - MARGIN - height * (HEIGHT - 2 * MARGIN)];
    });
    if (points.length === 1) {
        points.push([WIDTH, points[0][1]]);
    }
    const line = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const area = document.createElementNS(NAMESPACE, "polygon");
    area.setAttribute("points", `0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`);
    const stroke = document.createElementNS(NAMESPACE, "polyline");
    stroke.setAttribute("points", line);
    svg.replaceChildren(area, stroke);
    svg.setAttribute("aria-label", label);
}
