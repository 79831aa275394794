"""How the pages behind a card's links look: one column, large buttons, light or dark as the reader's device."""

STYLE = """
:root{--ink:#1b1b1f;--soft:#5c5f6a;--line:#dcdfe6;--back:#f4f5f8;--paper:#fff;--go:#0b5cad;--on-go:#fff;--note:#fff4d6}
@media (prefers-color-scheme:dark){:root{--ink:#e8e9ee;--soft:#a2a6b3;--line:#3a3d47;--back:#15161a;--paper:#1f2127;
--go:#6cb2ff;--on-go:#08203a;--note:#3a3216}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:17px/1.5 system-ui,"Segoe UI",sans-serif;
overflow-wrap:anywhere}
main{max-width:44rem;margin:0 auto;padding:1rem 1.1rem 3rem;background:var(--paper);min-height:100vh}
.product{margin:0;color:var(--soft);font-size:.85rem;letter-spacing:.06em;text-transform:uppercase}
h1{font-size:1.5rem;line-height:1.25;margin:.4rem 0 .6rem}
h2{font-size:1.05rem;margin:1.6rem 0 .4rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;font-size:.85rem;font-weight:600;
background:#8a5a00;color:#fff}
.sev1{background:#b3141d}.sev2{background:#c2410c}.sev4,.open{background:#4a5160}.ok{background:#1a7f37}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1rem 0;padding:.8rem 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
dt{color:var(--soft)}dd{margin:0}
ul,ol{padding-left:1.2rem;margin:.3rem 0}
li{margin:.3rem 0}
time{color:var(--soft);font-variant-numeric:tabular-nums}
form{margin:1.4rem 0;padding:.2rem 1rem 1rem;border:1px solid var(--line);border-radius:.7rem}
label{display:block;font-weight:600;margin-bottom:.3rem}
input{width:100%;font:inherit;padding:.7rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--back);
color:var(--ink)}
button{display:block;width:100%;min-height:3.2rem;margin-top:.7rem;font:inherit;font-weight:600;border:0;
border-radius:.5rem;background:var(--go);color:var(--on-go);cursor:pointer}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid var(--go);outline-offset:2px}
.note{background:var(--note);border-radius:.5rem;padding:.6rem .8rem}
.hint{color:#b3141d;background:#fff;border-radius:.5rem;padding:.5rem .8rem;font-weight:600}
a{color:var(--go)}
pre,table{display:block;overflow-x:auto;max-width:100%}
pre{background:var(--back);padding:.7rem;border-radius:.5rem;font-size:.85rem;line-height:1.4}
code{font-size:.9em;font-family:ui-monospace,Consolas,monospace}
table{border-collapse:collapse;font-size:.9rem}
th,td{border:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
td{overflow-wrap:normal}
"""
