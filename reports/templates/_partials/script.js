// Sorts and filters tables where a browser runs scripts; every page is whole without it.
(() => {
  "use strict";
  const LONG = 12;
  const said = (cell) => {
    const exact = cell.querySelector("data, time");
    const text = exact ? exact.getAttribute("value") ?? exact.getAttribute("datetime") : cell.textContent.trim();
    return cell.querySelector(".unknown") && !exact ? null : text;
  };
  const order = (one, other) => {
    const [a, b] = [Number(one), Number(other)];
    return one !== "" && other !== "" && !Number.isNaN(a) && !Number.isNaN(b) ? a - b : one.localeCompare(other);
  };
  const sort = (table, index, head) => {
    const falling = head.getAttribute("aria-sort") === "ascending";
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [said(row.cells[index]), row]);
    // What is not known stands last, whichever way.
    rows.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : (falling ? -1 : 1) * order(a, b)));
    body.append(...rows.map(([, row]) => row));
  };
  const sortable = (table) => table.tHead?.rows.length === 1 && table.tBodies.length === 1 &&
    table.tBodies[0].rows.length > 1 && [...table.tBodies[0].rows].every((row) => row.cells.length === table.tHead.rows[0].cells.length);
  for (const table of document.querySelectorAll("table")) {
    if (!sortable(table)) continue;
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.setAttribute("aria-label", `Sort by ${head.textContent.trim()}`);
      button.addEventListener("click", () => sort(table, index, head));
      head.append(button);
    });
    if (table.tBodies[0].rows.length < LONG) continue;
    const label = document.createElement("label");
    const input = document.createElement("input");
    label.className = "filter";
    input.type = "search";
    input.addEventListener("input", () => {
      const sought = input.value.trim().toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(sought);
    });
    label.append("Only rows with ", input);
    (table.closest(".scroll") ?? table).before(label);
  }
  // A link to a row that is folded away or filtered out shows it.
  const show = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
})();
