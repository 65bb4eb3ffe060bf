"""Every dashboard against the types that Grafana publishes, the oldest and the newest that are supported.

@grafana/schema has no JSON Schema but TypeScript types, so the compiler is the judge: each dashboard, the options of each
panel and its queries are written as constants of their types, and a key or a word that a type does not know is an error.
"""

import json
import os
import pathlib
import shutil
import subprocess

from common import ROOT, Skip, dashboards, panels

# The oldest Grafana that the dashboards are for, and the newest that there was.
VERSIONS = ("10.4.19", "13.2.3")
COMPILER = "5.9.3"
KINDS = {
    "stat": "Stat", "bargauge": "BarGauge", "timeseries": "TimeSeries", "state-timeline": "StateTimeline", "table": "Table",
    "geomap": "Geomap",
}  # fmt: skip
CUSTOM = ("timeseries", "state-timeline", "table")

HEAD = """import type { TableCellOptions } from '@grafana/schema';
%s
// Types name their words as enums; a JSON file has the words themselves.
type Plain<T> = T extends string ? `${T}`
  : T extends number ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends (infer U)[] ? Plain<U>[]
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
// If these were no errors, nothing below would be one.
// @ts-expect-error
const badWord: Plain<stat.Options>['colorMode'] = 'purple';
// @ts-expect-error
const badKey: Plain<Dashboard> = { schemaVersion: 39, tittle: '' };
// @ts-expect-error
const badNumber: Plain<Dashboard>['graphTooltip'] = 7;
"""


def alias(kind):
    return kind.replace("-", "")


def program(version):
    """The TypeScript that holds all dashboards."""
    old = version == VERSIONS[0]
    imports = "".join(
        f"import type * as {alias(k)} from "
        f"'@grafana/schema/dist/esm/raw/composable/{alias(k)}/panelcfg/x/{name}PanelCfg_types.gen';\n"
        for k, name in KINDS.items()
    )
    file = "dashboard_types.gen" if old else "Dashboard_types.gen"
    imports += f"import type {{ Dashboard }} from '@grafana/schema/dist/esm/raw/dashboard/x/{file}';\n"
    # Later versions have moved the type of a Prometheus query elsewhere.
    if old:
        imports += (
            "import type { PrometheusDataQuery } from "
            "'@grafana/schema/dist/esm/raw/composable/prometheus/dataquery/x/PrometheusDataQuery_types.gen';\n"
        )
    lines, count = [HEAD % imports], 0

    def constant(kind, value):
        nonlocal count
        count += 1
        lines.append(f"const c{count}: Plain<{kind}> = {json.dumps(value, ensure_ascii=False)};")

    for board in dashboards().values():
        constant("Dashboard", board)
        for panel in panels(board):
            kind = alias(panel["type"])
            # What is left out is as the panel has it by default.
            constant(f"Partial<{kind}.Options>", panel["options"])
            if panel["type"] in CUSTOM:
                constant(f"Partial<{kind}.FieldConfig>", panel["fieldConfig"]["defaults"]["custom"])
            for override in panel["fieldConfig"]["overrides"]:
                for one in override["properties"]:
                    if one["id"] == "custom.cellOptions":
                        constant("TableCellOptions", one["value"])
            if old:
                for target in panel["targets"]:
                    constant("PrometheusDataQuery", target)
    return "\n".join(lines) + "\nexport {};\n"


def provide(version):
    """A folder with the package and the compiler, below the target folder; installed once."""
    if not shutil.which("npm"):
        raise Skip("npm is not installed (Debian: npm)")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    folder = target / f"grafana-schema-{version}"
    if not (folder / "node_modules" / "typescript" / "bin" / "tsc").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"private": true}')
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save"]
        try:
            subprocess.run(
                [*install, f"@grafana/schema@{version}", f"typescript@{COMPILER}"],
                cwd=folder, check=True, capture_output=True, timeout=300,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Skip(f"@grafana/schema {version} cannot be installed from npm ({type(error).__name__})") from error
    return folder


def check(version):
    folder = provide(version)
    (folder / "dashboards.ts").write_text(program(version), encoding="utf-8")
    compiler = ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck"]
    compiler += ["--module", "esnext", "--moduleResolution", "bundler", "--target", "es2022", "dashboards.ts"]
    run = subprocess.run(compiler, cwd=folder, capture_output=True, text=True)
    if run.returncode == 0:
        return []
    return [line[:300] for line in (run.stdout + run.stderr).splitlines()[:20]] or ["the compiler failed"]
