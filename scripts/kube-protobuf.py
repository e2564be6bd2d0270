#!/usr/bin/env python3
"""Makes plugins/kube/src/protobuf/tables from the Go sources of Kubernetes' API types; refuses types it does not know.

Their tags are the only place that says all of it: the field numbers, the JSON names, what JSON inlines, and which zero values
JSON leaves out. Usage: scripts/kube-protobuf.py FOLDER, where FOLDER holds `api` and `apimachinery` of k8s.io, as Debian's
packages golang-k8s-api-dev and golang-k8s-apimachinery-dev (0.36.4) do below usr/share/gocode/src/k8s.io.
The format of a table is told in plugins/kube/src/protobuf/table.rs.
"""

import pathlib
import re
import sys

GROUPS = [
    "admissionregistration/v1", "apps/v1", "autoscaling/v1", "autoscaling/v2", "batch/v1", "certificates/v1",
    "coordination/v1", "core/v1", "discovery/v1", "events/v1", "flowcontrol/v1", "networking/v1", "node/v1", "policy/v1",
    "rbac/v1", "resource/v1", "scheduling/v1", "storage/v1",
]
META = "meta/v1"
# Go types that are one JSON value, whatever their message is.
SPECIAL = {
    "meta.Time": "time", "meta.MicroTime": "micro", "meta.Duration": "duration", "meta.FieldsV1": "raw",
    "resource.Quantity": "quantity", "intstr.IntOrString": "int_or_string", "runtime.RawExtension": "raw",
}
SCALARS = {"string": "string", "bool": "bool", "int32": "int", "int64": "int", "[]byte": "bytes"}
STRINGS = {"types.UID", "types.NodeName"}
# Which package an import's name means; the group's own version package is called v1 or corev1, by the file's taste.
IMPORTS = {"corev1": "core", "metav1": "meta", "v1": "core", "apiv1": "core"}

# kube-apiserver writes these when it converts a list to JSON's version, whatever the message holds
# (pkg/apis/apps/v1/conversion.go): the claims in a StatefulSet are whole objects, and protobuf has no TypeMeta.
CONSTANTS = {("apps/v1", "StatefulSetSpec", "volumeClaimTemplates"): ("VolumeClaimTemplate", "core/v1", "PersistentVolumeClaim", "v1")}

FIELD = re.compile(r'^\s+(?:(\w+)\s+)?(\S+)\s+`json:"([^"]*)"\s+(?:\w+:"[^"]*"\s+)*?protobuf:"([^"]*)"')


class Package:
    def __init__(self, folder):
        self.structs, self.aliases = {}, {}
        for file in sorted(folder.glob("*.go")):
            if not re.search(r"(_test|generated.*|doc)\.go$", file.name):
                self.read(file.read_text())

    def read(self, text):
        struct = None
        for line in text.splitlines():
            if opened := re.match(r"type (\w+) struct \{", line):
                struct = self.structs.setdefault(opened[1], [])
            elif line.startswith("}"):
                struct = None
            elif struct is not None and (field := FIELD.match(line)):
                struct.append(field.groups())
            elif struct is None and (alias := re.match(r"type (\w+) (\S+)$", line)):
                self.aliases[alias[1]] = alias[2]


class Tables:
    def __init__(self, root):
        api, machinery = pathlib.Path(root, "api"), pathlib.Path(root, "apimachinery/pkg/apis")
        self.packages = {META: Package(machinery / META)} | {g: Package(api / g) for g in GROUPS}
        self.lines = {}

    def package_of(self, name, home):
        for package in [META, "core/v1"]:
            if package.split("/")[0] == name:
                return package
        raise SystemExit(f"{home}: unknown package {name}")

    def resolve(self, go, home):
        """A type's code in the table; messages are added on the way."""
        if go in SCALARS:
            return SCALARS[go]
        if go in STRINGS:
            return "string"
        if go.startswith("[]"):
            return "*" + self.resolve(go[2:], home)
        if parts := re.match(r"map\[[\w.]+\](.+)$", go):
            return "%" + self.resolve(parts[1], home)
        if "." in go:
            package, name = go.split(".")
            package = IMPORTS.get(package, package)
            if code := SPECIAL.get(f"{package}.{name}"):
                return code
            return self.resolve(name, self.package_of(package, home))
        if home == META and (code := SPECIAL.get(f"meta.{go}")):
            return code
        types = self.packages[home]
        if go in types.structs:
            self.message(go, home)
            return f"{home.replace('/', '.')}.{go}"
        if go == "ExtraValue":
            return "strings"
        if go not in types.aliases:
            raise SystemExit(f"{home}: unknown type {go}")
        return self.resolve(types.aliases[go], home)

    def message(self, name, home):
        if (home, name) in self.lines:
            return
        fields = self.lines[home, name] = []
        for _, go, json, tag in self.packages[home].structs[name]:
            number = int(next(part for part in tag.split(",") if part.isdigit()))
            json_name, *options = json.split(",")
            pointer, go = go.startswith("*"), go.removeprefix("*")
            code = self.resolve(go, home).replace(f"{home.replace('/', '.')}.", "")
            if not re.fullmatch(r"[*%]?[\w.]+", code):
                raise SystemExit(f"{home}.{name}: a list of lists, {code}")
            if special := CONSTANTS.get((home, name, json_name)):
                code = "*" + self.constant(home, *special)
            fields.append(f"{number}:{json_name}:{code}{self.mark(json_name, options, pointer, code)}")

    def constant(self, home, name, package, kind, version):
        """A message of another package with its TypeMeta as constants."""
        self.message(kind, package)
        prefix = package.replace("/", ".")
        # Only the messages of that package have names without a dot.
        own = [re.sub(r":([*%]?)([A-Z]\w*)(?![.\w])", rf":\g<1>{prefix}.\g<2>", field) for field in self.lines[package, kind]]
        self.lines[home, name] = [f"0:kind:={kind}!", f"0:apiVersion:={version}!", *own]
        return name

    def mark(self, json_name, options, pointer, code):
        """When JSON has the field: see table.rs."""
        if json_name == "":
            return ""
        may_lack = "omitempty" in options or "omitzero" in options
        if pointer:
            return "?" if may_lack else "?!"
        # Go's `omitempty` leaves no struct out; only `omitzero` does.
        struct = code in SPECIAL.values() or "." in code or code[0].isupper()
        if struct and code[0] not in "*%":
            may_lack = "omitzero" in options
        return "" if may_lack else "!"

    def kinds(self):
        for home, package in self.packages.items():
            for name, fields in package.structs.items():
                items = [go for go_name, go, _, _ in fields if go_name == "Items"]
                if items and name.endswith("List") and (home != META or name == "PartialObjectMetadataList"):
                    yield home, items[0].removeprefix("[]")

    def write(self, folder):
        for home, kind in self.kinds():
            self.message(kind, home)
        # What a server says when it refuses.
        self.message("Status", META)
        for home in self.packages:
            lines = sorted(
                f"{name} {' '.join(fields)}".rstrip()
                for (package, name), fields in self.lines.items() if package == home
            )
            if lines:
                (folder / f"{home.replace('/', '.')}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent.parent
    Tables(sys.argv[1]).write(here / "plugins/kube/src/protobuf/tables")
