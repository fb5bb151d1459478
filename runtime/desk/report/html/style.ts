/** The style of the page: light and dark, on paper and on a telephone. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#5b6470;--paper:#fff;--card:#f5f6f8;--rule:#dde1e6;
--whole:#b8c0ca;--part:#c2570c;--s0:#1f6feb;--s1:#c2570c;--gain:#1a7f37;--loss:#b3261e}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#9aa4b0;--paper:#14171b;--card:#1d2126;--rule:#323840;
--whole:#5a6572;--part:#f0883e;--s0:#6cb0ff;--s1:#f0883e;--gain:#4cc368;--loss:#ff7b72}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px}
h2{font-size:1.2rem;margin:44px 0 4px;padding-top:20px;border-top:1px solid var(--rule)}
p{margin:6px 0;max-width:75ch}
.about,.text{color:var(--soft)}
.said{font-size:1.08rem;margin-top:22px}.said p:first-child{font-size:1.3rem;line-height:1.4;font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(215px,1fr));gap:12px;margin:26px 0 0}
.tiles div{background:var(--card);border-radius:8px;padding:12px 14px}
.tiles dt{font-size:.82rem;color:var(--soft)}
.tiles dd{margin:0}.tiles dd b{font-size:1.45rem;line-height:1.3;font-variant-numeric:tabular-nums}
.tiles small{display:block;color:var(--soft);line-height:1.35}
figure{margin:18px 0 0}
figcaption{display:flex;flex-wrap:wrap;gap:2px 18px;margin-bottom:8px}
.keys{display:flex;flex-wrap:wrap;gap:2px 14px;color:var(--soft);font-size:.88rem}
.keys i{display:inline-block;width:11px;height:11px;border-radius:2px;margin-right:6px}
i.whole{background:var(--whole)}i.part{background:var(--part)}i.s0{background:var(--s0)}i.s1{background:var(--s1)}
.plot{display:grid;grid-template-columns:5.8em 1fr;font-size:.8rem;color:var(--soft);font-variant-numeric:tabular-nums}
.plot.limited{grid-template-columns:5.8em 1fr 6.4em}
.y,.names{position:relative}
.y span,.names span{position:absolute;transform:translateY(-50%);line-height:1;white-space:nowrap}
.y span{right:8px}.names span{left:6px;color:var(--loss)}
.area{height:200px;border-left:1px solid var(--rule);border-bottom:1px solid var(--rule)}
.area svg{width:100%;height:100%;display:block;overflow:visible}
.x{grid-column:2;display:flex;justify-content:space-between;gap:8px;padding-top:4px}
.x span:last-child{text-align:right}.x span:nth-child(2){text-align:center}
rect.whole{fill:var(--whole)}rect.part{fill:var(--part)}rect.gain{fill:var(--gain)}rect.loss{fill:var(--loss)}
line,polyline{fill:none;vector-effect:non-scaling-stroke}
line.grid{stroke:var(--rule)}line.zero{stroke:var(--soft)}line.limit{stroke:var(--loss);stroke-dasharray:5 4}
polyline{stroke-width:2;stroke-linejoin:round}polyline.s0{stroke:var(--s0)}polyline.s1{stroke:var(--s1)}
.wide{overflow-x:auto;margin-top:14px}
table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;min-width:min(100%,420px)}
th,td{padding:5px 14px 5px 0;text-align:left;border-bottom:1px solid var(--rule);vertical-align:top;white-space:nowrap}
th{font-weight:600;color:var(--soft);font-size:.84rem}
.number{text-align:right}.said-table td{white-space:normal}
.cell{width:120px;height:10px;display:block;margin-top:7px}
footer{margin-top:48px;color:var(--soft);font-size:.85rem}
@media (max-width:560px){main{padding:20px 14px 48px}.tiles{grid-template-columns:1fr 1fr;gap:8px}
.tiles dd b{font-size:1.15rem}.x span:nth-child(2){display:none}.cell{width:70px}}
@media print{:root{color-scheme:light}main{max-width:none;padding:0}section{break-inside:avoid-page}
figure,tr{break-inside:avoid}.wide{overflow:visible}h2{break-after:avoid}body{font-size:10pt}
table{font-size:8pt}th{font-size:8pt}th,td{white-space:normal;padding-right:8px}.number{white-space:nowrap}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`;
