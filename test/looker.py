"""Checks the LookML against a database that the dbt package has built: every file parses, every table and column is there,
and the SQL of each explore runs, with all its dimensions and with each of its measures."""

import re

import lkml
import yaml

AGGREGATES = {
    "count": "count(*)",
    "sum": "sum({})",
    "average": "avg({})",
    "count_distinct": "count(DISTINCT {})",
    "min": "min({})",
    "max": "max({})",
}


class View:
    def __init__(self, parsed, constants):
        self.name = parsed["name"]
        named = parsed.get("sql_table_name") or f'({parsed["derived_table"]["sql"]})'
        self.table = re.sub(r"@\{(\w+)\}", lambda match: constants[match[1]], named)
        self.fields, self.measures, self.names = {}, {}, set()
        for dimension in parsed.get("dimensions", []) + parsed.get("dimension_groups", []):
            self.fields[dimension["name"]] = dimension
            self.names |= {dimension["name"]} | {f"{dimension['name']}_{frame}" for frame in dimension.get("timeframes", [])}
        for measure in parsed.get("measures", []):
            self.measures[measure["name"]] = measure
            self.names.add(measure["name"])
        self.keys = [field for field in self.fields.values() if field.get("primary_key") == "yes"]
        self.drills = {name for group in parsed.get("sets", []) for name in group["fields"]}

    def sql(self, name):
        """The SQL of a field: ${TABLE} is the view itself, ${field} one of its fields."""
        if name in self.fields:
            return "(" + self.resolve(self.fields[name]["sql"]) + ")"
        measure = self.measures[name]
        if measure["type"] == "number":
            return "(" + self.resolve(measure["sql"]) + ")"
        aggregate = AGGREGATES[measure["type"]].format(self.resolve(measure.get("sql", "")))
        conditions = [
            self.sql(field) + (f" IS {'TRUE' if value == 'yes' else 'NOT TRUE'}" if value in ("yes", "no") else f" = '{value}'")
            for each in measure.get("filters__all", [])
            for filters in each
            for field, value in filters.items()
        ]
        return aggregate + (f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else "")

    def resolve(self, text):
        text = text.replace("${TABLE}", f'"{self.name}"')
        return re.sub(r"\$\{(\w+)\}", lambda match: self.sql(match[1]), text).strip()


def check(tap, shop, looker, schema):
    files = sorted(looker.rglob("*.lkml"))
    parsed = {path.name: lkml.load(path.read_text()) for path in files}
    tap.ok(len(parsed) >= 8, f"{len(parsed)} LookML files parse")
    constants = {constant["name"]: constant["value"] for constant in parsed["manifest.lkml"]["constants"]} | {"journey_schema": schema}
    views = {}
    for content in parsed.values():
        for view in content.get("views", []):
            views[view["name"]] = View(view, constants)

    for view in views.values():
        tap.ok(len(view.keys) == 1, f"{view.name}: has one primary key")
        missing = view.drills - view.names
        tap.ok(not missing, f"{view.name}: drill fields are there", missing)
        undescribed = [f["name"] for f in [*view.fields.values(), *view.measures.values()] if not f.get("description")]
        tap.ok(not undescribed, f"{view.name}: every field has a description", undescribed)
        key = view.sql(view.keys[0]["name"])
        doubles = shop.sql(f'SELECT {key}, count(*) FROM {view.table} AS "{view.name}" GROUP BY 1 HAVING count(*) > 1 OR {key} IS NULL LIMIT 3')
        tap.ok(doubles == "", f"{view.name}: the primary key is one", doubles)

    explores = {explore["name"]: explore for explore in parsed["journey.model.lkml"]["explores"]}
    for explore in explores.values():
        joined = [views[explore["name"]]] + [views[join["name"]] for join in explore.get("joins", [])]
        source = f'{joined[0].table} AS "{joined[0].name}"'
        for join in explore.get("joins", []):
            on = re.sub(r"\$\{(\w+)\.(\w+)\}", lambda match: views[match[1]].sql(match[2]), join["sql_on"])
            source += f' LEFT JOIN {views[join["name"]].table} AS "{join["name"]}" ON {on}'
        for view in joined:
            runs(tap, shop, f"explore {explore['name']}: dimensions of {view.name}", f"SELECT {', '.join(view.sql(name) for name in view.fields)} FROM {source} LIMIT 5")
            if view.measures:
                runs(tap, shop, f"explore {explore['name']}: measures of {view.name}", f"SELECT {', '.join(view.sql(name) for name in view.measures)} FROM {source}")

    for path in sorted(looker.rglob("*.lookml")):
        for dashboard in yaml.safe_load(path.read_text()):
            for element in dashboard["elements"]:
                explore = explores[element["explore"]]
                reach = {explore["name"], *(join["name"] for join in explore.get("joins", []))}
                used = {*element["fields"], *element.get("pivots", []), *element.get("filters", {}), *element.get("listen", {}).values()}
                used |= {sort.split()[0] for sort in element.get("sorts", [])}
                unknown = [name for name in used if name.split(".")[0] not in reach or name.split(".")[1] not in views[name.split(".")[0]].names]
                tap.ok(not unknown, f"dashboard {dashboard['dashboard']}: {element['name']}", unknown)


def runs(tap, shop, name, sql):
    try:
        shop.sql(sql)
        tap.ok(True, name)
    except RuntimeError as failure:
        tap.ok(False, name, f"{failure}\n{sql}")
