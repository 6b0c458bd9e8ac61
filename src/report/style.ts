/** Light and dark as the reader's system has it; on paper always light. No file, font or script from elsewhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f7f9; --line: #d8dce3; --text: #1b1f26; --soft: #5b6472;
  --delivering: #1a7f4b; --idle: #3d6fb4; --failing: #c62f3b; --none: #946200; --unknown: #6b7280;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171c; --panel: #1d2128; --line: #363c47; --text: #e7eaf0; --soft: #a0a9b8;
    --delivering: #4cc38a; --idle: #7ba9ea; --failing: #ff7a85; --none: #e2ad4b; --unknown: #9aa3b2;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
footer { padding: 24px; color: var(--soft); font-size: 13px; }
h1 { font-size: 24px; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 40px 0 8px; }
p { margin: 4px 0; }
a { color: inherit; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; padding: 0; margin: 20px 0 0; list-style: none; }
.tiles li { flex: 1 1 130px; padding: 10px 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
.tiles b { display: block; font-size: 24px; line-height: 1.2; font-weight: 600; }
.places { display: flex; flex-wrap: wrap; gap: 4px 24px; padding: 0; margin: 16px 0 0; list-style: none; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; }
td:first-child { font-weight: 500; }
.clusters { table-layout: fixed; min-width: 860px; }
.clusters col:nth-child(1) { width: 22%; } .clusters col:nth-child(3) { width: 108px; } .clusters col:nth-child(4) { width: 160px; }
.clusters col:nth-child(n + 5) { width: 84px; } .clusters col:nth-child(7) { width: 104px; }
.state { white-space: nowrap; font-weight: 600; }
.delivering { color: var(--delivering); } .idle { color: var(--idle); } .failing { color: var(--failing); }
.none { color: var(--none); } .unknown { color: var(--unknown); }
.notes { padding: 0; list-style: none; }
.notes li { padding: 8px 12px; margin: 8px 0; background: var(--panel); border-left: 3px solid var(--none); }
.notes li.error { border-color: var(--failing); }
svg { display: block; max-width: 100%; height: auto; }
.flow { min-width: 760px; }
svg text { fill: var(--text); font: 13px system-ui, sans-serif; }
svg .small { fill: var(--soft); font-size: 11px; }
svg .box { fill: var(--panel); stroke: var(--line); }
svg .box.delivering, svg .edge.delivering { stroke: var(--delivering); } svg .box.idle, svg .edge.idle { stroke: var(--idle); }
svg .box.failing, svg .edge.failing { stroke: var(--failing); } svg .box.none, svg .edge.none { stroke: var(--none); }
svg .box.unknown, svg .edge.unknown { stroke: var(--unknown); }
svg .edge { fill: none; stroke: var(--line); stroke-width: 1.5; }
svg .edge.none, svg .edge.unknown, svg .edge.failing, svg .edge.cut { stroke-dasharray: 4 4; }
svg .mark { font-weight: 700; text-anchor: middle; }
svg .mark.delivering { fill: var(--delivering); } svg .mark.idle { fill: var(--idle); } svg .mark.failing { fill: var(--failing); }
svg .mark.none { fill: var(--none); } svg .mark.unknown { fill: var(--unknown); }
.finding { margin: 12px 0; padding: 10px 14px; background: var(--panel); border: 1px solid var(--line); border-left-width: 4px; border-radius: 8px; }
.finding.critical, .finding.high { border-left-color: var(--failing); } .finding.medium { border-left-color: var(--none); }
.finding.low { border-left-color: var(--idle); }
.finding h3 { font-size: 16px; margin: 0; }
.finding dl { display: grid; grid-template-columns: 96px 1fr; gap: 2px 12px; margin: 8px 0 0; font-size: 14px; }
.finding dt { color: var(--soft); } .finding dd { margin: 0; overflow-wrap: anywhere; }
.critical, .high { color: var(--failing); } .medium { color: var(--none); } .low { color: var(--idle); } .informational { color: var(--unknown); }
.finding { color: var(--text); }
.bars .critical, .bars .high { fill: var(--failing); } .bars .medium { fill: var(--none); } .bars .low { fill: var(--idle); }
.bars .informational { fill: var(--unknown); }
.bars rect, .bars .came { fill: var(--line); } .bars .sent { fill: var(--delivering); } .bars .lost { fill: var(--failing); }
@media print {
  :root {
    --ground: #fff; --panel: #fff; --line: #bbb; --text: #000; --soft: #444;
    --delivering: #1a7f4b; --idle: #3d6fb4; --failing: #c62f3b; --none: #946200; --unknown: #6b7280;
  }
  body { font-size: 11px; } table { font-size: 10px; }
  section, tr, .notes li, .finding, svg { break-inside: avoid; }
  main, header, footer { max-width: none; padding: 0; }
}
`;
